#include "libs/stream/crash_guard.h"

#include "absl/strings/str_cat.h"

namespace dangol {
namespace {

constexpr absl::string_view kRow = "attempt";
constexpr uint64_t kNobody = 0, kEvent = 1, kTimers = 2;

}  // namespace

CrashGuard::CrashGuard(State* state, size_t careful_events, int attempts)
    : state_(state), careful_events_(careful_events) {
  const std::string* row = state->Get(Table::kMeta, kRow);
  if (row == nullptr) return;
  // Row: its cycle, attempt, kind of the named, topic, offset; 8 bytes each. If anything was
  // committed after it, the crash was elsewhere; offsets tell nothing, as gaps move them on.
  auto field = [bytes = *row](int i) { return DecodeKey(bytes.substr(8 * i, 8)); };
  if (field(0) != state->seal().cycle) return;
  attempt_ = static_cast<int>(field(1)) + 1;
  if (attempt_ > attempts) careful_left_ = careful_events_;
  if (attempt_ <= 2 * attempts) return;
  if (field(2) == kTimers) culprit_timers_ = true;
  if (field(2) == kEvent) culprit_ = {static_cast<Topic>(field(3)), field(4)};
}

void CrashGuard::Write(std::optional<Named> named, bool timers) {
  const uint64_t kind = named ? kEvent : timers ? kTimers : kNobody;
  state_->Put(Table::kMeta, kRow,
              absl::StrCat(EncodeKey(state_->seal().cycle + 1), EncodeKey(attempt_),
                           EncodeKey(kind), EncodeKey(named ? static_cast<int>(named->topic) : 0),
                           EncodeKey(named ? named->offset : 0)));
}

CrashGuard::Go CrashGuard::Ask(std::optional<Named> next) {
  if (phase_ == Phase::kClear) return Go::kFree;
  if (phase_ == Phase::kMarked) return careful() ? Go::kOne : Go::kFree;
  Write(careful() ? next : std::nullopt, careful() && !next);
  phase_ = Phase::kMarked;
  return Go::kMark;
}

void CrashGuard::Handled() {
  if (phase_ == Phase::kClear) return;
  state_->Delete(Table::kMeta, kRow);
  phase_ = careful() && --careful_left_ > 0 ? Phase::kFresh : Phase::kClear;
}

}  // namespace dangol
