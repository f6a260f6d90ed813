// Contact history, explanations, and outcomes that providers report.
#include <utility>

#include "dangol/event/v1/contact.pb.h"
#include "libs/base/status.h"
#include "libs/rpc/commands.h"
#include "libs/rpc/page_token.h"
#include "libs/stream/ask.h"
#include "services/campaign/domain/contact_id.h"
#include "services/campaign/questions.h"
#include "services/campaign/rpc/campaign_rpc.h"

namespace dangol::campaign {
namespace {

bool IsOutcome(event::v1::ContactStatus status) {
  switch (status) {
    case event::v1::CONTACT_STATUS_DELIVERED:
    case event::v1::CONTACT_STATUS_BOUNCED:
    case event::v1::CONTACT_STATUS_ANSWERED:
    case event::v1::CONTACT_STATUS_NO_ANSWER:
    case event::v1::CONTACT_STATUS_REFUSED:
    case event::v1::CONTACT_STATUS_RETURNED_MAIL:
      return true;
    default:
      return false;
  }
}

// Takes what one scope has beyond `page.after`, one more than there is room for; true: the page is
// full, and its token says to go on there.
bool FillPage(v1::ListContactsResponse part, const v1::ContactsRequest& page,
              const std::string& query, uint64_t scope, v1::ListContactsResponse* response) {
  const bool full = part.contacts_size() == page.size();
  if (full) part.mutable_contacts()->RemoveLast();
  const std::string after =
      part.contacts().empty() ? page.after() : RawContactId(part.contacts().rbegin()->contact_id());
  for (v1::Contact& contact : *part.mutable_contacts()) {
    *response->add_contacts() = std::move(contact);
  }
  if (full) response->set_next_page_token(rpc::EncodePageToken(query, EncodeKey(scope) + after));
  return full;
}

}  // namespace

grpc::Status CampaignRpc::ListContacts(grpc::ServerContext* context,
                                       const v1::ListContactsRequest* request,
                                       v1::ListContactsResponse* response) {
  return guard_.Run(context, rpc::Role::kReader, "campaign.ListContacts", *request,
                    [&](rpc::Call& call) -> absl::Status {
                      if (request->has_customer() == !request->campaign().empty()) {
                        return BadField("campaign", request->campaign(), "and customer",
                                        "give exactly one of the two");
                      }
                      return request->has_customer() ? ListOfCustomer(*request, call, response)
                                                     : ListOfCampaign(*request, call, response);
                    });
}

// Its own contacts, then those of customers merged into it, each in its own scope: the cursor is
// the customer and its last raw id seen.
absl::Status CampaignRpc::ListOfCustomer(const v1::ListContactsRequest& request,
                                         const rpc::Call& call,
                                         v1::ListContactsResponse* response) {
  DANGOL_ASSIGN_OR_RETURN(const int size, rpc::PageSize(request.page_size()));
  const std::string query = rpc::QueryOf(request);
  DANGOL_ASSIGN_OR_RETURN(const std::string cursor,
                          rpc::DecodePageToken(request.page_token(), query));
  DANGOL_ASSIGN_OR_RETURN(const CustomerId asked,
                          resolver_(request.customer(), call.deadline_steady_us()));
  DANGOL_ASSIGN_OR_RETURN(const auto all, AskCustomer(gateway_, kOwner.service, asked, kAllIds, {},
                                                      call.deadline_steady_us()));
  const CustomerId from = cursor.size() < 8 ? 0 : DecodeKey(cursor.substr(0, 8));
  v1::ContactsRequest page;
  for (const CustomerId id : all.ids()) {
    if (id < from) continue;
    page.set_customer_id(id);
    page.set_after(id == from ? cursor.substr(8) : "");
    page.set_size(size - response->contacts_size() + 1);
    DANGOL_ASSIGN_OR_RETURN(auto part,
                            Ask(gateway_, ScopeOf(id), kContacts, page, call.deadline_steady_us()));
    if (FillPage(std::move(part), page, query, id, response)) break;
  }
  return absl::OkStatus();
}

// Partition after partition: the cursor is the partition and the last raw id seen in it.
absl::Status CampaignRpc::ListOfCampaign(const v1::ListContactsRequest& request,
                                         const rpc::Call& call,
                                         v1::ListContactsResponse* response) {
  DANGOL_ASSIGN_OR_RETURN(const int size, rpc::PageSize(request.page_size()));
  const std::string query = rpc::QueryOf(request);
  DANGOL_ASSIGN_OR_RETURN(const std::string cursor,
                          rpc::DecodePageToken(request.page_token(), query));
  DANGOL_RETURN_IF_ERROR(FindCampaign(request.campaign(), call).status());
  uint64_t partition = cursor.empty() ? 0 : DecodeKey(cursor.substr(0, 8));
  v1::ContactsRequest page;
  page.set_campaign(request.campaign());
  page.set_after(cursor.empty() ? "" : cursor.substr(8));
  for (; partition < gateway_.partitions(); ++partition, page.clear_after()) {
    page.set_size(size - response->contacts_size() + 1);
    const Scope scope = {kOwner.service, static_cast<Partition>(partition)};
    DANGOL_ASSIGN_OR_RETURN(auto part,
                            Ask(gateway_, scope, kContacts, page, call.deadline_steady_us()));
    if (FillPage(std::move(part), page, query, partition, response)) break;
  }
  return absl::OkStatus();
}

grpc::Status CampaignRpc::ExplainContact(grpc::ServerContext* context,
                                         const v1::ExplainContactRequest* request,
                                         v1::ExplainContactResponse* response) {
  return guard_.Run(
      context, rpc::Role::kReader, "campaign.ExplainContact", *request,
      [&](rpc::Call& call) -> absl::Status {
        DANGOL_RETURN_IF_ERROR(FindCampaign(request->campaign(), call).status());
        DANGOL_ASSIGN_OR_RETURN(const CustomerId id,
                                resolver_(request->customer(), call.deadline_steady_us()));
        DANGOL_ASSIGN_OR_RETURN(*response, AskCustomer(gateway_, kOwner.service, id, kExplain,
                                                       *request, call.deadline_steady_us()));
        return absl::OkStatus();
      });
}

grpc::Status CampaignRpc::RecordOutcome(grpc::ServerContext* context,
                                        const v1::RecordOutcomeRequest* request,
                                        v1::Contact* response) {
  return guard_.Run(
      context, rpc::Role::kTracker, "campaign.RecordOutcome", *request,
      [&](rpc::Call& call) -> absl::Status {
        DANGOL_RETURN_IF_ERROR(call.AdoptRequestId(request->request_id()));
        DANGOL_RETURN_IF_ERROR(CheckContactId(request->contact_id()));
        if (!IsOutcome(request->status())) {
          return BadField("status", event::v1::ContactStatus_Name(request->status()),
                          "is no outcome",
                          "give DELIVERED, BOUNCED, ANSWERED, NO_ANSWER, REFUSED or RETURNED_MAIL");
        }
        v1::Command command;
        *command.mutable_record_outcome() = *request;
        const Partition partition =
            PartitionOf(SlotOfContact(request->contact_id()), gateway_.partitions());
        return rpc::Execute(gateway_, {kOwner.service, partition}, command, call, response);
      });
}

}  // namespace dangol::campaign
