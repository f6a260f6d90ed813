#include "services/profile/rpc/tracker.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "google/protobuf/io/coded_stream.h"
#include "libs/base/status.h"
#include "libs/rpc/request_check.h"
#include "services/profile/domain/business_unit.h"
#include "services/profile/domain/identifier.h"
#include "services/profile/domain/validate.h"

namespace dangol::profile {
namespace {

constexpr size_t kValueShownMax = 80;

absl::Status CheckSize(absl::string_view field, int items) {
  if (items > 0 && items <= kBatchItemsMax) return absl::OkStatus();
  return BadField(field, absl::StrCat(items), "items in one request",
                  absl::StrCat("send 1 to ", kBatchItemsMax));
}

template <typename Items>
std::vector<std::string> UnitNames(const Items& items) {
  std::vector<std::string> names;
  for (const auto& item : items) {
    const std::string& name = item.business_unit();
    if (!name.empty() && std::find(names.begin(), names.end(), name) == names.end()) {
      names.push_back(name);
    }
  }
  return names;
}

std::string Shown(std::string value) {
  if (value.size() > kValueShownMax || !IsUtf8(value)) value = Quote(value, kValueShownMax);
  return value;
}

Problem NoUnitIn(const UnitCache::Units& units, const std::string& name) {
  std::vector<std::string> names;
  for (const auto& [known, unit] : units) names.push_back(known);
  return NoUnit(name, names);
}

// "<value> <problem>; <fix>", as BadField writes it.
Problem ProblemOf(const absl::Status& status) {
  const FieldViolation violation = DetailOf(status).fields.at(0);
  const size_t cut = violation.description.rfind("; ");
  if (cut == std::string::npos) return {violation.field, "", violation.description, ""};
  return {violation.field, "", violation.description.substr(0, cut),
          violation.description.substr(cut + 2)};
}

void FillCurrency(const std::string& currency, event::v1::Activity* a) {
  if (a->has_purchase() && a->purchase().currency().empty()) {
    a->mutable_purchase()->set_currency(currency);
  } else if (a->has_return_() && a->return_().currency().empty()) {
    a->mutable_return_()->set_currency(currency);
  }
}

// The bytes of an IngestEvent that holds `item`, which stays the caller's.
template <typename Item>
std::string IngestBytes(int field, const Item& item) {
  using google::protobuf::io::CodedOutputStream;
  const size_t size = item.ByteSizeLong();
  const auto tag = static_cast<uint8_t>(field << 3 | 2);
  std::string bytes(1 + CodedOutputStream::VarintSize64(size) + size, '\0');
  auto* at = reinterpret_cast<uint8_t*>(bytes.data());
  *at++ = tag;
  at = CodedOutputStream::WriteVarint64ToArray(size, at);
  item.SerializeWithCachedSizesToArray(at);
  return bytes;
}

// All that was accepted becomes errors.
void FailAll(const absl::Status& status, Tracking* tracking) {
  for (Tracking::Item& item : tracking->accepted) {
    v1::ItemError& error = tracking->errors.emplace_back();
    error.set_index(item.index);
    error.set_code(static_cast<int>(status.code()));
    error.set_problem(std::string(status.message()));
    error.set_fix("retry later, as it is");
    error.set_message_id(std::move(item.message_id));
  }
  tracking->accepted.clear();
}

}  // namespace

struct Tracker::Batch {
  std::shared_ptr<const UnitCache::Units> units;
  Micros now = 0;
  std::vector<Gateway::Routed> records;
  Tracking result;

