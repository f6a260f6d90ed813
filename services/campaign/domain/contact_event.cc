#include "services/campaign/domain/contact_event.h"

#include "absl/strings/str_cat.h"
#include "dangol/campaign/v1/state.pb.h"
#include "dangol/event/v1/contact.pb.h"

namespace dangol::campaign {

event::v1::ContactEvent ContactEventOf(absl::string_view contact_id,
                                       const v1::ContactRecord& record) {
  event::v1::ContactEvent event;
  event.set_customer_id(record.customer_id());
  event.set_contact_id(std::string(contact_id));
  event.set_treatment_code(record.treatment_code());
  event.set_campaign(record.campaign());
  event.set_campaign_version(record.campaign_version());
  event.set_wave(record.wave());
  event.set_cell(record.cell());
  event.set_audience(record.audience());
  event.set_channel(record.channel());
  event.set_suppression_reason(record.reason());
  event.set_is_holdout_twin(record.is_twin());
  event.set_counts_as_contact(record.counts_as_contact());
  event.set_contact_time_us(record.contact_time_us());
  event.set_attempt(record.attempt());
  event.set_channel_cost_micros(record.channel_cost_micros());
  event.set_offer(record.offer());
  event.set_offer_version(record.offer_version());
  if (!record.offer().empty()) event.set_decision_id(absl::StrCat("d-", contact_id));
  event.set_propensity(record.propensity());
  event.set_offer_cost_micros(record.offer_cost_micros());
  event.set_provider_message_id(record.provider_message_id());
  event.set_detail(record.detail());
  event.set_is_proof(record.is_proof());
  return event;
}

}  // namespace dangol::campaign
