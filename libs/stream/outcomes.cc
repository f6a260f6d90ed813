#include "libs/stream/outcomes.h"

#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "libs/base/hash.h"
#include "libs/base/status.h"
#include "libs/stream/timer_queue.h"

namespace dangol {
namespace {

constexpr absl::string_view kPrefix = "outcome/";
// Hash, time, and whether it is an answer or an error.
constexpr size_t kHeaderBytes = 17;
// Rows deleted by one firing, so that a cycle stays short.
constexpr size_t kPurgeBatch = 1000;

// Row: command hash (8), time (8), '1' + answer or '0' + encoded status.
std::string EncodeOutcome(uint64_t hash, Micros time, const absl::StatusOr<std::string>& outcome) {
  return absl::StrCat(EncodeKey(hash), EncodeKey(static_cast<uint64_t>(time)),
                      outcome.ok() ? "1" : "0",
                      outcome.ok() ? *outcome : EncodeStatus(outcome.status()));
}

absl::StatusOr<std::string> DecodeOutcome(absl::string_view row) {
  if (row.size() < kHeaderBytes) return absl::DataLossError("an outcome is cut short");
  const absl::string_view rest = row.substr(kHeaderBytes);
  if (row[16] == '1') return std::string(rest);
  return DecodeStatus(rest);
}

Micros TimeOfOutcome(absl::string_view row) {
  return row.size() < kHeaderBytes ? 0 : static_cast<Micros>(DecodeKey(row.substr(8, 8)));
}

bool IsAnonymous(const Caller& caller) {
  return caller.request_id.empty() || caller.request_id[0] == kAnonymousRequestPrefix;
}

}  // namespace

uint64_t CommandHash(absl::string_view principal, absl::string_view body) {
  return HashCombine(Hash64(body), Hash64(principal));
}

std::optional<absl::StatusOr<std::string>> StoredOutcome(StateView& state, const Caller& caller,
                                                         uint64_t command_hash) {
  if (IsAnonymous(caller)) return std::nullopt;
  const std::string* row = state.Get(Table::kShared, absl::StrCat(kPrefix, caller.request_id));
  if (row == nullptr) return std::nullopt;
  if (row->size() < kHeaderBytes) return DecodeOutcome(*row);
  if (DecodeKey(absl::string_view(*row).substr(0, 8)) == command_hash) return DecodeOutcome(*row);
  return absl::StatusOr<std::string>(Precondition(
      "REQUEST_ID_REUSED",
      absl::StrCat("request_id ", Quote(caller.request_id),
                   " was used for another request; use a fresh one for each request")));
}

void StoreOutcome(Context& ctx, const Caller& caller, uint64_t command_hash,
                  const absl::StatusOr<std::string>& outcome, Micros retention) {
  if (IsAnonymous(caller)) return;
  ctx.Put(Table::kShared, absl::StrCat(kPrefix, caller.request_id),
          EncodeOutcome(command_hash, ctx.now(), outcome));
  if (ctx.Get(Table::kTimer, TimerKey(kPurgeOutcomesTimer, "")) == nullptr) {
    ctx.SetTimer({kPurgeOutcomesTimer, "", ctx.now() + retention, ""});
  }
}

void PurgeOutcomes(Context& ctx, Micros retention) {
  std::vector<std::string> old;
  bool more = false;
  ctx.Scan(Table::kShared, kPrefix, [&](absl::string_view key, absl::string_view row) {
    if (!absl::StartsWith(key, kPrefix)) return false;
    if (TimeOfOutcome(row) > ctx.now() - retention || old.size() == kPurgeBatch) {
      more = true;
    } else {
      old.emplace_back(key);
    }
    return old.size() < kPurgeBatch || !more;
  });
  for (const std::string& key : old) ctx.Delete(Table::kShared, key);
  if (!more) return;
  const Micros wait = old.size() == kPurgeBatch ? 0 : kMicrosPerHour;
  ctx.SetTimer({kPurgeOutcomesTimer, "", ctx.now() + wait, ""});
}

}  // namespace dangol
