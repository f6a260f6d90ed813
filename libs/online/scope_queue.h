// What one scope still has to write, and what the store is known to have of it. No I/O.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "libs/online/mark.h"
#include "libs/online/view_codec.h"

namespace dangol::online {

// What the owner has to write again because the store may lack it.
struct RewriteNeed {
  uint64_t ticket = 0;  // of this need: the answers to it carry it
  // True: every customer of the scope, and deletes for those it knows as merged or erased. False:
  // those changed after offset `since`.
  bool all = false;
  uint64_t since = 0;
};

// Not thread-safe. Begins unchecked and with a gap: nobody knows what the store has.
//
// Invariant: while there is neither gap nor need, the store and what is pending (or was taken
// and is not settled) hold every change up to reached().
//
// A value that the store has already is not written again: most records change in what no view
// shows. Its key then keeps the version at which it was written.
class ScopeQueue {
 public:
  explicit ScopeQueue(std::string log) : log_(std::move(log)) {}

  // The later offset of a key stays. False: the store has this value.
  bool Put(Entry entry);
  // The scope has committed up to here, and all its changes were Put.
  void Reach(uint64_t offset);
  // Memory is short: forgets what is pending. A need follows once the store answers.
  void Drop();

  // Not before the store was looked at.
  std::optional<RewriteNeed> need() const;
  // The need of this ticket was met by Puts, with the state as of `offset`. False: there is another
  // need by now, or none.
  bool Finish(uint64_t ticket, uint64_t offset);

  // The store may have been replaced: what is written next waits for Checked.
  void Doubt() { checked_ = false; }
  bool checked() const { return checked_; }
  // The store's mark. False: it is not this scope's; Begin one of a new token, then tell Begun.
  bool Checked(const std::optional<Mark>& mark);
  void Begun(std::string token);

  struct Batch {
    std::vector<Entry> entries;
    // The mark to set once all of them are written.
    std::optional<Mark> mark;
  };
  bool has_batch() const { return checked_ && (!pending_.empty() || MarkDue()); }
  Batch Take();
  // What became of it: these could not be written; then, if none, its mark was set.
  void Settle(std::vector<Entry> unwritten);
  void Marked(const Mark& mark);
  // The store did not take all of what was given to it: no value counts as known.
  void Forget() { known_.clear(); }

  const std::string& log() const { return log_; }
  size_t bytes() const { return bytes_; }
  size_t pending() const { return pending_.size(); }
  uint64_t reached() const { return reached_; }
  uint64_t flushed() const { return flushed_; }
  // The store has everything, and its mark says so.
  bool current() const {
    return checked_ && !gap_ && !need_ && !taken_ && pending_.empty() && !MarkDue();
  }

 private:
  bool MarkDue() const { return !gap_ && !need_ && (reached_ > flushed_ || !complete_); }

  // Of so many keys at most the value is remembered; beyond, all are forgotten.
  static constexpr size_t kMostKnown = 1 << 18;
  void Know(const Entry& entry);

  const std::string log_;
  absl::flat_hash_map<std::string, Entry> pending_;  // by key
  // Of what was taken and not given back since the store was last known to have lost nothing:
  // the value's hash by its key's.
  absl::flat_hash_map<uint64_t, uint64_t> known_;
  size_t bytes_ = 0;  // of pending_
  uint64_t reached_ = 0;
  uint64_t flushed_ = 0;  // of the store's mark
  bool complete_ = false;
  bool taken_ = false;  // a batch is being written
  std::string token_;
  bool checked_ = false;
  bool gap_ = true;
  uint64_t last_ticket_ = 0;
  std::optional<RewriteNeed> need_;
};

}  // namespace dangol::online
