// Profile, as the other services of a cluster ask it.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "libs/rpc/client.h"
#include "libs/rpc/resolver.h"

namespace dangol::profile::v1 {
class BatchResolveAddressesRequest;
class BatchResolveAddressesResponse;
}  // namespace dangol::profile::v1

namespace dangol::node {

// Thread-safe. Connects at the first question.
class ProfileClient {
 public:
  // Errors are those of rpc::MakeChannel.
  static absl::StatusOr<std::unique_ptr<ProfileClient>> Open(const rpc::ClientOptions& options);
  ~ProfileClient();

  // Who has an identifier. Waits at most 10 s, also for a caller without a deadline.
  rpc::CustomerResolver resolver() const;

  // `deadline` is a SteadyMicros() instant.
  absl::Status ResolveAddresses(const profile::v1::BatchResolveAddressesRequest& request,
                                Micros deadline,
                                profile::v1::BatchResolveAddressesResponse* response) const;

 private:
  struct Stub;
  explicit ProfileClient(std::unique_ptr<Stub> stub);
  const std::unique_ptr<Stub> stub_;
};

}  // namespace dangol::node
