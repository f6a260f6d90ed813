// A scope's rewrite, in portions: what stands between its owner and ViewWriter::Need.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "libs/base/mutex.h"
#include "libs/base/types.h"
#include "libs/online/view_writer.h"

namespace dangol::online {

// Thread-safe; a scope's calls come from one thread.
class ViewRewriter {
 public:
  // `writer` outlives it.
  explicit ViewRewriter(ViewWriter* writer) : writer_(writer) {}

  // Appends what the store should hold of a portion of the scope's records from `cursor` on (empty:
  // from the start), of those changed after offset `since` (0: all, and those that are known to be
  // gone). Moves the cursor; false: that was the last portion. Only what is durable is given.
  using Scan =
      std::function<bool(uint64_t since, std::string* cursor, std::vector<Change>* changes)>;
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
  Mutex mu_;
  std::map<Scope, Progress> progress_;  // guarded by mu_; its values belong to their scope's thread
};

}  // namespace dangol::online
