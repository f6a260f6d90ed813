#include "libs/stream/worker.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/clock.h"

namespace dangol {

constexpr Micros kFirstRetryPause = kMicrosPerMilli;
constexpr Micros kLongestRetryPause = kMicrosPerSecond;
constexpr Micros kCostsInterval = 100 * kMicrosPerMilli;

namespace {

ScopeRunner::Budget WholeBudget(const RuntimeOptions& options) {
  return {options.cycle_max_events, options.cycle_max_bytes};
}

}  // namespace

Worker::Worker(const WorkerEnv* env)
    : env_(env),
      checkpointer_(&env->scope, env->background),
      observing_(&env->scope),
      costs_(env->scope.options->drive == Drive::kThreads),
      budget_(WholeBudget(*env->scope.options)) {}

Worker::~Worker() { Stop(); }

void Worker::Acquire(Scope scope, const ServiceSpec& spec) {
  if (runners_.count(scope) > 0) Drop(scope);
  auto runner = std::make_unique<ScopeRunner>(scope, spec, env_->scope);
  if (runner->not_loaded()) unloaded_[scope] = &spec;
  unloaded_count_ = unloaded_.size();
  env_->courier->Recover(scope, runner->TakeRecovered());
  observing_.Gained(*runner);
  runners_[scope] = std::move(runner);
}

void Worker::AcquireAgain() {
  for (const auto& [scope, spec] : std::exchange(unloaded_, {})) Acquire(scope, *spec);
  unloaded_count_ = unloaded_.size();
}

namespace {

void RemoveOf(Scope scope, std::vector<Release>* releases) {
  releases->erase(std::remove_if(releases->begin(), releases->end(),
                                 [&](const Release& r) { return r.scope == scope; }),
                  releases->end());
}

}  // namespace

void Worker::Drop(Scope scope) {
  if (alone_ == scope) alone_.reset();
  runners_.erase(scope);
  observing_.Lost(scope);
  unloaded_.erase(scope);
  unloaded_count_ = unloaded_.size();
  cycle_.erase(std::remove_if(cycle_.begin(), cycle_.end(),
                              [&](const ScopeCycle& part) { return part.scope == scope; }),
               cycle_.end());
  // Effects that have not begun are the next owner's, who finds them in the ledger.
  RemoveOf(scope, &current_.releases);
  for (Held& held : held_) RemoveOf(scope, &held.releases);
  env_->courier->Forget(scope);
  env_->waiters->FailScope(scope, NotOwned(scope));
  EndTurn();
}

void Worker::Read(Scope scope, const Gateway::ReadFn& fn, std::function<void(absl::Status)> done) {
  auto it = runners_.find(scope);
  if (it == runners_.end()) return done(NotOwned(scope));
  absl::Status status = it->second->Look(fn);
  if (env_->scope.log->DurableTicket() >= it->second->last_ticket()) return done(status);
  Held held;
  held.ticket = it->second->last_ticket();
  held.reads.push_back([done = std::move(done), status] { done(status); });
  held_.push_back(std::move(held));
}

bool Worker::RunTasks() {
  // While memory is ahead of the log no one may look.
  if (waiting_tasks_ == 0 || gathering() || !cycle_.empty()) return false;
  {
    MutexLock lock(mu_);
    running_tasks_.swap(tasks_);
  }
  for (auto& task : running_tasks_) task();
  waiting_tasks_ -= running_tasks_.size();
  running_tasks_.clear();
  return true;
}

void Worker::LetGo(Held& held) {
  for (Release& release : held.releases) {
    for (const Reply& reply : release.replies) env_->waiters->Resolve(release.scope, reply);
    env_->courier->Dispatch(release.scope, std::move(release.effects), held.not_after);
  }
  for (auto& read : held.reads) read();
}

bool Worker::ReleaseDurable() {
  if (held_.empty()) return false;
  const uint64_t durable = env_->scope.log->DurableTicket();
  bool any = false;
  while (!held_.empty() && held_.front().ticket <= durable) {
    LetGo(held_.front());
    held_.pop_front();
    any = true;
  }
  return any;
}

// Who has to be alone, as soon as what was computed before is committed.
ScopeRunner* Worker::Suspect() {
  if (gathering()) return nullptr;
  if (alone_) return runners_.at(*alone_).get();
  for (auto& [scope, runner] : runners_) {
    if (runner->Suspect()) return runner.get();
  }
  return nullptr;
}

// False: it is others' turn.
bool Worker::BeginTurn(const ScopeRunner* suspect) {
  if (suspect == nullptr) return env_->turns->Begin(this);
  if (!env_->turns->BeginAlone(this)) return false;
  alone_ = suspect->scope();
  return true;
}

void Worker::EndTurn() {
  if (alone_ && runners_.at(*alone_)->Marked()) return;  // its try has only begun
  alone_.reset();
  if (env_->turns->End(this) && env_->scope.wake) env_->scope.wake();
}

void Worker::BeginRounds() {
  const RuntimeOptions& options = *env_->scope.options;
  auto done = [](const auto& entry) { return entry.second->RoundDone(); };
  // In virtual time a round is what was there when it began, in all scopes: what it emits is read
  // in the next, so the order of events does not depend on how scopes are spread.
  if (options.virtual_time && !std::all_of(runners_.begin(), runners_.end(), done)) return;
  const uint64_t arrived = arrived_;
  for (auto& [scope, runner] : runners_) runner->BeginRound();
  PublishLag(arrived);
}

// True if anything was handled.
bool Worker::StepRunners(ScopeRunner* suspect) {
  const RuntimeOptions& options = *env_->scope.options;
  const bool timed =
      options.cycle_max_time > 0 && !options.virtual_time && options.drive == Drive::kThreads;
  budget_.until = timed ? SteadyMicros() + options.cycle_max_time : kNever;
  const size_t before = budget_.events;
  if (suspect != nullptr) {
    Step(*suspect);
    return budget_.events < before;
  }
  // A busy scope must not starve the others: live cycles begin with another one each time.
  rotation_ = options.virtual_time || runners_.empty() ? 0 : (rotation_ + 1) % runners_.size();
  auto first = std::next(runners_.begin(), static_cast<ptrdiff_t>(rotation_));
  for (auto it = first; it != runners_.end(); ++it) Step(*it->second);
  for (auto it = runners_.begin(); it != first; ++it) Step(*it->second);
  return budget_.events < before;
}

void Worker::Step(ScopeRunner& runner) {
  if (runner.RoundDone()) return;
  const auto meter = costs_.Of(runner.scope().service);
  runner.Step(&budget_);
}

// Not every cycle: under load there are hundreds a second.
void Worker::PublishCosts() {
  const Micros now = SteadyMicros();
  if (now < costs_told_ + kCostsInterval) return;
  costs_told_ = now;
  costs_.Publish(*env_->scope.metrics);
}

bool Worker::TakeParts() {
  for (auto& [scope, runner] : runners_) {
    if (!runner->touched() || !runner->CheckState()) continue;
    Release release;
    cycle_.push_back(runner->TakeCycle(&release));
    costs_.CountBytes(cycle_.back());
    if (!release.replies.empty() || !release.effects.empty()) {
      current_.releases.push_back(std::move(release));
    }
  }
  return !cycle_.empty();
}

Micros Worker::StandsStillFor() const {
  const Micros until = env_->held_until.load(std::memory_order_relaxed);
  return until == 0 ? 0 : std::max<Micros>(0, until - env_->steady());
}

void Worker::BuildCycle() {
  const auto meter = costs_.OfCommit();
  gathering_since_.reset();
  budget_ = WholeBudget(*env_->scope.options);
  if (!TakeParts()) return;
  current_.not_after = env_->steady() + kEffectStartLimit;
  retry_pause_ = 0;
}

bool Worker::MayWait(bool found_more) const {
  const RuntimeOptions& options = *env_->scope.options;
  if (options.commit_delay == 0 || !budget_.left()) return false;
  if (waiting_tasks_ > 0 || force_checkpoint_ || StandsStillFor() > 0) return false;
  const auto urgent = [](const auto& entry) { return entry.second->urgent(); };
  if (std::any_of(runners_.begin(), runners_.end(), urgent)) return false;
  if (options.drive == Drive::kManual) return found_more;
  return env_->steady() - *gathering_since_ < options.commit_delay;
}

// Computes what is there, and commits unless that may wait. False: nothing was done.
bool Worker::Gather(bool may_wait) {
  if (runners_.empty()) return false;
  BeginRounds();
  ScopeRunner* const suspect = Suspect();
  const bool turn = BeginTurn(suspect);
  others_turn_ = !turn;
  if (!turn && !gathering()) return false;
  const bool found = turn && StepRunners(suspect);
  const auto touched = [](const auto& entry) { return entry.second->touched(); };
  const bool any = std::any_of(runners_.begin(), runners_.end(), touched);
  if (any && !gathering()) gathering_since_ = env_->steady();
  if (any && may_wait && turn && MayWait(found)) return found;
  BuildCycle();
  if (cycle_.empty()) {
    EndTurn();
  } else {
    TryCommit();
  }
  return any;
}

bool Worker::TryCommit() {
  PublishCosts();
  const auto meter = costs_.OfCommit();
  const Micros begin = SteadyMicros();
  absl::StatusOr<CommitResult> result = env_->scope.log->Commit(cycle_);
  if (!result.ok() && absl::IsUnavailable(result.status())) {
    env_->scope.metrics->Add("dangol_commit_retries_total", {}, 1);
    retry_pause_ = std::min(std::max(kFirstRetryPause, 2 * retry_pause_), kLongestRetryPause);
    return false;
  }
  if (!result.ok()) {
    FailCycle(result.status());
    return true;
  }
  env_->scope.metrics->Observe("dangol_commit_seconds", {},
                               static_cast<double>(SteadyMicros() - begin) / kMicrosPerSecond);
  env_->scope.metrics->Add("dangol_cycles_total", {}, 1);
  Settle(*result);
  return true;
}

void Worker::Settle(const CommitResult& result) {
  ++cycles_;
  checkpointer_.Committed(cycle_);
  for (const ScopeCycle& part : cycle_) runners_.at(part.scope)->Committed(result.ticket);
  for (Scope scope : result.lost) {
    Drop(scope);
    if (env_->on_lost) env_->on_lost(scope);
  }
  observing_.Committed(std::exchange(cycle_, {}), result.ticket);
  observing_.Tell(runners_);
  current_.ticket = result.ticket;
  if (!current_.releases.empty()) held_.push_back(std::move(current_));
  current_ = Held();
  EndTurn();
}

// The log will not take the cycle at all: its scopes stop where the log has them.
void Worker::FailCycle(const absl::Status& status) {
  for (const ScopeCycle& part : cycle_) {
    runners_.at(part.scope)->Halt(absl::StrCat("commit: ", status.ToString()));
  }
  cycle_.clear();
  current_ = Held();
  EndTurn();
}

bool Worker::RunOnce() {
  bool progress = RunTasks();
  progress = ReleaseDurable() || progress;
  if (!cycle_.empty()) {
    TryCommit();
    return true;
  }
  if (gathering()) return Gather(/*may_wait=*/true) || progress;
  progress = observing_.Tell(runners_) || progress;
  if (observing_.waiting()) return progress;
  // Both look at what is committed: while they have work, nothing else waits.
  bool busy = observing_.Work(runners_);
  const bool manual = env_->scope.options->drive == Drive::kManual;
  const bool force = std::exchange(force_checkpoint_, false);
  busy = checkpointer_.Step(runners_, manual ? 0 : SteadyMicros(), force) || busy;
  if (StandsStillFor() > 0) return progress || busy;
  return Gather(/*may_wait=*/!busy) || progress || busy;
}

bool Worker::Quiet(size_t own_tasks) const {
  if (waiting_tasks_ > own_tasks || !cycle_.empty() || !held_.empty()) return false;
  return std::all_of(runners_.begin(), runners_.end(),
                     [](const auto& entry) { return entry.second->Idle(); });
}

bool Worker::Idle(size_t own_tasks) const {
  if (!Quiet(own_tasks)) return false;
  const uint64_t durable = env_->scope.log->DurableTicket();
  return std::all_of(runners_.begin(), runners_.end(), [durable](const auto& entry) {
    return entry.second->last_ticket() <= durable;
  });
}

// What arrived before the runners looked is in their lag: what comes meanwhile may be counted
// twice, and is never forgotten.
void Worker::PublishLag(uint64_t arrived) {
  std::array<uint64_t, kServices> lag{};
  for (const auto& [scope, runner] : runners_)
    lag[static_cast<int>(scope.service)] += runner->Lag();
  for (int i = 0; i < kServices; ++i) lag_[i] = lag[i];
  arrived_ -= arrived;
}

}  // namespace dangol
