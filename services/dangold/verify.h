// Every invariant that can be read off a data directory, or off a cluster's topics, whatever moment
// they were left at.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/backbone/checkpoint.h"
#include "libs/backbone/embedded/embedded_log.h"
#include "libs/backbone/log.h"
#include "libs/backbone/state.h"
#include "libs/stream/context.h"

namespace dangol {

struct Check {
  std::string name;                   // what was checked, in words
  uint64_t looked_at = 0;             // how many of them
  std::string of;                     // of what: "records", "cycles"
  std::vector<std::string> findings;  // the first hundred
  uint64_t found = 0;

  void Found(std::string what);
};

// Where everything is kept. Refers to both, which outlive it.
struct Kept {
  Log& log;
  CheckpointStore& checkpoints;
  Kept(EmbeddedLog& both) : log(both), checkpoints(both.checkpoints()) {}  // NOLINT
  Kept(Log& a_log, CheckpointStore& store) : log(a_log), checkpoints(store) {}
};

template <typename Fn>
void ForEachScope(const Log& log, const Fn& fn) {
  for (int s = 0; s < kServices; ++s) {
    for (uint32_t p = 0; p < log.partitions(); ++p) {
      fn(Scope{static_cast<Service>(s), static_cast<Partition>(p)});
    }
  }
}

// Every record of a topic partition, in order, in chunks. Returns why it could not be read on.
absl::Status ForEachStored(Log& log, TopicPartition tp,
                           const std::function<void(const StoredRecord&)>& fn);

// A scope as its checkpoint and changelog give it. Not thread-safe; what is kept outlives it.
class LoadedScope final : public StateView {
 public:
  static absl::StatusOr<std::unique_ptr<LoadedScope>> Load(Scope scope, Kept kept);

  Scope scope() const override { return scope_; }
  uint32_t partitions() const override { return partitions_; }
  Micros now() const override { return state_->seal().now; }
  const std::string* Get(Table table, absl::string_view key) override {
    return state_->Get(table, key);
  }
  void Scan(Table table, absl::string_view from, const ScanFn& fn) override {
    state_->Scan(table, from, fn);
  }
  State& state() { return *state_; }

 private:
  LoadedScope(Scope scope, uint32_t partitions, std::unique_ptr<State> state)
      : scope_(scope), partitions_(partitions), state_(std::move(state)) {}

  const Scope scope_;
  const uint32_t partitions_;
  const std::unique_ptr<State> state_;
};

// The log and the scopes' state, without a look inside records: every offset there, seals
// contiguous and never going back, checkpoint + changelog = replay of the changelog, effect rows
// legal.
std::vector<Check> VerifyLog(EmbeddedLog& log);
// The last of them.
Check CheckEffects(Kept kept);
// What the five services keep: records readable, memberships as counted, the waterfall ties, one
// decision for a contact, no contact twice, no held-out customer contacted, measured sums not above
// the contacts.
std::vector<Check> VerifyServices(Kept kept);

}  // namespace dangol
