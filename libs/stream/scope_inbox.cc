// ScopeRunner: the inbox, dead letters, and what a cycle takes.
#include <utility>

#include "absl/strings/str_cat.h"
#include "dangol/event/v1/dead.pb.h"
#include "dangol/event/v1/inbox.pb.h"
#include "libs/base/status.h"
#include "libs/stream/allotment.h"
#include "libs/stream/effect_ledger.h"
#include "libs/stream/merge.h"
#include "libs/stream/outcomes.h"
#include "libs/stream/scope_runner.h"

namespace dangol {
namespace {

Caller CallerOf(const event::v1::Command& command) {
  return {
      command.principal(), {command.roles().begin(), command.roles().end()}, command.request_id()};
}

absl::Status HandleAllotment(const event::v1::InboxRecord& record, Processor& processor,
                             Context& ctx) {
  if (record.has_allotment_request()) {
    allotment::HandleRequest(ctx, record.allotment_request());
    return absl::OkStatus();
  }
  allotment::HandleGrant(ctx, record.allotment_grant());
  return processor.OnGrant(record.allotment_grant().allotment(), ctx);
}

// Other producers' records may be of any size, and a letter must always fit: it holds the key
// twice.
void SetRecord(const Record& record, size_t max_record_bytes, event::v1::DeadLetter* letter) {
  const size_t key_most = max_record_bytes / 16;
  const size_t value_most = max_record_bytes / 2;
  letter->set_key(record.key.substr(0, key_most));
  letter->set_value(record.value.substr(0, value_most));
  if (record.key.size() > key_most) letter->set_key_bytes(record.key.size());
  if (record.value.size() > value_most) letter->set_value_bytes(record.value.size());
}

}  // namespace

absl::Status ScopeRunner::HandleInbox(const StoredRecord& stored) {
  using event::v1::InboxRecord;
  if (!inbox_->ParseFromString(stored.record.value)) {
    return absl::DataLossError("not an InboxRecord");
  }
  if (inbox_->has_command()) {
    HandleCommand(stored, inbox_->command(), /*crashed=*/false);
    return absl::OkStatus();
  }
  context_->BeginEvent(stored.record.hops);
  switch (inbox_->kind_case()) {
    case InboxRecord::kInternal:
      return context_->EndEvent(processor_->HandleInternal(inbox_->internal(), *context_));
    case InboxRecord::kEffectOutcome:
      return context_->EndEvent(HandleOutcome(inbox_->effect_outcome()));
    case InboxRecord::kHandOver:
      return context_->EndEvent(HandleHandOver(inbox_->hand_over(), *processor_, *context_));
    case InboxRecord::kForwarded:
      return context_->EndEvent(
          HandleForwarded(inbox_->forwarded(), stored.record.emit_time, *processor_, *context_));
    case InboxRecord::kAllotmentRequest:
    case InboxRecord::kAllotmentGrant:
      return context_->EndEvent(HandleAllotment(*inbox_, *processor_, *context_));
    default:
      return context_->EndEvent(absl::DataLossError("an InboxRecord of no known kind"));
  }
}

void ScopeRunner::HandleCommand(const StoredRecord& stored, const event::v1::Command& command,
                                bool crashed) {
  const Caller caller = CallerOf(command);
  const uint64_t hash = CommandHash(command.principal(), command.body());
  if (auto known = StoredOutcome(*context_, caller, hash)) {
    replies_.push_back({caller.request_id, hash, *std::move(known)});
    return;
  }
  context_->BeginEvent(stored.record.hops);
  absl::StatusOr<std::string> outcome = absl::InternalError("the command crashed the service");
  if (!crashed) outcome = processor_->HandleCommand(command.body(), caller, *context_);
  absl::Status ended = context_->EndEvent(outcome.status());
  if (outcome.ok() && !ended.ok()) outcome = std::move(ended);
  context_->BeginEvent(stored.record.hops);
  StoreOutcome(*context_, caller, hash, outcome, env_.options->outcome_retention);
  if (absl::Status stored_status = context_->EndEvent(absl::OkStatus()); !stored_status.ok()) {
    Halt(stored_status.ToString());
  }
  replies_.push_back({caller.request_id, hash, std::move(outcome)});
}

absl::Status ScopeRunner::HandleOutcome(const event::v1::EffectOutcome& outcome) {
  if (!AwaitsOutcome(*state_, outcome.effect_id(), outcome.attempt())) {
    context_->Count("effect_outcomes_ignored", "", 1);
    return absl::OkStatus();
  }
  EffectRow row =
      DecodeEffectRow(outcome.effect_id(), *state_->Get(Table::kEffect, outcome.effect_id()));
  context_->Put(Table::kEffect, row.effect.id, EncodeEffectRow(EffectState::kSettled, row.effect));
  return processor_->HandleOutcome(outcome, *context_);
}

void ScopeRunner::HandleCulprit(const Inputs::Head& head) {
  guard_->CulpritGone();
  const absl::Status error = absl::InternalError("it crashed the process again and again");
  if (head.from.topic == Topic::kIngest) {
    DeadLetter(head, error);
  } else if (head.from.topic == InboxOf(scope_.service) &&
             inbox_->ParseFromString(head.stored->record.value) && inbox_->has_command()) {
    HandleCommand(*head.stored, inbox_->command(), /*crashed=*/true);
  } else {
    Halt(
        absl::StrCat(ToString(head.from), " record ", head.stored->offset, ": ", error.ToString()));
    return;
  }
  touched_ = true;
  inputs_->Pop();
}

void ScopeRunner::DeadLetter(const Inputs::Head& head, const absl::Status& error) {
  event::v1::DeadLetter letter;
  letter.set_service(std::string(ServiceName(scope_.service)));
  letter.set_topic(std::string(TopicName(head.from.topic)));
  letter.set_partition(head.from.partition);
  letter.set_offset(head.stored->offset);
  SetRecord(head.stored->record, env_.options->max_record_bytes, &letter);
  letter.set_error(EncodeStatus(error));
  letter.set_time_us(context_->now());
  context_->BeginEvent(head.stored->record.hops);
  context_->Emit(Topic::kDead, scope_.partition, letter.key(), letter.SerializeAsString());
  context_->Count("dead_letters", DetailOf(error).reason, 1);
  if (absl::Status status = context_->EndEvent(absl::OkStatus()); !status.ok()) {
    Halt(absl::StrCat("dead letter: ", status.ToString()));
  }
}

ScopeCycle ScopeRunner::TakeCycle(Release* release) {
  ScopeCycle cycle;
  cycle.scope = scope_;
  cycle.seal.cycle = state_->seal().cycle + 1;
  cycle.seal.now = context_->now();
  inputs_->FillOffsets(&cycle.seal);
  cycle.emits = context_->TakeEmits();
  cycle.changes = state_->TakeChanges(cycle.seal);
  release->scope = scope_;
  release->replies = std::exchange(replies_, {});
  release->effects = context_->TakeEffects();
  touched_ = false;
  CountCycle();
  return cycle;
}

void ScopeRunner::CountCycle() {
  const MetricLabel service{"service", ServiceName(scope_.service)};
  for (const auto& [name, delta] : context_->TakeCounts()) {
    const MetricLabel labels[] = {service, {"reason", name.second}};
    env_.metrics->Add(absl::StrCat("dangol_", name.first, "_total"),
                      MetricLabels(labels, name.second.empty() ? 1 : 2), delta);
  }
  if (events_ == 0) return;
  const MetricLabel labels[] = {service};
  env_.metrics->Add("dangol_events_total", labels, static_cast<double>(events_));
  if (!env_.options->virtual_time) {
    env_.metrics->Observe("dangol_event_latency_seconds", labels,
                          static_cast<double>(env_.now() - last_emit_time_) / kMicrosPerSecond);
  }
  events_ = 0;
}

}  // namespace dangol
