#include "services/offer/questions.h"

#include <map>
#include <string>

#include "libs/base/names.h"
#include "libs/stream/allotment.h"
#include "services/offer/catalogue.h"
#include "services/offer/settle.h"

namespace dangol::offer {

v1::Budget SumOf(const std::vector<v1::Budget>& parts) {
  v1::Budget sum;
  for (const v1::Budget& part : parts) {
    sum.set_offer(part.offer());
    sum.set_total_micros(sum.total_micros() + part.total_micros());
    sum.set_spent_micros(sum.spent_micros() + part.spent_micros());
    sum.set_granted_micros(sum.granted_micros() + part.granted_micros());
  }
  return sum;
}

namespace {

absl::Status AnswerBudget(const v1::GetBudgetRequest& request, Processor&, StateView& state,
                          v1::Budget* answer) {
  const std::string name = BudgetOf(request.offer());
  const allotment::Held held = allotment::HeldOf(state, name);
  answer->set_offer(request.offer());
  answer->set_spent_micros(held.spent);
  answer->set_granted_micros(held.available);
  if (state.scope().partition == 0) answer->set_total_micros(allotment::BookOf(state, name).total);
  return absl::OkStatus();
}

absl::Status AnswerExport(CustomerId id, const google::protobuf::Empty&, Processor&,
                          StateView& state, v1::ExportCustomerResponse* answer) {
  const v1::CustomerRecord record = LoadCustomer(state, id);
  answer->set_customer(CustomerName(id));
  *answer->mutable_segments() = record.segments();
  answer->set_do_not_serve(record.do_not_serve());
  answer->set_do_not_serve_until_us(record.do_not_serve_until_us());
  for (const auto& contact : record.contacts()) {
    v1::OfferedContact* made = answer->add_contacts();
    made->set_offer(contact.offer());
    made->set_time_us(contact.time_us());
  }
  const auto& open = record.reservations();
  for (const auto& [contact, reservation] :
       std::map<std::string, v1::Reservation>(open.begin(), open.end())) {
    v1::OpenDecision* decision = answer->add_open_decisions();
    decision->set_contact_id(contact);
    decision->set_offer(reservation.offer());
    decision->set_time_us(reservation.time_us());
    decision->set_is_holdout_twin(reservation.is_holdout_twin());
  }
  return absl::OkStatus();
}

}  // namespace

const Question<v1::GetBudgetRequest, v1::Budget> kBudget = {"offer.Budget", AnswerBudget};
const CustomerQuestion<google::protobuf::Empty, v1::ExportCustomerResponse> kExport = {
    "offer.Export", AnswerExport};

std::vector<RawQuestion> Questions() { return {Raw(kBudget), Raw(kExport)}; }

}  // namespace dangol::offer
