#include "services/campaign/reports.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "services/campaign/commands.h"
#include "services/campaign/domain/contact_id.h"
#include "services/campaign/domain/waterfall.h"
#include "services/campaign/keys.h"
#include "services/campaign/records.h"

namespace dangol::campaign {
namespace {

void AddWave(const v1::Campaign& campaign, const std::string& name, uint32_t partitions,
             v1::Progress* progress) {
  v1::WaveProgress* wave = progress->add_waves();
  wave->set_wave(name);
  wave->set_partitions(static_cast<int32_t>(partitions));
  wave->mutable_total();
  for (const v1::Audience& a : campaign.audiences()) {
    v1::AudienceProgress* audience = wave->add_audiences();
    audience->set_audience(a.name());
    audience->mutable_total();
    for (const v1::Cell& c : a.cells()) {
      v1::CellProgress* cell = audience->add_cells();
      cell->set_cell(c.name());
      cell->set_is_control(c.is_control());
      cell->mutable_waterfall();
    }
  }
}

void AddScope(StateView& state, const std::string& campaign, const std::string& wave,
              v1::AudienceProgress* audience) {
  v1::CellCounts counts;
  if (Load(state, Table::kShared, CountKey(campaign, wave, audience->audience(), ""), &counts)) {
    AddCounts(counts, audience->mutable_total());
  }
  for (v1::CellProgress& cell : *audience->mutable_cells()) {
    const std::string key = CountKey(campaign, wave, audience->audience(), cell.cell());
    if (!Load(state, Table::kShared, key, &counts)) continue;
    AddCounts(counts, audience->mutable_total());
    v1::Waterfall here;
    AddCounts(counts, &here);
    CloseCell(&here);
    AddWaterfall(here, cell.mutable_waterfall());
  }
}

void AddAudience(const v1::AudienceProgress& part, v1::AudienceProgress* audience) {
  AddWaterfall(part.total(), audience->mutable_total());
  for (int c = 0; c < audience->cells_size(); ++c) {
    AddWaterfall(part.cells(c).waterfall(), audience->mutable_cells(c)->mutable_waterfall());
  }
}

}  // namespace

absl::StatusOr<v1::Progress> EmptyProgress(const v1::Campaign& campaign, const std::string& wave,
                                           uint32_t partitions) {
  v1::Progress progress;
  progress.set_campaign(campaign.name());
  progress.set_state(campaign.state());
  progress.mutable_total();
  std::vector<std::string> names;
  for (const v1::Wave& w : campaign.trigger().batch().waves()) names.push_back(w.name());
  if (!campaign.trigger().has_batch()) names.push_back("trigger");
  for (const std::string& name : names) {
    if (wave.empty() || wave == name) AddWave(campaign, name, partitions, &progress);
  }
  if (progress.waves().empty()) return NotFound("wave", wave);
  return progress;
}

void AddPartition(StateView& state, v1::Progress* progress) {
  progress->set_as_of_time_us(std::max(progress->as_of_time_us(), state.now()));
  for (v1::WaveProgress& wave : *progress->mutable_waves()) {
    v1::WaveRecord record;
    Load(state, Table::kShared, WaveKey(progress->campaign(), wave.wave()), &record);
    if (record.reported()) wave.set_partitions_done(wave.partitions_done() + 1);
    for (v1::AudienceProgress& audience : *wave.mutable_audiences()) {
      AddScope(state, progress->campaign(), wave.wave(), &audience);
    }
  }
}

void AddProgress(const v1::Progress& partition, v1::Progress* progress) {
  progress->set_as_of_time_us(std::max(progress->as_of_time_us(), partition.as_of_time_us()));
  for (int w = 0; w < progress->waves_size(); ++w) {
    const v1::WaveProgress& part = partition.waves(w);
    v1::WaveProgress* wave = progress->mutable_waves(w);
    wave->set_partitions_done(wave->partitions_done() + part.partitions_done());
    for (int a = 0; a < wave->audiences_size(); ++a) {
      AddAudience(part.audiences(a), wave->mutable_audiences(a));
    }
  }
}

void FinishProgress(const v1::Campaign& campaign, v1::Progress* progress) {
  const bool ended = campaign.state() == v1::CAMPAIGN_STATE_FINISHED ||
                     campaign.state() == v1::CAMPAIGN_STATE_CANCELLED;
  for (v1::WaveProgress& wave : *progress->mutable_waves()) {
    for (const v1::AudienceProgress& audience : wave.audiences()) {
      AddWaterfall(audience.total(), wave.mutable_total());
    }
    AddWaterfall(wave.total(), progress->mutable_total());
    const bool nothing_open = wave.total().pending() == 0 && wave.total().in_flight() == 0;
    wave.set_done(nothing_open && (ended || wave.partitions_done() == wave.partitions()));
  }
}

std::vector<v1::Contact> ContactsOfCampaign(StateView& state, const std::string& campaign,
                                            const std::string& cursor, int limit) {
  std::vector<v1::Contact> contacts;
  const std::string prefix = ContactKey(RawPrefixOfCampaign(campaign));
  const std::string from = cursor.empty() ? prefix : ContactKey(cursor) + '\0';
  state.Scan(Table::kIndex, from, [&](absl::string_view key, absl::string_view value) {
    if (!absl::StartsWith(key, prefix) || static_cast<int>(contacts.size()) >= limit) return false;
    v1::ContactRecord record;
    if (record.ParseFromArray(value.data(), static_cast<int>(value.size())) &&
        record.campaign() == campaign) {
      contacts.push_back(ToContact(ContactIdOfRaw(key.substr(1)), record));
    }
    return true;
  });
  return contacts;
}

std::vector<v1::Contact> ContactsOfCustomer(StateView& state, CustomerId id,
                                            const std::string& cursor, int limit) {
  std::vector<v1::Contact> contacts;
  for (const std::string& raw :
       KeysUnder(state, Table::kIndex, HistoryKey(id, ""), cursor, static_cast<size_t>(limit))) {
    v1::ContactRecord record;
    if (Load(state, Table::kIndex, ContactKey(raw), &record)) {
      contacts.push_back(ToContact(ContactIdOfRaw(raw), record));
    }
  }
  return contacts;
}

}  // namespace dangol::campaign
