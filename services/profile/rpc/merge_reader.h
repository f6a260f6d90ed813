// Questions about merges, erasures, and all that profile holds of one customer.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "dangol/profile/v1/profile_service.pb.h"
#include "libs/stream/gateway.h"
#include "services/profile/rpc/reader.h"

namespace dangol::profile {

struct Pair {
  CustomerId from = 0;
  CustomerId into = 0;
};
// "merges/{from}-{into}"; INVALID_ARGUMENT naming the field.
absl::StatusOr<Pair> ParseMergeName(absl::string_view field, absl::string_view name);

// As Reader.
class MergeReader {
 public:
  // Both must outlive it.
  MergeReader(Gateway& gateway, Reader& reader) : gateway_(gateway), reader_(reader) {}

  absl::Status List(const v1::ListMergesRequest& request, Micros deadline,
                    v1::ListMergesResponse* out);
  absl::Status Get(const std::string& name, Micros deadline, v1::Merge* out);
  // Both of the pair are still there.
  absl::Status CheckBoth(const Pair& pair, Micros deadline);
  absl::Status Erasure(const std::string& name, Micros deadline, v1::Erasure* out);
  absl::Status Erasures(const v1::ListErasuresRequest& request, Micros deadline,
                        v1::ListErasuresResponse* out);
  absl::Status Export(const v1::ExportCustomerRequest& request, Micros deadline,
                      v1::ExportCustomerResponse* out);

 private:
  Gateway& gateway_;
  Reader& reader_;
};

}  // namespace dangol::profile
