// What is handed out to a person who asks.
#include <map>
#include <string>

#include "libs/base/names.h"
#include "libs/base/status.h"
#include "libs/stream/follow.h"
#include "services/offer/rpc/offer_rpc.h"
#include "services/offer/settle.h"

namespace dangol::offer {
namespace {

void Export(const v1::CustomerRecord& record, v1::ExportCustomerResponse* out) {
  *out->mutable_segments() = record.segments();
  out->set_do_not_serve(record.do_not_serve());
  out->set_do_not_serve_until_us(record.do_not_serve_until_us());
  for (const auto& contact : record.contacts()) {
    v1::OfferedContact* made = out->add_contacts();
    made->set_offer(contact.offer());
    made->set_time_us(contact.time_us());
  }
  const auto& open = record.reservations();
  for (const auto& [contact, reservation] :
       std::map<std::string, v1::Reservation>(open.begin(), open.end())) {
    v1::OpenDecision* decision = out->add_open_decisions();
    decision->set_contact_id(contact);
    decision->set_offer(reservation.offer());
    decision->set_time_us(reservation.time_us());
    decision->set_is_holdout_twin(reservation.is_holdout_twin());
  }
}

}  // namespace

grpc::Status OfferRpc::ExportCustomer(grpc::ServerContext* context,
                                      const v1::ExportCustomerRequest* request,
                                      v1::ExportCustomerResponse* response) {
  return guard_.Run(
      context, rpc::Role::kOperator, "offer.ExportCustomer", *request,
      [&](rpc::Call& call) -> absl::Status {
        const Micros deadline = call.deadline_steady_us();
        DANGOL_ASSIGN_OR_RETURN(const CustomerId asked, resolver_(request->customer(), deadline));
        return ReadCustomer(gateway_, dangol::Service::kOffer, asked, deadline,
                            [&](CustomerId id, Processor&, StateView& state) -> absl::Status {
                              response->set_customer(CustomerName(id));
                              Export(LoadCustomer(state, id), response);
                              return absl::OkStatus();
                            });
      });
}

}  // namespace dangol::offer
