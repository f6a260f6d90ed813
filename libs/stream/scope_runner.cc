#include "libs/stream/scope_runner.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "dangol/event/v1/inbox.pb.h"
#include "libs/base/clock.h"
#include "libs/base/status.h"
#include "libs/stream/effect_ledger.h"
#include "libs/stream/merge.h"
#include "libs/stream/outcomes.h"

namespace dangol {

// An emit time further ahead of the wall than this is a clock gone wrong (live time only).
constexpr Micros kMostAhead = kMicrosPerSecond;
constexpr Micros kGapsSealedAfter = kMicrosPerHour;
// Of a batch that a crash would have to be looked for in; and timers of a round, which are looked
// up anew in each.
constexpr size_t kGuardedEvents = 4096, kDueTimers = 4096;

void ScopeRunner::Budget::Spend(size_t event_bytes) {
  --events;
  bytes -= std::min(bytes, event_bytes);
  if (until != kNever && SteadyMicros() >= until) events = 0;
}

ScopeRunner::ScopeRunner(Scope scope, const ServiceSpec& spec, const ScopeEnv& env)
    : scope_(scope), env_(env), inbox_(std::make_unique<event::v1::InboxRecord>()) {
  const absl::Status status = Acquire(spec);
  if (absl::IsUnavailable(status)) {
    not_loaded_ = true;
    halted_ = absl::StrCat(ToString(scope_), " is not loaded yet: ", status.ToString());
    env_.halted->Add(scope_, halted_);
  } else if (!status.ok()) {
    Halt(status.ToString());
  }
}

ScopeRunner::~ScopeRunner() { env_.halted->Remove(scope_); }

std::vector<TopicPartition> ScopeRunner::InputsOf(const ServiceSpec& spec) const {
  std::vector<TopicPartition> from;
  for (Topic topic : spec.inputs) from.push_back({topic, scope_.partition});
  from.push_back({InboxOf(scope_.service), scope_.partition});
  return from;
}

absl::Status ScopeRunner::Acquire(const ServiceSpec& spec) {
  DANGOL_ASSIGN_OR_RETURN(state_,
                          State::Acquire(scope_, *env_.log, *env_.store, env_.options->state));
  context_ = std::make_unique<ScopeContext>(scope_, env_.log->partitions(), state_.get(),
                                            env_.options->max_record_bytes);
  inputs_ = std::make_unique<Inputs>(env_.log, InputsOf(spec), state_->seal());
  guard_ = std::make_unique<CrashGuard>(state_.get(),
                                        std::min(env_.options->cycle_max_events, kGuardedEvents),
                                        env_.options->crash_attempts);
  recovered_ = RequestedEffects(*state_);
  processor_ = spec.make(scope_);
  DANGOL_RETURN_IF_ERROR(processor_->OnAcquire(*context_));
  if (guard_->culprit_timers()) return absl::InternalError("a timer crashed the process again");
  return absl::OkStatus();
}

void ScopeRunner::Halt(const std::string& why) {
  if (!halted_.empty()) return;
  halted_ = absl::StrCat(ToString(scope_), " halted: ", why);
  env_.halted->Add(scope_, halted_);
  env_.metrics->Add("dangol_scopes_halted_total", {{{"service", ServiceName(scope_.service)}}}, 1);
  if (env_.options->alarm) env_.options->alarm(halted_);
}

bool ScopeRunner::BeginRound() {
  if (!halted_.empty()) return false;
  context_->AdvanceNow(env_.now());
  due_.clear();
  due_next_ = 0;
  context_->timers().Due(context_->now(), std::min(env_.options->cycle_max_events, kDueTimers),
                         &due_);
  const bool records = inputs_->Snapshot();
  // What is behind gaps may be trimmed, and the position with it, if it is not sealed in time.
  touched_ = touched_ || (context_->now() - state_->seal().now >= kGapsSealedAfter &&
                          inputs_->AtEnd() && inputs_->Beyond(state_->seal()));
  return records || !due_.empty();
}

bool ScopeRunner::RoundDone() const {
  return !halted_.empty() || (inputs_->AtEnd() && due_next_ == due_.size());
}

bool ScopeRunner::Idle() const {
  if (!halted_.empty()) return true;
  const Micros now = std::max(context_->now(), env_.now());
  return !touched_ && inputs_->AtLogEnd() && context_->timers().Next() > now;
}

Micros ScopeRunner::NextTimer() const {
  return halted_.empty() ? context_->timers().Next() : kNever;
}

bool ScopeRunner::urgent() const {
  return touched_ && (!replies_.empty() || context_->leaves() || guard_->waiting());
}

bool ScopeRunner::CheckState() {
  if (state_ == nullptr || state_->status().ok()) return true;
  Halt(state_->status().ToString());
  touched_ = false;
  return false;
}

absl::Status ScopeRunner::Look(const std::function<absl::Status(Processor&, StateView&)>& fn) {
  if (processor_ == nullptr) return absl::UnavailableError(halted_);
  context_->AdvanceNow(env_.now());
  return fn(*processor_, *context_);
}

void ScopeRunner::Step(Budget* budget) {
  if (RoundDone() || !budget->left()) return;
  clock_ = env_.now();
  if (guard_->waiting() && !AskGuard()) return;
  const bool careful = guard_->waiting() && guard_->careful();
  size_t most = careful ? 1 : guard_->waiting() ? kGuardedEvents : budget->events;
  if (due_next_ < due_.size()) {
    FireTimers(budget);
    if (careful) most = 0;
  }
  while (most > 0 && budget->left() && HandleNext(budget)) --most;
  guard_->Handled();
}

// False: nothing may be handled now.
bool ScopeRunner::AskGuard() {
  if (env_.log->DurableTicket() < last_ticket_) return false;
  Inputs::Head head;
  if (guard_->culprit()) inputs_->Prefer(guard_->culprit()->topic);
  if (absl::Status status = inputs_->Peek(&head); !status.ok()) {
    Halt(status.ToString());
    return false;
  }
  if (guard_->culprit()) {
    if (head.stored == nullptr) return false;
    HandleCulprit(head);
    return false;
  }
  if (head.stored == nullptr && due_next_ == due_.size()) return false;  // there were only gaps
  std::optional<CrashGuard::Named> next;
  if (due_next_ == due_.size() && head.stored != nullptr) {
    next = {head.from.topic, head.stored->offset};
  }
  if (guard_->Ask(next) != CrashGuard::Go::kMark) return true;
  touched_ = true;
  return false;
}

void ScopeRunner::FireTimers(Budget* budget) {
  while (due_next_ < due_.size() && budget->events > 0) {
    if (absl::Status status = FireTimer(due_[due_next_]); !status.ok()) {
      Halt(absl::StrCat("timer: ", status.ToString()));
      return;
    }
    ++due_next_;
    budget->Spend(0);
  }
}

absl::Status ScopeRunner::FireTimer(const std::string& key) {
  const std::string* row = state_->Get(Table::kTimer, key);
  // Cancelled or moved since the round began.
  if (row == nullptr || TimerAt(*row) > context_->now()) return absl::OkStatus();
  const Timer timer = DecodeTimer(key, *row);
  touched_ = true;
  context_->BeginEvent(0);
  context_->CancelTimer(timer.kind, timer.subject);
  if (timer.kind == kPurgeOutcomesTimer) {
    PurgeOutcomes(*context_, env_.options->outcome_retention);
    return context_->EndEvent(absl::OkStatus());
  }
  return context_->EndEvent(processor_->OnTimer(timer, *context_));
}

bool ScopeRunner::HandleNext(Budget* budget) {
  Inputs::Head head;
  if (absl::Status status = inputs_->Peek(&head); !status.ok()) Halt(status.ToString());
  if (head.stored == nullptr || !halted_.empty()) return false;
  const size_t bytes = head.stored->record.key.size() + head.stored->record.value.size();
  HandleRecord(head);
  if (!halted_.empty()) return false;
  inputs_->Pop();
  budget->Spend(bytes);
  return true;
}

void ScopeRunner::AdvanceTime(Topic topic, Micros emit_time) {
  context_->AdvanceNow(clock_);
  // Records from outside carry their producer's clock.
  if (topic == Topic::kIngest) return;
  if (!env_.options->virtual_time && emit_time > clock_ + kMostAhead) {
    env_.metrics->Add("dangol_clock_ahead_total", {{{"service", ServiceName(scope_.service)}}}, 1);
    emit_time = clock_ + kMostAhead;
  }
  context_->AdvanceNow(emit_time);
}

absl::Status ScopeRunner::Dispatch(const Inputs::Head& head) {
  const StoredRecord& stored = *head.stored;
  if (head.from.topic == InboxOf(scope_.service)) return HandleInbox(stored);
  context_->BeginEvent(stored.record.hops);
  const Event event{head.from.topic,         stored.offset,
                    stored.record.emit_time, stored.record.key,
                    stored.record.value,     CustomerOfKey(head.from.topic, stored.record.key)};
  // Without a tombstone or a mark of an erased customer there is nothing to look up.
  if (state_->size(Table::kMeta) == 0) {
    return context_->EndEvent(processor_->Handle(event, *context_));
  }
  return context_->EndEvent(HandleEvent(event, *processor_, *context_));
}

void ScopeRunner::HandleRecord(const Inputs::Head& head) {
  AdvanceTime(head.from.topic, head.stored->record.emit_time);
  touched_ = true;
  ++events_;
  last_emit_time_ = head.stored->record.emit_time;
  absl::Status status = Dispatch(head);
  if (status.ok()) return;
  if (head.from.topic == Topic::kIngest) return DeadLetter(head, status);
  Halt(absl::StrCat(ToString(head.from), " record ", head.stored->offset, ": ", status.ToString()));
}

}  // namespace dangol
