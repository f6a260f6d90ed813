// What is handed out to a person who asks.
#include <utility>

#include "libs/base/names.h"
#include "libs/base/status.h"
#include "libs/stream/follow.h"
#include "services/campaign/export.h"
#include "services/campaign/reports.h"
#include "services/campaign/rpc/campaign_rpc.h"

namespace dangol::campaign {

grpc::Status CampaignRpc::ExportCustomer(grpc::ServerContext* context,
                                         const v1::ExportCustomerRequest* request,
                                         v1::ExportCustomerResponse* response) {
  return guard_.Run(
      context, rpc::Role::kOperator, "campaign.ExportCustomer", *request,
      [&](rpc::Call& call) -> absl::Status {
        const Micros deadline = call.deadline_steady_us();
        DANGOL_ASSIGN_OR_RETURN(const CustomerId asked, resolver_(request->customer(), deadline));
        std::vector<CustomerId> ids;
        DANGOL_RETURN_IF_ERROR(ReadCustomer(
            gateway_, kOwner.service, asked, deadline,
            [&](CustomerId id, Processor& processor, StateView& state) -> absl::Status {
              ids = AllIdsOf(state, id);
              const auto& mine = static_cast<CampaignProcessor&>(processor);
              if (ExportRecord(mine, state, id, response)) return absl::OkStatus();
              return NotFound("customer", CustomerName(id));
            }));
        for (const CustomerId id : ids) {
          DANGOL_RETURN_IF_ERROR(gateway_.Read(
              ScopeOf(id), deadline, [&](Processor&, StateView& state) -> absl::Status {
                constexpr int kAll = 100'000;
                for (v1::Contact& contact : ContactsOfCustomer(state, id, "", kAll)) {
                  *response->add_contacts() = std::move(contact);
                }
                return absl::OkStatus();
              }));
        }
        return absl::OkStatus();
      });
}

}  // namespace dangol::campaign
