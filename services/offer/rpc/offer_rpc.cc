#include "services/offer/rpc/offer_rpc.h"

#include <map>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dangol/offer/v1/command.pb.h"
#include "libs/base/names.h"
#include "libs/base/parallel.h"
#include "libs/base/status.h"
#include "libs/rpc/commands.h"
#include "libs/rpc/page_token.h"
#include "libs/rpc/request_check.h"
#include "libs/stream/ask.h"
#include "libs/stream/follow.h"
#include "libs/stream/rows.h"
#include "services/offer/catalogue.h"
#include "services/offer/questions.h"

namespace dangol::offer {
namespace {

constexpr Scope kOwner = {Service::kOffer, 0};
constexpr int kMaxBatch = 1'000;
// Items of a batch under way at a time: what is decided together shares a sync of the disk.
constexpr size_t kBatchAtOnce = 16;

void Refuse(const absl::Status& status, v1::DecideResult* result) {
  result->clear_decision();
  result->set_code(static_cast<int>(status.code()));
  result->set_message(std::string(status.message()));
}

}  // namespace

grpc::Status OfferRpc::ApplyOffer(grpc::ServerContext* context,
                                  const v1::ApplyOfferRequest* request,
                                  v1::ApplyOfferResponse* response) {
  return guard_.Run(context, rpc::Role::kPlanner, "offer.ApplyOffer", *request,
                    [&](rpc::Call& call) {
                      DANGOL_RETURN_IF_ERROR(call.AdoptRequestId(request->request_id()));
                      v1::OfferCommand command;
                      *command.mutable_apply_offer()->mutable_offer() = request->offer();
                      command.mutable_apply_offer()->set_validate_only(request->validate_only());
                      return rpc::Execute(gateway_, kOwner, command, call, response);
                    });
}

absl::StatusOr<v1::Offer> OfferRpc::FindOffer(const std::string& name, const rpc::Call& call) {
  DANGOL_RETURN_IF_ERROR(rpc::CheckGiven("offer", name));
  DANGOL_ASSIGN_OR_RETURN(
      auto offer, AskRecord<v1::Offer>(gateway_, kOwner, Table::kShared,
                                       absl::StrCat(kOffers, name), call.deadline_steady_us()));
  if (!offer) return NotFound("offer", name);
  return *std::move(offer);
}

grpc::Status OfferRpc::GetOffer(grpc::ServerContext* context, const v1::GetOfferRequest* request,
                                v1::Offer* response) {
  return guard_.Run(context, rpc::Role::kReader, "offer.GetOffer", *request,
                    [&](rpc::Call& call) -> absl::Status {
                      DANGOL_ASSIGN_OR_RETURN(*response, FindOffer(request->name(), call));
                      return absl::OkStatus();
                    });
}

grpc::Status OfferRpc::ListOffers(grpc::ServerContext* context,
                                  const v1::ListOffersRequest* request,
                                  v1::ListOffersResponse* response) {
  return guard_.Run(
      context, rpc::Role::kReader, "offer.ListOffers", *request,
      [&](rpc::Call& call) -> absl::Status {
        DANGOL_ASSIGN_OR_RETURN(const int size, rpc::PageSize(request->page_size()));
        DANGOL_ASSIGN_OR_RETURN(const std::string cursor,
                                rpc::DecodePageToken(request->page_token(), "offers"));
        RowRange range = {Table::kShared, kOffers, "", static_cast<uint32_t>(size)};
        if (!cursor.empty()) range.after = absl::StrCat(kOffers, cursor);
        DANGOL_ASSIGN_OR_RETURN(const Rows page,
                                AskRows(gateway_, kOwner, range, call.deadline_steady_us()));
        for (const Row& row : page.rows) response->add_offers()->ParseFromString(row.value);
        if (page.more) {
          response->set_next_page_token(
              rpc::EncodePageToken("offers", response->offers(size - 1).name()));
        }
        return absl::OkStatus();
      });
}

absl::StatusOr<CustomerId> OfferRpc::CustomerOf(const v1::DecideRequest& request, Micros deadline) {
  DANGOL_RETURN_IF_ERROR(rpc::CheckRequest(request));
  DANGOL_RETURN_IF_ERROR(CheckResourceName("business_unit", request.business_unit()));
  return resolver_(request.customer(), deadline);
}

absl::Status OfferRpc::DecideFor(CustomerId id, const v1::DecideRequest& request, Caller caller,
                                 Micros deadline, v1::Decision* response) {
  v1::OfferCommand command;
  auto* decide = command.mutable_decide();
  decide->set_business_unit(request.business_unit());
  *decide->mutable_offers() = request.offers();
  decide->set_policy(request.policy());
  const auto body = [&](CustomerId now) {
    decide->set_customer_id(now);
    return command.SerializeAsString();
  };
  DANGOL_ASSIGN_OR_RETURN(
      const std::string bytes,
      ExecuteForCustomer(gateway_, kOwner.service, id, body, std::move(caller), deadline));
  if (!response->ParseFromString(bytes)) return absl::DataLossError("undecodable outcome");
  return absl::OkStatus();
}

grpc::Status OfferRpc::Decide(grpc::ServerContext* context, const v1::DecideRequest* request,
                              v1::Decision* response) {
  return guard_.Run(
      context, rpc::Role::kTracker, "offer.Decide", *request, [&](rpc::Call& call) -> absl::Status {
        DANGOL_RETURN_IF_ERROR(call.AdoptRequestId(request->request_id()));
        DANGOL_ASSIGN_OR_RETURN(const CustomerId id,
                                CustomerOf(*request, call.deadline_steady_us()));
        return DecideFor(id, *request, rpc::CallerOf(call), call.deadline_steady_us(), response);
      });
}

void OfferRpc::DecideBatch(const v1::BatchDecideRequest& batch, const Caller& caller,
                           Micros deadline, v1::BatchDecideResponse* response) {
  const auto size = static_cast<size_t>(batch.requests_size());
  std::vector<absl::StatusOr<CustomerId>> ids(size, absl::UnknownError(""));
  ParallelFor(size, kBatchAtOnce, [&](size_t i) {
    ids[i] = CustomerOf(batch.requests(static_cast<int>(i)), deadline);
  });
  // One customer's items are decided in their order: each counts toward the caps of the next.
  std::map<CustomerId, std::vector<int>> items_of;
  for (int i = 0; i < batch.requests_size(); ++i) {
    v1::DecideResult* result = response->add_results();
    const auto& id = ids[static_cast<size_t>(i)];
    if (!id.ok()) Refuse(id.status(), result);
    if (id.ok()) items_of[*id].push_back(i);
  }
  const std::vector<std::pair<CustomerId, std::vector<int>>> customers(items_of.begin(),
                                                                       items_of.end());
  ParallelFor(customers.size(), kBatchAtOnce, [&](size_t n) {
    for (const int i : customers[n].second) {
      const v1::DecideRequest& one = batch.requests(i);
      Caller of_one = caller;
      absl::StrAppend(&of_one.request_id, "-", i);
      if (!one.request_id().empty()) of_one.request_id = one.request_id();
      v1::DecideResult* result = response->mutable_results(i);
      const absl::Status status = DecideFor(customers[n].first, one, std::move(of_one), deadline,
                                            result->mutable_decision());
      if (!status.ok()) Refuse(status, result);
    }
  });
}

grpc::Status OfferRpc::BatchDecide(grpc::ServerContext* context,
                                   const v1::BatchDecideRequest* request,
                                   v1::BatchDecideResponse* response) {
  return guard_.RunBatch(
      context, rpc::Role::kTracker, "offer.BatchDecide", *request,
      [&](rpc::Call& call) -> absl::Status {
        if (request->requests_size() > kMaxBatch) {
          return BadField("requests", absl::StrCat(request->requests_size()), "are too many items",
                          absl::StrCat("send at most ", kMaxBatch));
        }
        DecideBatch(*request, rpc::CallerOf(call), call.deadline_steady_us(), response);
        return absl::OkStatus();
      });
}

grpc::Status OfferRpc::GetBudget(grpc::ServerContext* context, const v1::GetBudgetRequest* request,
                                 v1::Budget* response) {
  return guard_.Run(context, rpc::Role::kReader, "offer.GetBudget", *request,
                    [&](rpc::Call& call) -> absl::Status {
                      DANGOL_RETURN_IF_ERROR(FindOffer(request->offer(), call).status());
                      DANGOL_ASSIGN_OR_RETURN(const auto parts,
                                              AskAll(gateway_, kOwner.service, kBudget, *request,
                                                     call.deadline_steady_us()));
                      *response = SumOf(parts);
                      return absl::OkStatus();
                    });
}

grpc::Status OfferRpc::GetPosterior(grpc::ServerContext* context,
                                    const v1::GetPosteriorRequest* request,
                                    v1::OfferPosterior* response) {
  return guard_.Run(context, rpc::Role::kReader, "offer.GetPosterior", *request,
                    [&](rpc::Call& call) -> absl::Status {
                      DANGOL_RETURN_IF_ERROR(FindOffer(request->offer(), call).status());
                      const std::string key = absl::StrCat(kPosteriors, request->offer());
                      DANGOL_ASSIGN_OR_RETURN(
                          const auto posterior,
                          AskRecord<v1::OfferPosterior>(gateway_, kOwner, Table::kShared, key,
                                                        call.deadline_steady_us()));
                      if (posterior) *response = *posterior;
                      response->set_offer(request->offer());
                      return absl::OkStatus();
                    });
}

grpc::Status OfferRpc::ExportCustomer(grpc::ServerContext* context,
                                      const v1::ExportCustomerRequest* request,
                                      v1::ExportCustomerResponse* response) {
  return guard_.Run(
      context, rpc::Role::kOperator, "offer.ExportCustomer", *request,
      [&](rpc::Call& call) -> absl::Status {
        const Micros deadline = call.deadline_steady_us();
        DANGOL_ASSIGN_OR_RETURN(const CustomerId id, resolver_(request->customer(), deadline));
        DANGOL_ASSIGN_OR_RETURN(*response,
                                AskCustomer(gateway_, kOwner.service, id, kExport, {}, deadline));
        return absl::OkStatus();
      });
}

}  // namespace dangol::offer
