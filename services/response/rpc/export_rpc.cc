// What is handed out to a person who asks.
#include "dangol/response/v1/state.pb.h"
#include "libs/base/names.h"
#include "libs/base/status.h"
#include "libs/stream/follow.h"
#include "libs/stream/tables.h"
#include "services/response/customer.h"
#include "services/response/rpc/response_rpc.h"

namespace dangol::response {
namespace {

void Export(const v1::Exposure& exposure, v1::MeasuredContact* out) {
  out->set_contact_id(exposure.contact_id());
  out->set_treatment_code(exposure.treatment_code());
  out->set_campaign(exposure.campaign());
  out->set_wave(exposure.wave());
  out->set_audience(exposure.audience());
  out->set_cell(exposure.cell());
  out->set_offer(exposure.offer());
  out->set_is_holdout_twin(exposure.is_holdout_twin());
  out->set_contact_time_us(exposure.contact_time_us());
  out->set_window_end_us(exposure.window_end_us());
  out->set_purchased(exposure.purchased());
  out->set_merged(exposure.merged());
  for (const auto& metric : exposure.metrics()) {
    v1::MeasuredValue* value = out->add_values();
    value->set_metric(metric.name());
    value->set_value(metric.value());
    value->set_responded(metric.responded());
  }
}

void Export(const v1::SeenActivity& seen, v1::RecentActivity* out) {
  out->set_message_id(seen.message_id());
  out->set_business_unit(seen.business_unit());
  out->set_kind(seen.kind());
  out->set_occurred_time_us(seen.occurred_time_us());
  out->set_net_minor(seen.net_minor());
  out->set_currency(seen.currency());
}

}  // namespace

grpc::Status ResponseRpc::ExportCustomer(grpc::ServerContext* context,
                                         const v1::ExportCustomerRequest* request,
                                         v1::ExportCustomerResponse* response) {
  return guard_.Run(
      context, rpc::Role::kOperator, "response.ExportCustomer", *request,
      [&](rpc::Call& call) -> absl::Status {
        const Micros deadline = call.deadline_steady_us();
        DANGOL_ASSIGN_OR_RETURN(const CustomerId asked, resolver_(request->customer(), deadline));
        return ReadCustomer(
            gateway_, dangol::Service::kResponse, asked, deadline,
            [&](CustomerId id, Processor&, StateView& state) -> absl::Status {
              response->set_customer(CustomerName(id));
              const auto record =
                  LoadRecord<v1::CustomerRecord>(state, Table::kCustomer, EncodeKey(id));
              for (const auto& e : record.exposures()) Export(e, response->add_contacts());
              for (const auto& seen : record.recent()) Export(seen, response->add_activities());
              *response->mutable_responses() =
                  LoadRecord<v1::CustomerResponses>(state, Table::kIndex, ResponsesKey(id))
                      .responses();
              return absl::OkStatus();
            });
      });
}

}  // namespace dangol::response
