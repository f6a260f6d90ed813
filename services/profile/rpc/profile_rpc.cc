#include "services/profile/rpc/profile_rpc.h"

#include "dangol/profile/v1/command.pb.h"
#include "libs/base/status.h"
#include "libs/rpc/commands.h"

namespace dangol::profile {
namespace {

constexpr Scope kOwner = {Service::kProfile, 0};

}  // namespace

grpc::Status ProfileRpc::GetCustomer(grpc::ServerContext* context,
                                     const v1::GetCustomerRequest* request,
                                     v1::Customer* response) {
  return guard_.Run(context, rpc::Role::kReader, "profile.GetCustomer", *request,
                    [&](rpc::Call& call) {
                      return reader_.Get(request->customer(), call.deadline_steady_us(), response);
                    });
}

grpc::Status ProfileRpc::ListCustomers(grpc::ServerContext* context,
                                       const v1::ListCustomersRequest* request,
                                       v1::ListCustomersResponse* response) {
  return guard_.Run(
      context, rpc::Role::kReader, "profile.ListCustomers", *request,
      [&](rpc::Call& call) { return reader_.List(*request, call.deadline_steady_us(), response); });
}

grpc::Status ProfileRpc::ResolveCustomer(grpc::ServerContext* context,
                                         const v1::ResolveCustomerRequest* request,
                                         v1::ResolveCustomerResponse* response) {
  return guard_.Run(context, rpc::Role::kReader, "profile.ResolveCustomer", *request,
                    [&](rpc::Call& call) {
                      return reader_.ResolveExisting(*request, call.deadline_steady_us(), response);
                    });
}

grpc::Status ProfileRpc::BatchResolveAddresses(grpc::ServerContext* context,
                                               const v1::BatchResolveAddressesRequest* request,
                                               v1::BatchResolveAddressesResponse* response) {
  return guard_.Run(context, rpc::Role::kOperator, "profile.BatchResolveAddresses", *request,
                    [&](rpc::Call& call) {
                      return reader_.Addresses(*request, call.deadline_steady_us(), response);
                    });
}

grpc::Status ProfileRpc::ListTimeline(grpc::ServerContext* context,
                                      const v1::ListTimelineRequest* request,
                                      v1::ListTimelineResponse* response) {
  return guard_.Run(context, rpc::Role::kReader, "profile.ListTimeline", *request,
                    [&](rpc::Call& call) {
                      return reader_.Timeline(*request, call.deadline_steady_us(), response);
                    });
}

grpc::Status ProfileRpc::GetStats(grpc::ServerContext* context, const v1::GetStatsRequest* request,
                                  v1::Stats* response) {
  return guard_.Run(
      context, rpc::Role::kReader, "profile.GetStats", *request,
      [&](rpc::Call& call) { return reader_.Stats(call.deadline_steady_us(), response); });
}

grpc::Status ProfileRpc::GetBusinessUnit(grpc::ServerContext* context,
                                         const v1::GetBusinessUnitRequest* request,
                                         common::v1::BusinessUnit* response) {
  return guard_.Run(context, rpc::Role::kReader, "profile.GetBusinessUnit", *request,
                    [&](rpc::Call& call) {
                      return reader_.Unit(request->name(), call.deadline_steady_us(), response);
                    });
}

grpc::Status ProfileRpc::ListBusinessUnits(grpc::ServerContext* context,
                                           const v1::ListBusinessUnitsRequest* request,
                                           v1::ListBusinessUnitsResponse* response) {
  return guard_.Run(context, rpc::Role::kReader, "profile.ListBusinessUnits", *request,
                    [&](rpc::Call& call) {
                      return reader_.Units(*request, call.deadline_steady_us(), response);
                    });
}

grpc::Status ProfileRpc::SetConsent(grpc::ServerContext* context,
                                    const v1::SetConsentRequest* request, v1::Customer* response) {
  return guard_.Run(context, rpc::Role::kTracker, "profile.SetConsent", *request,
                    [&](rpc::Call& call) -> absl::Status {
                      DANGOL_RETURN_IF_ERROR(call.AdoptRequestId(request->request_id()));
                      const auto command = [&](CustomerId now) {
                        v1::ProfileCommand body;
                        body.mutable_set_facts()->set_customer_id(now);
                        *body.mutable_set_facts()->mutable_consent() = request->consent();
                        return body;
                      };
                      return ForCustomer(request->customer(), command, call, response);
                    });
}

grpc::Status ProfileRpc::SetRestriction(grpc::ServerContext* context,
                                        const v1::SetRestrictionRequest* request,
                                        v1::Customer* response) {
  return guard_.Run(context, rpc::Role::kOperator, "profile.SetRestriction", *request,
                    [&](rpc::Call& call) -> absl::Status {
                      DANGOL_RETURN_IF_ERROR(call.AdoptRequestId(request->request_id()));
                      // A request without one would lift the restriction that stands.
                      if (!request->has_restriction()) {
                        return BadField("restriction", "", "is missing",
                                        "give one, with do_not_serve false to lift it");
                      }
                      const auto command = [&](CustomerId now) {
                        v1::ProfileCommand body;
                        body.mutable_set_facts()->set_customer_id(now);
                        *body.mutable_set_facts()->mutable_restriction() = request->restriction();
                        return body;
                      };
                      return ForCustomer(request->customer(), command, call, response);
                    });
}

grpc::Status ProfileRpc::ApplyBusinessUnit(grpc::ServerContext* context,
                                           const v1::ApplyBusinessUnitRequest* request,
                                           v1::ApplyBusinessUnitResponse* response) {
  return guard_.Run(context, rpc::Role::kPlanner, "profile.ApplyBusinessUnit", *request,
                    [&](rpc::Call& call) -> absl::Status {
                      DANGOL_RETURN_IF_ERROR(call.AdoptRequestId(request->request_id()));
                      v1::ProfileCommand command;
                      v1::ApplyBusinessUnitCommand* apply = command.mutable_apply_business_unit();
                      *apply->mutable_business_unit() = request->business_unit();
                      apply->set_validate_only(request->validate_only());
                      return rpc::Execute(gateway_, kOwner, command, call, response);
                    });
}

}  // namespace dangol::profile
