#include "libs/stream/courier.h"

#include <atomic>
#include <map>
#include <optional>
#include <utility>

#include "dangol/event/v1/inbox.pb.h"
#include "libs/base/status.h"
#include "libs/stream/executor.h"

namespace dangol {
namespace {

constexpr Micros kRetryPause = 50 * kMicrosPerMilli;

event::v1::EffectResult ToProto(EffectResult result) {
  switch (result) {
    case EffectResult::kAccepted:
      return event::v1::EFFECT_RESULT_ACCEPTED;
    case EffectResult::kFailed:
      return event::v1::EFFECT_RESULT_FAILED;
    case EffectResult::kUnknown:
      return event::v1::EFFECT_RESULT_UNKNOWN;
    case EffectResult::kDelivered:
      return event::v1::EFFECT_RESULT_DELIVERED;
  }
  return event::v1::EFFECT_RESULT_UNKNOWN;
}

std::string OutcomeBytes(const EffectDone& done) {
  event::v1::InboxRecord record;
  auto* outcome = record.mutable_effect_outcome();
  outcome->set_effect_id(done.id);
  outcome->set_attempt(done.attempt);
  outcome->set_result(ToProto(done.result));
  outcome->set_provider_message_id(done.provider_message_id);
  outcome->set_detail(done.detail);
  return record.SerializeAsString();
}

}  // namespace

// Shared with the `done` functions of performers.
class Courier::Core : public std::enable_shared_from_this<Courier::Core> {
 public:
  explicit Core(const ScopeEnv* env) : env_(env) {}

  void Hand(Scope scope, std::vector<Effect> effects, std::optional<Micros> not_after) {
    if (effects.empty()) return;
    in_flight_ += static_cast<int64_t>(effects.size());
    MutexLock lock(mu_);
    tasks_.Post([core = shared_from_this(), scope, life = lives_[scope],
                 effects = std::move(effects), not_after] {
      if (core->Begin(scope, life, effects.size())) core->Perform(scope, effects, not_after);
      core->End();
    });
  }

  void Forget(Scope scope) {
    MutexLock lock(mu_);
    ++lives_[scope];
    ended_.wait(lock, [&] { return performing_ != scope; });
  }

  // One write for all scopes, which share a sync; if it fails, all is put back.
  bool AppendOutcomes() {
    std::map<Scope, std::vector<Record>> outcomes;
    {
      MutexLock lock(mu_);
      outcomes = std::exchange(outcomes_, {});
      posted_ = false;
    }
    std::vector<Emit> emits;
    for (const auto& [scope, records] : outcomes) {
      for (const Record& record : records) {
        emits.push_back({{InboxOf(scope.service), scope.partition}, record});
      }
    }
    const auto count = static_cast<int64_t>(emits.size());
    if (!Append(std::move(emits)).ok()) {
      PutBack(std::move(outcomes));
      return false;
    }
    in_flight_ -= count;
    // The append woke the workers before the count was right, and idleness waits for the count.
    if (env_->wake) env_->wake();
    return true;
  }

  Executor tasks_;
  // Of its own: an append waits for the disk, and what is to be sent next must not.
  Executor appends_;
  std::atomic<int64_t> in_flight_{0};

 private:
  bool Begin(Scope scope, uint64_t life, size_t effects) {
    MutexLock lock(mu_);
    if (lives_[scope] == life) {
      performing_ = scope;
      return true;
    }
    in_flight_ -= static_cast<int64_t>(effects);
    return false;
  }
  void End() {
    MutexLock lock(mu_);
    performing_.reset();
    ended_.notify_all();
  }

  void Perform(Scope scope, const std::vector<Effect>& effects, std::optional<Micros> not_after) {
    EffectPerformer::DoneFn done = [core = shared_from_this(), scope](EffectDone d) {
      core->Done(scope, d);
    };
    auto performer = env_->options->performers.find(scope.service);
    if (performer == env_->options->performers.end()) {
      for (const Effect& e : effects) {
        done({e.id, e.attempt, EffectResult::kFailed, "", "no performer for this service"});
      }
    } else if (not_after) {
      performer->second->Perform(scope, effects, *not_after, done);
    } else {
      performer->second->Recover(scope, effects, done);
    }
  }

  void Done(Scope scope, const EffectDone& done) {
    MutexLock lock(mu_);
    outcomes_[scope].push_back({"", OutcomeBytes(done), env_->now(), 0});
    PostFlush();
  }

  // Guarded by mu_.
  void PostFlush() {
    if (std::exchange(posted_, true)) return;
    appends_.Post([core = shared_from_this()] {
      if (!core->AppendOutcomes() && core->appends_.threaded()) core->appends_.Pause(kRetryPause);
    });
  }

  absl::Status Append(std::vector<Emit> emits) {
    DANGOL_ASSIGN_OR_RETURN(const uint64_t ticket, env_->log->AppendAsync(std::move(emits)));
    return env_->log->AwaitDurable(ticket);
  }

  void PutBack(std::map<Scope, std::vector<Record>> outcomes) {
    MutexLock lock(mu_);
    for (auto& [scope, records] : outcomes) {
      auto& waiting = outcomes_[scope];
      waiting.insert(waiting.begin(), std::make_move_iterator(records.begin()),
                     std::make_move_iterator(records.end()));
    }
    PostFlush();
  }

  const ScopeEnv* const env_;
  Mutex mu_;
  std::map<Scope, std::vector<Record>> outcomes_;  // guarded by mu_
  bool posted_ = false;                            // guarded by mu_: a flush is queued
  CondVar ended_;
  std::optional<Scope> performing_;  // guarded by mu_
  std::map<Scope, uint64_t> lives_;  // guarded by mu_: how often it was lost
};

Courier::Courier(const ScopeEnv* env) : core_(std::make_shared<Core>(env)) {}
Courier::~Courier() { Stop(); }

void Courier::Start() {
  core_->tasks_.Start();
  core_->appends_.Start();
}
void Courier::Stop() {
  core_->tasks_.Stop();
  core_->appends_.Stop();
}
int64_t Courier::in_flight() const { return core_->in_flight_; }
bool Courier::RunOnce() { return core_->tasks_.RunOne() || core_->appends_.RunOne(); }

void Courier::Dispatch(Scope scope, std::vector<Effect> effects, Micros not_after) {
  core_->Hand(scope, std::move(effects), not_after);
}

void Courier::Recover(Scope scope, std::vector<Effect> effects) {
  core_->Hand(scope, std::move(effects), std::nullopt);
}

void Courier::Forget(Scope scope) { core_->Forget(scope); }

}  // namespace dangol
