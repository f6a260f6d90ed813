// Batch waves. A wave runs in each partition by itself: mark → chunks of selection → every contact
// final → WavePart to partition 0.
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "dangol/campaign/v1/command.pb.h"
#include "dangol/event/v1/customer.pb.h"
#include "libs/stream/emit.h"
#include "services/campaign/domain/selection.h"
#include "services/campaign/domain/state_machine.h"
#include "services/campaign/keys.h"
#include "services/campaign/selector.h"

namespace dangol::campaign {
namespace {

bool HasStarted(v1::CampaignState state) {
  return state == v1::CAMPAIGN_STATE_RUNNING || state == v1::CAMPAIGN_STATE_PAUSED;
}

bool HasWave(const v1::Campaign& campaign, absl::string_view name) {
  for (const v1::Wave& wave : campaign.trigger().batch().waves()) {
    if (wave.name() == name) return true;
  }
  return false;
}

// The next customers from `cursor` on, as bytes: they are parsed after the scan.
std::vector<std::pair<CustomerId, std::string>> NextCustomers(StateView& state, CustomerId cursor) {
  std::vector<std::pair<CustomerId, std::string>> rows;
  rows.reserve(Selector::kChunk);
  state.Scan(Table::kCustomer, EncodeKey(cursor),
             [&](absl::string_view key, absl::string_view value) {
               rows.emplace_back(DecodeKey(key), std::string(value));
               return static_cast<int>(rows.size()) < Selector::kChunk;
             });
  return rows;
}

}  // namespace

void Selector::OnWatermark(const event::v1::Watermark& mark, Context& ctx) {
  const std::vector<std::string> parts = absl::StrSplit(mark.subject(), '/');
  if (parts.size() != 4 || parts[0] != "campaigns" || parts[2] != "waves") return;
  const std::string key = WaveKey(parts[1], parts[3]);
  v1::WaveRecord record;
  if (Load(ctx, Table::kShared, key, &record) && record.wave_time_us() != 0) return;
  record.set_wave_time_us(mark.wave_time_us());
  StoreRecord(ctx, Table::kShared, key, record);
  const v1::Campaign* campaign = defs_.campaign(parts[1]);
  if (campaign != nullptr && HasStarted(campaign->state()) && HasWave(*campaign, parts[3])) {
    StartWave(*campaign, parts[3], ctx);
  }
}

void Selector::OnCampaign(const v1::Campaign& campaign, Context& ctx) {
  if (!HasStarted(campaign.state())) return;
  for (const v1::Wave& wave : campaign.trigger().batch().waves()) {
    StartWave(campaign, wave.name(), ctx);
  }
}

void Selector::StartWave(const v1::Campaign& campaign, const std::string& wave, Context& ctx) {
  const std::string key = WaveKey(campaign.name(), wave);
  v1::WaveRecord record;
  Load(ctx, Table::kShared, key, &record);
  if (record.wave_time_us() == 0 || record.started()) return;
  record.set_started(true);
  StoreRecord(ctx, Table::kShared, key, record);
  ctx.SetTimer({kWaveTimer, absl::StrCat(campaign.name(), "/", wave), ctx.now(), ""});
}

void Selector::OnWaveTimer(absl::string_view subject, Context& ctx) {
  const std::vector<std::string> parts = absl::StrSplit(subject, '/');
  const std::string key = WaveKey(parts[0], parts[1]);
  v1::WaveRecord record;
  if (!Load(ctx, Table::kShared, key, &record) || record.scan_done()) return;
  const v1::Campaign* campaign = defs_.campaign(parts[0]);
  std::vector<std::pair<CustomerId, std::string>> rows;
  if (campaign != nullptr && !IsFinal(campaign->state())) {
    rows = NextCustomers(ctx, record.cursor());
  }
  v1::CustomerRecord customer;
  for (const auto& [id, bytes] : rows) {
    if (!customer.ParseFromString(bytes)) continue;
    SelectCustomer(*campaign, parts[1], id, &customer, &record, ctx);
  }
  // Contacts made in this chunk have counted themselves into the stored record: take theirs.
  v1::WaveRecord stored;
  Load(ctx, Table::kShared, key, &stored);
  stored.set_assigned(record.assigned());
  if (static_cast<int>(rows.size()) < kChunk) {
    stored.set_scan_done(true);
  } else {
    stored.set_cursor(rows.back().first + 1);
    ctx.SetTimer({kWaveTimer, std::string(subject), ctx.now(), ""});
  }
  ReportIfDone(parts[0], parts[1], &stored, ctx);
  StoreRecord(ctx, Table::kShared, key, stored);
}

void Selector::SelectCustomer(const v1::Campaign& campaign, const std::string& wave, CustomerId id,
                              v1::CustomerRecord* customer, v1::WaveRecord* record, Context& ctx) {
  const Selection selection = Select(campaign, *customer, id, [&](absl::string_view segment) {
    return segments_.IsMember(*customer, segment);
  });
  if (selection.audience == nullptr) return;
  CountSelected(campaign, wave, *selection.audience, selection.excluded, ctx);
  if (selection.cell == nullptr) return;
  record->set_assigned(record->assigned() + 1);
  const Contacts::Plan plan{&campaign, selection.audience, selection.cell, wave,
                            wave,      ctx.now(),          ctx.hops(),     ""};
  if (contacts_.Make(plan, id, customer, ctx)) SaveCustomer(ctx, id, *customer);
}

void Selector::CountSelected(const v1::Campaign& campaign, const std::string& wave,
                             const v1::Audience& audience, const std::string& excluded,
                             Context& ctx) {
  const std::string key = CountKey(campaign.name(), wave, audience.name(), "");
  v1::CellCounts counts;
  Load(ctx, Table::kShared, key, &counts);
  counts.set_selected(counts.selected() + 1);
  if (!excluded.empty()) ++(*counts.mutable_excluded())[excluded];
  StoreRecord(ctx, Table::kShared, key, counts);
}

void Selector::OnOpen(absl::string_view campaign, absl::string_view wave, int64_t delta,
                      Context& ctx) {
  const std::string key = WaveKey(campaign, wave);
  v1::WaveRecord record;
  if (!Load(ctx, Table::kShared, key, &record)) return;  // triggered: no end to report
  record.set_open(record.open() + delta);
  ReportIfDone(std::string(campaign), std::string(wave), &record, ctx);
  StoreRecord(ctx, Table::kShared, key, record);
}

void Selector::ReportIfDone(const std::string& campaign, const std::string& wave,
                            v1::WaveRecord* record, Context& ctx) {
  if (!record->scan_done() || record->open() != 0 || record->reported()) return;
  record->set_reported(true);
  v1::Internal message;
  v1::WavePart* part = message.mutable_wave_part();
  part->set_campaign(campaign);
  part->set_wave(wave);
  part->set_partition(ctx.scope().partition);
  part->set_count(record->assigned());
  EmitInternal(ctx, 0, message.SerializeAsString());
}

}  // namespace dangol::campaign