  // nullptr: there is no such unit.
  const UnitCache::Unit* Find(const std::string& name) const {
    const auto it = units->find(name);
    return it == units->end() ? nullptr : &it->second;
  }
  void Reject(int64_t index, const std::string& message_id, const Problem& p) {
    v1::ItemError& error = result.errors.emplace_back();
    error.set_index(index);
    error.set_code(static_cast<int>(absl::StatusCode::kInvalidArgument));
    error.set_field(p.field);
    error.set_value(Shown(p.value));
    error.set_problem(p.problem);
    error.set_fix(p.fix);
    error.set_message_id(Shown(message_id));
  }
  void Take(const common::v1::Identifier& primary, std::string bytes, int64_t index,
            const std::string& message_id, uint32_t partitions) {
    std::string key = TextOf(primary);
    const Partition partition = PartitionOf(dangol::SlotOf(key), partitions);
    records.push_back({partition, std::move(key), std::move(bytes)});
    result.accepted.push_back({index, message_id});
  }
};

absl::StatusOr<Tracking> Tracker::Begin(Activities* activities, int64_t first_index,
                                        Micros deadline) {
  DANGOL_RETURN_IF_ERROR(CheckSize("activities", activities->size()));
  Batch batch;
  DANGOL_ASSIGN_OR_RETURN(batch.units, units_.Know(UnitNames(*activities), deadline));
  batch.now = gateway_.Now();
  batch.records.reserve(activities->size());
  batch.result.accepted.reserve(activities->size());
  for (event::v1::Activity& activity : *activities) AddActivity(&activity, first_index++, &batch);
  return Append(&batch);
}

TrackResult Tracker::Finish(Tracking tracking) {
  if (!tracking.accepted.empty()) {
    const absl::Status durable = gateway_.AwaitDurable(tracking.ticket);
    if (!durable.ok()) FailAll(durable, &tracking);
  }
  std::sort(tracking.errors.begin(), tracking.errors.end(),
            [](const auto& a, const auto& b) { return a.index() < b.index(); });
  return {static_cast<int64_t>(tracking.accepted.size()), std::move(tracking.errors)};
}

absl::StatusOr<TrackResult> Tracker::Track(Activities activities, int64_t first_index,
                                           Micros deadline) {
  DANGOL_ASSIGN_OR_RETURN(Tracking tracking, Begin(&activities, first_index, deadline));
  return Finish(std::move(tracking));
}

absl::StatusOr<TrackResult> Tracker::Upsert(Upserts upserts, Micros deadline) {
  DANGOL_RETURN_IF_ERROR(CheckSize("upserts", upserts.size()));
  Batch batch;
  DANGOL_ASSIGN_OR_RETURN(batch.units, units_.Know(UnitNames(upserts), deadline));
  batch.now = gateway_.Now();
  int64_t index = 0;
  for (event::v1::CustomerUpsert& upsert : upserts) AddUpsert(&upsert, index++, &batch);
  return Finish(Append(&batch));
}

void Tracker::AddActivity(event::v1::Activity* activity, int64_t index, Batch* batch) {
  const std::string& id = activity->message_id();
  if (auto p = CheckActivity(*activity, batch->now + kAheadMax))
    return batch->Reject(index, id, *p);
  const UnitCache::Unit* unit = batch->Find(activity->business_unit());
  if (unit == nullptr) {
    return batch->Reject(index, id, NoUnitIn(*batch->units, activity->business_unit()));
  }
  if (auto p = NormaliseAll(unit->phone_region, activity->mutable_identifiers())) {
    return batch->Reject(index, id, *p);
  }
  FillCurrency(unit->currency, activity);
  batch->Take(activity->identifiers(0),
              IngestBytes(event::v1::IngestEvent::kActivityFieldNumber, *activity), index, id,
              gateway_.partitions());
}

void Tracker::AddUpsert(event::v1::CustomerUpsert* upsert, int64_t index, Batch* batch) {
  const std::string& id = upsert->message_id();
  // Facts are rarer than activities: the general check is quick enough for them.
  if (absl::Status s = rpc::CheckRequest(*upsert); !s.ok()) {
    return batch->Reject(index, id, ProblemOf(s));
  }
  if (auto p = CheckUpsert(*upsert, batch->now + kAheadMax)) return batch->Reject(index, id, *p);
  std::string region = units_.default_region();
  if (!upsert->business_unit().empty()) {
    const UnitCache::Unit* unit = batch->Find(upsert->business_unit());
    if (unit == nullptr) {
      return batch->Reject(index, id, NoUnitIn(*batch->units, upsert->business_unit()));
    }
    region = unit->phone_region;
  }
  if (auto p = NormaliseAll(region, upsert->mutable_identifiers())) {
    return batch->Reject(index, id, *p);
  }
  if (upsert->observed_time_us() == 0) upsert->set_observed_time_us(batch->now);
  batch->Take(upsert->identifiers(0),
              IngestBytes(event::v1::IngestEvent::kUpsertFieldNumber, *upsert), index, id,
              gateway_.partitions());
}

Tracking Tracker::Append(Batch* batch) {
  Tracking& tracking = batch->result;
  if (!batch->records.empty()) {
    const auto ticket = gateway_.AppendAsync(Topic::kIngest, std::move(batch->records));
    if (ticket.ok()) {
      tracking.ticket = *ticket;
    } else {
      FailAll(ticket.status(), &tracking);
    }
  }
  return std::move(tracking);
}

}  // namespace dangol::profile
