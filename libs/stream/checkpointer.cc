#include "libs/stream/checkpointer.h"

#include <algorithm>
#include <utility>

#include "libs/base/clock.h"
#include "libs/base/rng.h"

namespace dangol {
namespace {

// A step for which the worker stands still: a checkpoint has two for each scope.
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

// Workers that began together must not stand still together: an event passes one after the other.
Micros SomeTimeAgo(Micros steady, const RuntimeOptions& options) {
  if (options.drive == Drive::kManual) return steady;
  const auto interval = static_cast<double>(options.checkpoint_interval);
  return steady - static_cast<Micros>(Rng(DeviceRandom()).Uniform() * interval);
}

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
  if (last_ == 0) last_ = SomeTimeAgo(steady, *env_->options);
  if (flight_ == nullptr) {
    if (!force && !Due(steady)) return false;
    Begin(runners, steady);
    return flight_ != nullptr;
  }
  if (!flight_->to_cut.empty()) {
    const Pause pause(env_->metrics);
    CutNext(runners);
    return true;
  }
  if (!flight_->submitted) {
    if (env_->log->DurableTicket() < flight_->ticket) return false;
    Submit();
    return true;
  }
  if (!flight_->done) return false;
  const Pause pause(env_->metrics);
  FinishNext(runners);
  return true;
}

void Checkpointer::Begin(const Runners& runners, Micros steady) {
  auto flight = std::make_shared<Flight>();
  for (const auto& [scope, runner] : runners) {
    if (runner->halted().empty() && runner->state()->dirty_bytes() > 0) {
      flight->to_cut.push_back(scope);
    }
  }
  bytes_ = 0;
  cycles_ = 0;
  last_ = steady;
  if (!flight->to_cut.empty()) flight_ = std::move(flight);
}

void Checkpointer::CutNext(Runners& runners) {
  const Scope scope = flight_->to_cut.back();
  flight_->to_cut.pop_back();
  const auto it = runners.find(scope);
  if (it != runners.end() && it->second->halted().empty()) {
    flight_->checkpoint.parts.push_back(it->second->state()->CutCheckpoint());
    flight_->cycles[scope] = flight_->checkpoint.parts.back().seal.cycle;
    flight_->ticket = std::max(flight_->ticket, it->second->last_ticket());
  }
  if (flight_->to_cut.empty() && flight_->cycles.empty()) flight_.reset();
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

void Checkpointer::FinishNext(Runners& runners) {
  auto& cycles = flight_->cycles;
  if (!flight_->status.ok()) {
    env_->metrics->Add("dangol_checkpoint_failures_total", {}, 1);
    cycles.clear();
  } else {
    const auto [scope, cycle] = *cycles.begin();
    cycles.erase(cycles.begin());
    const auto it = runners.find(scope);
    // A scope lost and gained again meanwhile starts from the checkpoint, with nothing to mark.
    if (it != runners.end() && it->second->state() != nullptr) {
      it->second->state()->MarkCheckpointed(cycle);
    }
  }
  if (cycles.empty()) flight_.reset();
}

}  // namespace dangol
