#include "tools/dangol/import/convert.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/calendar.h"
#include "libs/base/status.h"
#include "tools/dangol/import/values.h"

namespace dangol::import {

using config::v1::ImportRecord;
using config::v1::ImportText;

// One row on its way. A failing step fills reject_ and returns false.
class RowConversion {
 public:
  RowConversion(const Converter& converter, const Row& row, int64_t number)
      : c_(converter), row_(row), number_(absl::StrCat(number)) {
    reject_.row = number;
  }

  bool Record(const ImportRecord& record, int index, event::v1::IngestEvent* event);
  bool Wanted(const ImportRecord& record) const;
  Reject& reject() { return reject_; }
  Origin& origin() { return origin_; }  // of the last record

 private:
  bool Customer(const ImportRecord& record, event::v1::CustomerUpsert* upsert);
  bool Activity(const ImportRecord& record, event::v1::Activity* activity);
  bool Kind(const ImportRecord& record, event::v1::Activity* activity);
  template <typename Out>
  bool Common(const ImportRecord& record, int index, Out* out);
  bool Consent(const config::v1::ImportConsent& from, profile::v1::Consent* to);
  bool Time(const config::v1::ImportTime& time, int64_t* out);
  bool Money(const ImportRecord& record, int64_t* minor);
  bool Whole(const ImportText& text, int64_t* out);
  std::string Text(const ImportText& text);
  std::string Filled(const std::string& text);
  const std::string& Cell(absl::string_view column) const {
    return row_[c_.columns_.find(column)->second];
  }
  bool Fail(absl::string_view column, absl::string_view value, absl::string_view reason) {
    reject_.column = std::string(column);
    reject_.value = std::string(value);
    reject_.reason = std::string(reason);
    return false;
  }
  bool Check(absl::string_view column, const absl::Status& status) {
    return status.ok() || Fail(column, Cell(column), status.message());
  }

