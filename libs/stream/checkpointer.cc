#include "libs/stream/checkpointer.h"

#include <algorithm>
#include <utility>

#include "libs/base/clock.h"

namespace dangol {
namespace {

// A step for which the worker stands still: a checkpoint has two, its cut and its end.
class Pause {
 public:
  explicit Pause(MetricsSink* metrics) : metrics_(metrics) {}
  ~Pause() {
    metrics_->Observe("dangol_checkpoint_pause_seconds", {},
                      static_cast<double>(SteadyMicros() - begin_) / kMicrosPerSecond);
  }

 private:
  MetricsSink* const metrics_;
  const Micros begin_ = SteadyMicros();
};

}  // namespace

Checkpointer::Checkpointer(const ScopeEnv* env, Executor* background)
    : env_(env), background_(background) {}

void Checkpointer::Committed(const Cycle& cycle) {
  ++cycles_;
  for (const ScopeCycle& part : cycle) {
    for (const Change& change : part.changes) {
      bytes_ += change.key.size() + (change.value ? change.value->size() : 0) + 16;
    }
  }
}

bool Checkpointer::Due(Micros steady) const {
  if (bytes_ == 0) return false;
  const RuntimeOptions& options = *env_->options;
  if (bytes_ >= options.checkpoint_bytes) return true;
  if (options.drive == Drive::kManual) return cycles_ >= options.checkpoint_cycles_manual;
  return steady - last_ >= options.checkpoint_interval;
}

bool Checkpointer::Step(Runners& runners, Micros steady, bool force) {
  if (last_ == 0) last_ = steady;
  if (flight_ == nullptr) {
    if (!force && !Due(steady)) return false;
    const Pause pause(env_->metrics);
    return Cut(runners, steady);
  }
  if (!flight_->submitted) {
    if (env_->log->DurableTicket() < flight_->ticket) return false;
    Submit();
    return true;
  }
  if (!flight_->done) return false;
  const Pause pause(env_->metrics);
  Finish(runners);
  return true;
}

bool Checkpointer::Cut(Runners& runners, Micros steady) {
  auto flight = std::make_shared<Flight>();
  for (auto& [scope, runner] : runners) {
    if (!runner->halted().empty() || runner->state()->dirty_bytes() == 0) continue;
    flight->checkpoint.parts.push_back(runner->state()->CutCheckpoint());
    flight->cycles[scope] = flight->checkpoint.parts.back().seal.cycle;
    flight->ticket = std::max(flight->ticket, runner->last_ticket());
  }
  bytes_ = 0;
  cycles_ = 0;
  last_ = steady;
  if (flight->checkpoint.parts.empty()) return false;
  flight_ = std::move(flight);
  return true;
}

namespace {

// A scope lost meanwhile may have a newer checkpoint by its new owner: ours must not replace it.
void DropOutdated(CheckpointStore& store, Checkpoint* checkpoint) {
  auto outdated = [&store](const Checkpoint::Part& part) {
    const auto seal = store.SealOf(part.scope);
    return seal.ok() && *seal && (*seal)->cycle > part.seal.cycle;
  };
  auto& parts = checkpoint->parts;
  parts.erase(std::remove_if(parts.begin(), parts.end(), outdated), parts.end());
}

}  // namespace

void Checkpointer::Submit() {
  flight_->submitted = true;
  background_->Post([env = env_, flight = flight_] {
    const Micros begin = SteadyMicros();
    DropOutdated(*env->store, &flight->checkpoint);
    flight->status = env->store->Ingest(std::move(flight->checkpoint));
    env->metrics->Observe("dangol_checkpoint_seconds", {},
                          static_cast<double>(SteadyMicros() - begin) / kMicrosPerSecond);
    for (const auto& [scope, cycle] : flight->cycles) {
      // An error costs disk until the next checkpoint trims further; nothing else.
      if (flight->status.ok()) env->log->TrimChangelog(scope, cycle).IgnoreError();
    }
    flight->done = true;
  });
}

void Checkpointer::Finish(Runners& runners) {
  if (!flight_->status.ok()) env_->metrics->Add("dangol_checkpoint_failures_total", {}, 1);
  for (const auto& [scope, cycle] : flight_->cycles) {
    auto it = runners.find(scope);
    // A scope lost and gained again meanwhile starts from the checkpoint, with nothing to mark.
    if (!flight_->status.ok() || it == runners.end() || it->second->state() == nullptr) continue;
    it->second->state()->MarkCheckpointed(cycle);
  }
  flight_.reset();
}

}  // namespace dangol
