// The runtime's own rows: timers, effects, outcomes by request id, statuses.
#include "libs/base/status.h"
#include "libs/stream/effect_ledger.h"
#include "libs/stream/outcomes.h"
#include "libs/stream/testing/fake_context.h"
#include "libs/stream/timer_queue.h"
#include "tests/fuzz/fuzz.h"

DANGOL_FUZZ_TARGET(runtime_rows) {
  using namespace dangol;  // NOLINT
  const auto [which, bytes] = fuzz::Choose(data);
  switch (which % 4) {
    case 0: {
      const EffectRow row = DecodeEffectRow("id", bytes);
      FUZZ_CHECK(row.effect.channel.size() + row.effect.payload.size() <= bytes.size());
      return;
    }
    case 1: {
      const absl::string_view key = bytes.substr(0, bytes.size() / 2);
      const Timer timer = DecodeTimer(key, bytes.substr(key.size()));
      FUZZ_CHECK(timer.data.size() <= bytes.size());
      return;
    }
    case 2: {
      FakeContext ctx({Service::kProfile, 0});
      ctx.Put(Table::kShared, "outcome/r", std::string(bytes));
      (void)StoredOutcome(ctx, Caller{"p", {}, "r"}, 1);
      PurgeOutcomes(ctx, kMicrosPerDay);
      return;
    }
    default:
      (void)DecodeStatus(bytes);
  }
}