  const Converter& c_;
  const Row& row_;
  const std::string number_;
  Reject reject_;
  Origin origin_;
};

std::string RowConversion::Filled(const std::string& text) {
  // Names were checked when the converter was made.
  return FillTemplate(text,
                      [&](absl::string_view name) -> const std::string* {
                        if (name == "row") return &number_;
                        if (name == "file") return &c_.file_id_;
                        return &Cell(name);
                      })
      .value_or("");
}

std::string RowConversion::Text(const ImportText& text) {
  if (!text.column().empty()) return Cell(text.column());
  return text.constant().empty() ? Filled(text.template_()) : text.constant();
}

bool RowConversion::Whole(const ImportText& text, int64_t* out) {
  const std::string value = Text(text);
  const auto whole = ParseWholeCell(value);
  if (!whole.ok()) return Fail(text.column(), value, whole.status().message());
  *out = *whole;
  return true;
}

bool RowConversion::Time(const config::v1::ImportTime& time, int64_t* out) {
  const std::string value = time.column().empty() ? time.constant() : Cell(time.column());
  const auto parsed = ParseTimeCell(value, time.column().empty() ? "" : time.format(), c_.zone_);
  if (!parsed.ok()) return Fail(time.column(), value, parsed.status().message());
  *out = *parsed;
  return true;
}

bool RowConversion::Money(const ImportRecord& record, int64_t* minor) {
  if (!record.has_money()) return true;
  const auto value = ParseMoneyCell(Cell(record.money().column()), record.money());
  if (!value.ok()) return Check(record.money().column(), value.status());
  *minor = *value;
  return true;
}

bool RowConversion::Wanted(const ImportRecord& record) const {
  if (!record.has_when()) return true;
  const std::string& value = Cell(record.when().column());
  if (record.when().has_equals() && value != record.when().equals()) return false;
  return !record.when().has_not_equals() || value != record.when().not_equals();
}

template <typename Out>
bool RowConversion::Common(const ImportRecord& record, int index, Out* out) {
  out->set_source(c_.mapping_.source());
  out->set_business_unit(c_.mapping_.business_unit());
  std::string id = Text(record.message_id());
  if (!record.has_message_id()) {
    id = absl::StrCat(c_.file_id_, "/", number_);
    if (index > 0) absl::StrAppend(&id, "/", index + 1);
  }
  if (id.empty()) return Fail(record.message_id().column(), "", "the message id is empty");
  out->set_message_id(std::move(id));
  std::string columns;
  origin_ = {index, {}};
  for (int i = 0; i < record.identifiers_size(); ++i) {
    const auto& from = record.identifiers(i);
    std::string value = from.column().empty() ? Filled(from.template_()) : Cell(from.column());
    absl::StrAppend(&columns, columns.empty() ? "" : " ", from.column());
    if (value.empty()) continue;
    auto* identifier = out->add_identifiers();
    identifier->set_type(from.type());
    identifier->set_value(std::move(value));
    origin_.identifiers.push_back(i);
  }
  return !out->identifiers().empty() || Fail(columns, "", "no identifier has a value");
}

bool RowConversion::Consent(const config::v1::ImportConsent& from, profile::v1::Consent* to) {
  to->set_channel(from.channel());
  to->set_purpose(from.purpose());
  to->set_granted(from.granted());
  if (!from.granted_column().empty()) {
    const auto granted = ParseFlagCell(Cell(from.granted_column()));
    if (!granted.ok()) return Check(from.granted_column(), granted.status());
    to->set_granted(*granted);
  }
  to->set_evidence(Text(from.evidence()));
  to->set_source(c_.mapping_.source());
  if (!to->granted() || !to->evidence().empty()) return true;
  return Fail(from.evidence().column(), "", "a granted consent needs its evidence");
}

bool RowConversion::Customer(const ImportRecord& record, event::v1::CustomerUpsert* upsert) {
  int64_t observed = 0;  // now
  if (record.has_time() && !Time(record.time(), &observed)) return false;
  upsert->set_observed_time_us(observed);
  for (const auto& trait : record.traits()) {
    const std::string& column = trait.column().empty() ? trait.name() : trait.column();
    if (Cell(column).empty()) continue;
    auto* value = &(*upsert->mutable_traits())[trait.name()];
    if (!Check(column, ParseTraitCell(Cell(column), trait, c_.zone_, value))) return false;
  }
  for (const auto& from : record.consents()) {
    auto* consent = upsert->add_consents();
    if (!Consent(from, consent)) return false;
    consent->set_observed_time_us(observed);
  }
  return true;
}

bool RowConversion::Kind(const ImportRecord& record, event::v1::Activity* activity) {
  int64_t minor = 0, quantity = 0;
  if (!Money(record, &minor)) return false;
  if (record.has_quantity() && !Whole(record.quantity(), &quantity)) return false;
  switch (record.kind()) {
    case config::v1::IMPORT_KIND_PURCHASE:
      activity->mutable_purchase()->set_net_minor(minor);
      activity->mutable_purchase()->set_currency(record.money().currency());
      activity->mutable_purchase()->set_quantity(quantity);
      return true;
    case config::v1::IMPORT_KIND_RETURN:
      activity->mutable_return_()->set_net_minor(minor);
      activity->mutable_return_()->set_currency(record.money().currency());
      activity->mutable_return_()->set_quantity(quantity);
      activity->mutable_return_()->set_order_id(Text(record.order_id()));
      return true;
    case config::v1::IMPORT_KIND_WEB_EVENT:
      activity->mutable_web_event()->set_event(Text(record.event()));
      for (const auto& property : record.properties()) {
        (*activity->mutable_web_event()->mutable_properties())[property.name()] =
            property.column().empty() ? property.constant() : Cell(property.column());
      }
      return true;
    default:
      activity->mutable_visit();
      return true;
  }
}

bool RowConversion::Activity(const ImportRecord& record, event::v1::Activity* activity) {
  int64_t time = 0;
  if (!Time(record.time(), &time)) return false;
  activity->set_occurred_time_us(time);
  activity->set_external_id(Text(record.external_id()));
  activity->set_store(Text(record.store()));
  activity->set_channel(Text(record.channel()));
  activity->set_treatment_code(Text(record.treatment_code()));
  return Kind(record, activity);
}

bool RowConversion::Record(const ImportRecord& record, int index, event::v1::IngestEvent* event) {
  if (record.kind() == config::v1::IMPORT_KIND_CUSTOMER) {
    auto* upsert = event->mutable_upsert();
    return Common(record, index, upsert) && Customer(record, upsert);
  }
  auto* activity = event->mutable_activity();
  return Common(record, index, activity) && Activity(record, activity);
}

absl::StatusOr<Converter> Converter::Make(config::v1::ImportMapping mapping, Columns columns,
                                          std::string file_id) {
  Converter converter;
  converter.zone_ = absl::UTCTimeZone();
  if (!mapping.time_zone().empty()) {
    DANGOL_ASSIGN_OR_RETURN(converter.zone_, LoadZone(mapping.time_zone()));
  }
  DANGOL_RETURN_IF_ERROR(CheckColumns(mapping, columns));
  converter.mapping_ = std::move(mapping);
  converter.columns_ = std::move(columns);
  converter.file_id_ = std::move(file_id);
  return converter;
}

int64_t Converter::RowNumber(int64_t index) const {
  return index + (mapping_.has_row_number_from() ? mapping_.row_number_from() : 1);
}

std::optional<Reject> Converter::Convert(const Row& row, int64_t index,
                                         std::vector<event::v1::IngestEvent>* events,
                                         std::vector<Origin>* origins) const {
  const int64_t number = RowNumber(index);
  if (row.size() != columns_.size()) {
    return Reject{number, "", absl::StrCat(row.size()),
                  absl::StrCat("fields where the file has ", columns_.size(), " columns")};
  }
  RowConversion conversion(*this, row, number);
  const size_t before = events->size();
  for (int i = 0; i < mapping_.records_size(); ++i) {
    if (!conversion.Wanted(mapping_.records(i))) continue;
    events->emplace_back();
    if (conversion.Record(mapping_.records(i), i, &events->back())) {
      if (origins != nullptr) origins->push_back(std::move(conversion.origin()));
      continue;
    }
    events->resize(before);  // a row is sent as a whole, or not
    if (origins != nullptr) origins->resize(before);
    return std::move(conversion.reject());
  }
  return std::nullopt;
}

}  // namespace dangol::import
