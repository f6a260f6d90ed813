// Going through many contacts in chunks: after a resume, after a cancel.
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/campaign/contacts.h"
#include "services/campaign/domain/contact_id.h"
#include "services/campaign/domain/waterfall.h"
#include "services/campaign/keys.h"

namespace dangol::campaign {
namespace {

// Up to `limit` keys with `prefix` from `from` on, without the prefix's first `strip` bytes.
std::vector<std::string> Keys(StateView& state, Table table, const std::string& prefix,
                              const std::string& from, size_t strip, int limit) {
  std::vector<std::string> keys;
  state.Scan(table, std::max(prefix, from), [&](absl::string_view key, absl::string_view) {
    if (!absl::StartsWith(key, prefix)) return false;
    keys.emplace_back(key.substr(strip));
    return static_cast<int>(keys.size()) < limit;
  });
  return keys;
}

}  // namespace

void Contacts::Unpark(absl::string_view prefix, absl::string_view cursor, Context& ctx) {
  const std::vector<std::string> ids = Keys(ctx, Table::kShared, ParkKey(prefix), ParkKey(cursor),
                                            ParkKey("").size(), limits_.sweep_chunk);
  for (const std::string& raw : ids) {
    ctx.Delete(Table::kShared, ParkKey(raw));
    With(raw, ctx, [&](Open* open) {
      if (open->record.stage() == v1::CONTACT_STAGE_PARKED) Evaluate(open, false, ctx);
    });
  }
  if (static_cast<int>(ids.size()) < limits_.sweep_chunk) return;
  // The byte after the last: what was parked again behind it waits for the next resume.
  ctx.SetTimer({kUnparkTimer, std::string(prefix), ctx.now(), absl::StrCat(ids.back(), "!")});
}

void Contacts::Sweep(absl::string_view campaign, absl::string_view cursor, Context& ctx) {
  const std::vector<std::string> ids =
      Keys(ctx, Table::kIndex, ContactKey(RawPrefixOfCampaign(campaign)), ContactKey(cursor), 1,
           limits_.sweep_chunk);
  for (const std::string& raw : ids) {
    With(raw, ctx, [&](Open* open) {
      const v1::ContactStage stage = open->record.stage();
      if (open->record.campaign() != campaign || IsTerminal(stage)) return;
      if (stage == v1::CONTACT_STAGE_ATTEMPTING) return;  // its outcome ends it
      Act(open, {Verdict::kSuppress, "CANCELLED", 0, {}}, false, ctx);
    });
  }
  if (static_cast<int>(ids.size()) < limits_.sweep_chunk) return;
  ctx.SetTimer({kSweepTimer, std::string(campaign), ctx.now(), absl::StrCat(ids.back(), "!")});
}

}  // namespace dangol::campaign
