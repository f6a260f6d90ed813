#include <utility>

#include "libs/base/status.h"
#include "tools/client/call.h"
#include "tools/client/connection.h"
#include "tools/dangol/import/sender.h"

namespace dangol::import {
namespace {

constexpr Micros kPatience = 2 * kMicrosPerMinute;

class Upserts : public BatchLine {
 public:
  explicit Upserts(client::Connection& connection) : connection_(connection) {}

  absl::Status Send(Batch batch) override {
    profile::v1::UpsertCustomersRequest request;
    for (const Item& item : batch) *request.add_upserts() = item.event.upsert();
    profile::v1::UpsertCustomersResponse response;
    DANGOL_RETURN_IF_ERROR(client::Retrying(kPatience, [&](grpc::ClientContext* context) {
      return connection_.profile->UpsertCustomers(context, request, &response);
    }));
    results_.accepted += response.accepted();
    for (const auto& error : response.errors()) {
      results_.Refuse(std::move(batch.at(static_cast<size_t>(error.index()))), error);
    }
    return absl::OkStatus();
  }
  absl::Status Drain() override { return absl::OkStatus(); }
  Results Take() override { return std::exchange(results_, {}); }

 private:
  client::Connection& connection_;
  Results results_;
};

}  // namespace

std::unique_ptr<BatchLine> UpsertLine(client::Connection& connection) {
  return std::make_unique<Upserts>(connection);
}

}  // namespace dangol::import
