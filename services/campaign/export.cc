#include "services/campaign/export.h"

#include <string>

#include "libs/base/hash.h"
#include "libs/base/names.h"
#include "services/campaign/domain/contact_id.h"
#include "services/campaign/keys.h"

namespace dangol::campaign {

bool ExportRecord(const CampaignProcessor& processor, StateView& state, CustomerId id,
                  v1::ExportCustomerResponse* out) {
  v1::CustomerRecord record;
  if (!LoadCustomer(state, id, &record)) return false;
  out->set_customer(CustomerName(id));
  for (const uint64_t merged : record.merged()) out->add_merged_customers(CustomerName(merged));
  for (const v1::ConsentMark& mark : record.consents()) {
    v1::ExportedConsent* consent = out->add_consents();
    consent->set_channel(mark.channel());
    consent->set_purpose(mark.purpose());
    consent->set_granted(mark.granted());
    consent->set_observed_time_us(mark.observed_time_us());
  }
  out->set_time_zone(record.time_zone());
  if (record.has_restriction()) *out->mutable_restriction() = record.restriction();
  for (std::string& segment : processor.segments().NamesOf(record)) {
    out->add_segments(std::move(segment));
  }
  for (const auto& [name, campaign] : processor.definitions().campaigns()) {
    for (const v1::ListRow& row : record.list_rows()) {
      if (row.campaign() != Hash64(name)) continue;
      v1::ExportedListRow* list = out->add_lists();
      list->set_campaign(name);
      list->set_cell(row.cell());
    }
  }
  for (const std::string& raw : KeysUnder(state, Table::kIndex, TriggerKey(id, ""))) {
    out->add_pending_triggers(ContactIdOfRaw(raw));
  }
  return true;
}

std::vector<CustomerId> AllIdsOf(StateView& state, CustomerId id) {
  v1::CustomerRecord record;
  LoadCustomer(state, id, &record);
  std::vector<CustomerId> ids = {id};
  ids.insert(ids.end(), record.merged().begin(), record.merged().end());
  return ids;
}

}  // namespace dangol::campaign
