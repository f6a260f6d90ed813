// What is handed out to a person who asks.
#include <string>
#include <vector>

#include "libs/base/names.h"
#include "libs/base/status.h"
#include "libs/stream/ask.h"
#include "services/campaign/questions.h"
#include "services/campaign/rpc/campaign_rpc.h"

namespace dangol::campaign {
namespace {

constexpr int32_t kAllContacts = 100'000;

}  // namespace

grpc::Status CampaignRpc::ExportCustomer(grpc::ServerContext* context,
                                         const v1::ExportCustomerRequest* request,
                                         v1::ExportCustomerResponse* response) {
  return guard_.Run(
      context, rpc::Role::kOperator, "campaign.ExportCustomer", *request,
      [&](rpc::Call& call) -> absl::Status {
        const Micros deadline = call.deadline_steady_us();
        DANGOL_ASSIGN_OR_RETURN(const CustomerId asked, resolver_(request->customer(), deadline));
        CustomerId now = 0;
        DANGOL_ASSIGN_OR_RETURN(
            *response, AskCustomer(gateway_, kOwner.service, asked, kExport, {}, deadline, &now));
        std::vector<CustomerId> ids = {now};
        for (const std::string& name : response->merged_customers()) {
          DANGOL_ASSIGN_OR_RETURN(const CustomerId id, ParseCustomerName("merged_customers", name));
          ids.push_back(id);
        }
        for (const CustomerId id : ids) {
          v1::ContactsRequest all;
          all.set_customer_id(id);
          all.set_size(kAllContacts);
          DANGOL_ASSIGN_OR_RETURN(const auto part,
                                  Ask(gateway_, ScopeOf(id), kContacts, all, deadline));
          response->mutable_contacts()->MergeFrom(part.contacts());
        }
        return absl::OkStatus();
      });
}

}  // namespace dangol::campaign
