// OfferService over gRPC.
#pragma once

#include "dangol/offer/v1/offer_service.grpc.pb.h"
#include "libs/rpc/call.h"
#include "libs/stream/gateway.h"
#include "services/offer/app.h"

namespace dangol::offer {

// Thread-safe.
class OfferRpc final : public v1::OfferService::Service {
 public:
  OfferRpc(Gateway& gateway, const rpc::Guard& guard, App::Resolver resolver)
      : gateway_(gateway), guard_(guard), resolver_(std::move(resolver)) {}

  grpc::Status ApplyOffer(grpc::ServerContext* context, const v1::ApplyOfferRequest* request,
                          v1::ApplyOfferResponse* response) override;
  grpc::Status GetOffer(grpc::ServerContext* context, const v1::GetOfferRequest* request,
                        v1::Offer* response) override;
  grpc::Status ListOffers(grpc::ServerContext* context, const v1::ListOffersRequest* request,
                          v1::ListOffersResponse* response) override;
  grpc::Status Decide(grpc::ServerContext* context, const v1::DecideRequest* request,
                      v1::Decision* response) override;
  grpc::Status BatchDecide(grpc::ServerContext* context, const v1::BatchDecideRequest* request,
                           v1::BatchDecideResponse* response) override;
  grpc::Status GetBudget(grpc::ServerContext* context, const v1::GetBudgetRequest* request,
                         v1::Budget* response) override;
  grpc::Status GetPosterior(grpc::ServerContext* context, const v1::GetPosteriorRequest* request,
                            v1::OfferPosterior* response) override;
  grpc::Status ExportCustomer(grpc::ServerContext* context,
                              const v1::ExportCustomerRequest* request,
                              v1::ExportCustomerResponse* response) override;

 private:
  absl::StatusOr<CustomerId> CustomerOf(const v1::DecideRequest& request, Micros deadline);
  absl::Status DecideFor(CustomerId id, const v1::DecideRequest& request, Caller caller,
                         Micros deadline, v1::Decision* response);
  void DecideBatch(const v1::BatchDecideRequest& batch, const Caller& caller, Micros deadline,
                   v1::BatchDecideResponse* response);
  absl::StatusOr<v1::Offer> FindOffer(const std::string& name, const rpc::Call& call);

  Gateway& gateway_;
  const rpc::Guard& guard_;
  App::Resolver resolver_;
};

}  // namespace dangol::offer
