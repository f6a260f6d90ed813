#include "libs/stream/scope_context.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "libs/base/hash.h"
#include "libs/base/status.h"
#include "libs/stream/effect_ledger.h"

namespace dangol {

ScopeContext::ScopeContext(Scope scope, uint32_t partitions, State* state, size_t max_record_bytes)
    : scope_(scope), partitions_(partitions), state_(state), max_record_bytes_(max_record_bytes) {
  now_ = state->seal().now;
  state->Scan(Table::kTimer, "", [this](absl::string_view key, absl::string_view value) {
    timers_.Insert(TimerAt(value), std::string(key));
    return true;
  });
}

void ScopeContext::Remember(Table table, absl::string_view key) {
  if (undo_size_ == undo_.size()) undo_.emplace_back();
  Undo& undo = undo_[undo_size_++];
  undo.table = table;
  undo.key.assign(key.data(), key.size());
  const std::string* old = state_->Get(table, key);
  undo.existed = old != nullptr;
  if (old != nullptr) undo.value.assign(*old);
}

void ScopeContext::CheckSize(absl::string_view what, size_t bytes) {
  if (bytes <= max_record_bytes_ || !limit_error_.ok()) return;
  limit_error_ = Precondition("RECORD_TOO_LARGE",
                              absl::StrCat(what, " of ", bytes, " bytes; the limit is ",
                                           max_record_bytes_, "; split it into smaller records"));
}

void ScopeContext::Put(Table table, absl::string_view key, std::string value) {
  CheckSize("a state record", key.size() + value.size());
  Remember(table, key);
  state_->Put(table, undo_[undo_size_ - 1].key, std::move(value));
}

void ScopeContext::Delete(Table table, absl::string_view key) {
  Remember(table, key);
  if (undo_[undo_size_ - 1].existed) state_->Delete(table, undo_[undo_size_ - 1].key);
}

void ScopeContext::Emit(Topic topic, Partition partition, std::string key, std::string value) {
  CheckSize("an emitted record", key.size() + value.size());
  emits_.push_back({{topic, partition}, {std::move(key), std::move(value), now_, hops_ + 1}});
}

void ScopeContext::MoveTimer(uint32_t kind, absl::string_view subject, Micros to) {
  std::string key = TimerKey(kind, subject);
  const std::string* old = state_->Get(Table::kTimer, key);
  const Micros from = old == nullptr ? kNever : TimerAt(*old);
  if (from != to) moves_.push_back({std::move(key), from, to});
}

void ScopeContext::SetTimer(Timer timer) {
  MoveTimer(timer.kind, timer.subject, timer.at);
  Put(Table::kTimer, TimerKey(timer.kind, timer.subject), TimerValue(timer));
}

void ScopeContext::CancelTimer(uint32_t kind, absl::string_view subject) {
  MoveTimer(kind, subject, kNever);
  Delete(Table::kTimer, TimerKey(kind, subject));
}

void ScopeContext::RequestEffect(Effect effect) {
  Put(Table::kEffect, effect.id, EncodeEffectRow(EffectState::kRequested, effect));
  effects_.push_back(std::move(effect));
}

void ScopeContext::FinishEffect(absl::string_view id) { Delete(Table::kEffect, id); }

Rng ScopeContext::Random(uint64_t subject, absl::string_view salt) const {
  return Rng(HashCombine(Hash64(salt, subject), static_cast<uint64_t>(now_)));
}

void ScopeContext::Count(absl::string_view name, absl::string_view label, int64_t delta) {
  event_counts_.push_back({{std::string(name), std::string(label)}, delta});
}

void ScopeContext::BeginEvent(uint32_t hops) {
  hops_ = hops;
  undo_size_ = 0;
  moves_.clear();
  event_counts_.clear();
  emits_mark_ = emits_.size();
  effects_mark_ = effects_.size();
  limit_error_ = absl::OkStatus();
}

absl::Status ScopeContext::EndEvent(absl::Status handled) {
  if (handled.ok()) handled = std::move(limit_error_);
  if (!handled.ok()) {
    Rollback();
    return handled;
  }
  for (TimerMove& move : moves_) {
    if (move.from != kNever) timers_.Erase(move.from, move.key);
    if (move.to != kNever) timers_.Insert(move.to, std::move(move.key));
  }
  for (auto& [name, delta] : event_counts_) counts_[std::move(name)] += delta;
  return absl::OkStatus();
}

void ScopeContext::Rollback() {
  while (undo_size_ > 0) {
    Undo& undo = undo_[--undo_size_];
    if (undo.existed) {
      state_->Put(undo.table, undo.key, undo.value);
    } else {
      state_->Delete(undo.table, undo.key);
    }
  }
  emits_.resize(emits_mark_);
  effects_.resize(effects_mark_);
}

std::vector<Effect> ScopeContext::TakeEffects() {
  std::vector<Effect> effects = std::exchange(effects_, {});
  auto gone = [this](const Effect& e) { return !AwaitsOutcome(*state_, e.id, e.attempt); };
  effects.erase(std::remove_if(effects.begin(), effects.end(), gone), effects.end());
  return effects;
}

}  // namespace dangol
