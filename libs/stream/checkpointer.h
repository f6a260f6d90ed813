// A worker's checkpoints: cut between cycles, one scope at a time so that none waits long, ingested
// once all of it is durable; then the changelog is trimmed.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <vector>

#include "libs/stream/executor.h"
#include "libs/stream/scope_runner.h"

namespace dangol {

using Runners = std::map<Scope, std::unique_ptr<ScopeRunner>>;

// Belongs to one worker; the ingest runs on the background executor. One checkpoint at a time. A
// failed ingest loses nothing: the records stay dirty, and the next checkpoint holds them.
class Checkpointer {
 public:
  // Both outlive it, the executor stopped first.
  Checkpointer(const ScopeEnv* env, Executor* background);

  // A cycle with this much changelog was committed.
  void Committed(const Cycle& cycle);
  // Moves on: call between cycles, with nothing pending. `steady`: SteadyMicros, or 0 in manual
  // drive, where only cycles count. True if something was done.
  bool Step(Runners& runners, Micros steady, bool force = false);
  // No checkpoint is under way.
  bool idle() const { return flight_ == nullptr; }

 private:
  struct Flight {
    std::vector<Scope> to_cut;
    Checkpoint checkpoint;
    std::map<Scope, uint64_t> cycles;  // what was cut; once done, what is still to be marked
    uint64_t ticket = 0;
    bool submitted = false;
    std::atomic<bool> done{false};
    absl::Status status;  // once done
  };
  bool Due(Micros steady) const;
  void Begin(const Runners& runners, Micros steady);
  void CutNext(Runners& runners);
  void Submit();
  void FinishNext(Runners& runners);

  const ScopeEnv* const env_;
  Executor* const background_;
  std::shared_ptr<Flight> flight_;
  size_t bytes_ = 0;
  uint64_t cycles_ = 0;
  Micros last_ = 0;
};

}  // namespace dangol
