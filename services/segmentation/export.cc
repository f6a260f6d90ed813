// All that segmentation keeps of one customer.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "dangol/segmentation/v1/segmentation_service.pb.h"
#include "libs/base/names.h"
#include "libs/base/status.h"
#include "services/segmentation/domain/customer.h"
#include "services/segmentation/query.h"

namespace dangol::segmentation {
namespace {

void FillRow(const Ledger& ledger, const Series& series, size_t i, v1::LedgerRow* out) {
  const expr::Activity& row = series.rows[i];
  const auto text = [&](expr::TextId id) { return std::string(ledger.Text(id)); };
  out->set_business_unit(text(series.business_unit));
  out->set_kind(text(series.kind));
  out->set_occurred_time_us(row.time);
  out->set_gross_minor(row.gross);
  out->set_net_minor(row.net);
  out->set_discount_minor(row.discount);
  out->set_points_used_minor(row.points_used);
  out->set_currency(text(series.extras[i].currency));
  out->set_quantity(row.quantity);
  out->set_store(text(row.store));
  out->set_channel(text(row.channel));
  out->set_brand(text(row.brand));
  out->set_category(text(row.category));
  out->set_sku(text(row.sku));
  out->set_source(text(row.source));
  ledger.ForEachAttribute(row, [&](absl::string_view name, const expr::Value& value) {
    (*out->mutable_attributes())[std::string(name)] =
        value.type == expr::ValueType::kText ? std::string(value.text) : absl::StrCat(value.number);
  });
}

}  // namespace

absl::Status ExportCustomer(Asked asked, CustomerId id, v1::ExportCustomerResponse* out) {
  const std::string* bytes = asked.state.Get(Table::kCustomer, EncodeKey(id));
  if (bytes == nullptr) return NotFound("customer", CustomerName(id));
  auto customer = DecodeCustomer(*bytes);
  if (!customer.ok()) return customer.status();
  out->set_customer(CustomerName(id));
  *out->mutable_traits() = customer->facts.traits();
  *out->mutable_consents() = customer->facts.consents();
  if (customer->facts.has_restriction()) {
    *out->mutable_restriction() = customer->facts.restriction();
  }
  for (const UnitState& unit : customer->units) {
    if (unit.stage_since == 0) continue;
    v1::ExportedStage* added = out->add_stages();
    added->set_business_unit(unit.business_unit);
    added->set_stage(std::string(kStages[unit.stage]));
    added->set_since_time_us(unit.stage_since);
  }
  for (const Membership& membership : customer->memberships) {
    for (const Segment& segment : asked.catalogue.segments()) {
      if (segment.id != membership.segment_id) continue;
      v1::ExportedMembership* added = out->add_memberships();
      added->set_segment(segment.name);
      added->set_since_time_us(membership.since);
    }
  }
  for (const Series& series : customer->ledger.series()) {
    for (size_t i = 0; i < series.rows.size(); ++i) {
      FillRow(customer->ledger, series, i, out->add_ledger());
    }
  }
  return absl::OkStatus();
}

}  // namespace dangol::segmentation
