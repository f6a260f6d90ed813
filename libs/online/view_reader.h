// Reads views and identifiers: from the store, or a miss that sends the caller to the owner.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "libs/base/mutex.h"
#include "libs/base/types.h"
#include "libs/online/client_pool.h"
#include "libs/online/view.h"
#include "libs/stream/metrics.h"

namespace dangol::online {

struct ViewQuery {
  View view;
  CustomerId customer;
  // What the caller has seen already: an older state, or one of another changelog, is a miss.
  std::optional<Version> min_version;
};

// Thread-safe. A call takes its timeout at most, about; a store that is known to be away costs
// nothing. Nothing here is an error of the caller's: what cannot be read is a miss that says why.
class ViewReader {
 public:
  // `connections` are made when they are needed; more callers than that wait for one another.
  // As Store::Create. `metrics` outlives it.
  static absl::StatusOr<std::unique_ptr<ViewReader>> Create(Settings settings, int connections,
                                                            MetricsSink* metrics);

  Found Get(View view, CustomerId customer, const std::optional<Version>& min_version,
            Micros timeout_us);
  // The customer that an identifier, "<type>:<normal form>", leads to.
  Found Resolve(absl::string_view identifier, Micros timeout_us);

  // One answer a question, in order.
  std::vector<Found> BatchGet(absl::Span<const ViewQuery> queries, Micros timeout_us);
  std::vector<Found> BatchResolve(absl::Span<const std::string> identifiers, Micros timeout_us);

  // OK, or why the last call could not read, for the health detail.
  absl::Status LastFailure() const;

 private:
  ViewReader(std::shared_ptr<Store> store, int connections, MetricsSink* metrics);
  std::vector<Found> Read(const std::vector<std::string>& keys, Micros timeout_us);
  void Count(const std::vector<Found>& found);

  const std::string prefix_;
  ClientPool pool_;
  MetricsSink* const metrics_;
  mutable Mutex mu_;
  absl::Status failure_;  // guarded by mu_
};

}  // namespace dangol::online
