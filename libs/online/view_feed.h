// From a scope's records to its views: what stands between the runtime and the writer.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "libs/base/mutex.h"
#include "libs/base/types.h"
#include "libs/online/view_writer.h"

namespace dangol::online {

// A customer's record in its service's state; nullopt: there is none (any more), and what the
// builder makes of it are deletes. `key` is what the service keeps it under.
struct ViewRecord {
  absl::string_view key;
  std::optional<absl::string_view> bytes;
};

// Supplied by each service: appends what the record makes of the store, views and identifiers.
// Pure, and total: the same record gives the same keys with or without a value, so that an older
// view never outlives its record. Called on the thread that calls the feed.
using ViewBuilder = std::function<void(const ViewRecord& record, std::vector<Change>* changes)>;

// One service's feed. Thread-safe as far as its builder is; a scope's calls come from one thread.
class ViewFeed {
 public:
  // `writer` outlives it.
  ViewFeed(ViewWriter* writer, ViewBuilder builder)
      : writer_(writer), builder_(std::move(builder)) {}

  // A commit is durable that ends at `offset` of the scope's changelog and changed these records,
  // none twice. Never waits.
  void Durable(Scope scope, uint64_t offset, absl::Span<const ViewRecord> records);

  // Visits a portion of a scope's records after `cursor` (empty: from the start), changed after
  // offset `since` (0: all, and those that are known to be gone). Moves the cursor; false: that was
  // the last portion. Only what is durable is visited: a record whose last change is not, yet, is
  // left out and comes with its commit.
  using Scan = std::function<bool(uint64_t since, std::string* cursor,
                                  const std::function<void(const ViewRecord&)>& visit)>;
  // One step of the rewrite that the writer asks for, if any; called again and again, between
  // other work. False: nothing to do now. The scope's state is as of `offset`.
  bool RewriteSome(Scope scope, uint64_t offset, const Scan& scan);

 private:
  // Where a scope's rewrite stands.
  struct Progress {
    uint64_t ticket = 0;
    std::string cursor;
    bool scanned = false;
    // The last portion, until there is room for it, and the state that it shows: under a later
    // offset it would overwrite what has changed since.
    std::vector<Change> portion;
    uint64_t as_of = 0;
  };
  bool Offer(Scope scope, Progress& progress);

  ViewWriter* const writer_;
  const ViewBuilder builder_;
  Mutex mu_;
  std::map<Scope, Progress> progress_;  // guarded by mu_; its values belong to their scope's thread
};

}  // namespace dangol::online
