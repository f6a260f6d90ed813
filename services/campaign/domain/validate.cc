#include "services/campaign/domain/validate.h"

#include <algorithm>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "libs/base/names.h"
#include "libs/base/status.h"
#include "services/campaign/domain/activity_kinds.h"
#include "services/campaign/domain/cells.h"
#include "services/campaign/domain/customer_ref.h"

namespace dangol::campaign {
namespace {

using Path = std::string;

Path At(absl::string_view path, int index) { return absl::StrCat(path, "[", index, "]"); }
Path Dot(absl::string_view path, absl::string_view field) { return absl::StrCat(path, ".", field); }

absl::Status CheckUnique(const Path& path, const std::string& name, std::set<std::string>* seen) {
  DANGOL_RETURN_IF_ERROR(CheckResourceName(path, name));
  if (seen->insert(name).second) return absl::OkStatus();
  return BadField(path, name, "is used twice", "give each its own name");
}

absl::Status CheckSet(const Path& path, absl::string_view value, absl::string_view fix) {
  return value.empty() ? BadField(path, value, "is missing", fix) : absl::OkStatus();
}

absl::Status CheckNotNegative(const Path& path, int64_t value) {
  if (value >= 0) return absl::OkStatus();
  return BadField(path, absl::StrCat(value), "is negative", "give 0 or more");
}

absl::Status CheckPositive(const Path& path, int64_t value) {
  if (value > 0) return absl::OkStatus();
  return BadField(path, absl::StrCat(value), "is not positive", "give more than 0");
}

absl::Status CheckBatch(const v1::BatchTrigger& batch) {
  const Path path = "campaign.trigger.batch.waves";
  if (batch.waves().empty()) return BadField(path, "", "is empty", "give at least one wave");
  std::set<std::string> seen = {"trigger", "proof"};  // reserved
  for (int i = 0; i < batch.waves_size(); ++i) {
    const v1::Wave& wave = batch.waves(i);
    DANGOL_RETURN_IF_ERROR(CheckUnique(Dot(At(path, i), "name"), wave.name(), &seen));
    const Path time = Dot(At(path, i), "start_time_us");
    DANGOL_RETURN_IF_ERROR(CheckNotNegative(time, wave.start_time_us()));
    if (i > 0 && wave.start_time_us() < batch.waves(i - 1).start_time_us()) {
      return BadField(time, absl::StrCat(wave.start_time_us()), "is before the wave above",
                      "list waves in order of time");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckTrigger(const v1::Trigger& trigger) {
  switch (trigger.kind_case()) {
    case v1::Trigger::kBatch:
      return CheckBatch(trigger.batch());
    case v1::Trigger::kActivity: {
      const Path path = "campaign.trigger.activity";
      const v1::ActivityTrigger& a = trigger.activity();
      DANGOL_RETURN_IF_ERROR(CheckSet(Dot(path, "activity_kind"), a.activity_kind(),
                                      "give purchase, return, visit or a web event's name"));
      DANGOL_RETURN_IF_ERROR(CheckNotNegative(Dot(path, "delay_us"), a.delay_us()));
      DANGOL_RETURN_IF_ERROR(CheckNotNegative(Dot(path, "min_net_minor"), a.min_net_minor()));
      return CheckNotNegative(Dot(path, "fresh_within_us"), a.fresh_within_us());
    }
    case v1::Trigger::kSegment:
      DANGOL_RETURN_IF_ERROR(CheckSet("campaign.trigger.segment.segment",
                                      trigger.segment().segment(), "name a segment"));
      return CheckNotNegative("campaign.trigger.segment.delay_us", trigger.segment().delay_us());
    case v1::Trigger::KIND_NOT_SET:
      break;
  }
  return BadField("campaign.trigger", "", "is missing", "give batch, activity or segment");
}

absl::Status CheckCell(const Path& path, const v1::Cell& cell, bool by_list) {
  if (cell.share_bp() < 0 || cell.share_bp() > 10'000 || (cell.share_bp() == 0 && !by_list)) {
    return BadField(Dot(path, "share_bp"), absl::StrCat(cell.share_bp()), "is no share",
                    "give 1 to 10,000 basis points");
  }
  if (cell.is_control()) {
    if (cell.offers().empty()) return absl::OkStatus();
    return BadField(Dot(path, "offers"), cell.offers(0), "is on a control cell",
                    "leave it out: twins are decided with the offers of the first treated cell");
  }
  DANGOL_RETURN_IF_ERROR(CheckSet(Dot(path, "channel"), cell.channel(), "name a channel"));
  std::set<std::string> seen;
  for (int i = 0; i < cell.offers_size(); ++i) {
    DANGOL_RETURN_IF_ERROR(CheckUnique(At(Dot(path, "offers"), i), cell.offers(i), &seen));
  }
  return absl::OkStatus();
}

absl::Status CheckCells(const Path& path, const v1::Audience& audience, bool by_list,
                        std::set<std::string>* cell_names) {
  if (audience.cells().empty()) return BadField(path, "", "is empty", "give at least one cell");
  int64_t shares = 0;
  int controls = 0;
  for (int i = 0; i < audience.cells_size(); ++i) {
    const v1::Cell& cell = audience.cells(i);
    DANGOL_RETURN_IF_ERROR(CheckUnique(Dot(At(path, i), "name"), cell.name(), cell_names));
    DANGOL_RETURN_IF_ERROR(CheckCell(At(path, i), cell, by_list));
    shares += cell.share_bp();
    controls += cell.is_control();
  }
  if (shares != 10'000 && !by_list) {
    return BadField(path, absl::StrCat(shares), "is the sum of the shares",
                    "make share_bp add up to 10000");
  }
  if (controls > 1 || (controls == 0 && !by_list)) {
    return BadField(path, absl::StrCat(controls), "control cells in one audience",
                    "mark exactly one cell is_control: without it nothing can be measured");
  }
  if (FirstTreated(audience) == nullptr) {
    return BadField(path, audience.cells(0).name(), "is control, and no other cell is treated",
                    "add a cell that is contacted");
  }
  return absl::OkStatus();
}

absl::Status CheckAudiences(const v1::Campaign& campaign) {
  const Path path = "campaign.audiences";
  if (campaign.audiences().empty()) {
    return BadField(path, "", "is empty", "give at least one audience");
  }
  std::set<std::string> names, cell_names;
  for (int i = 0; i < campaign.audiences_size(); ++i) {
    const v1::Audience& audience = campaign.audiences(i);
    DANGOL_RETURN_IF_ERROR(CheckUnique(Dot(At(path, i), "name"), audience.name(), &names));
    DANGOL_RETURN_IF_ERROR(CheckCells(Dot(At(path, i), "cells"), audience,
                                      campaign.assignment().has_list(), &cell_names));
  }
  return absl::OkStatus();
}

// What the sample-ratio check compares the cells' sizes with must be said: equal sizes are a guess.
absl::Status CheckExpectation(const Path& path, const v1::Campaign& campaign) {
  const auto& counts = campaign.assignment().list().expected_counts();
  for (const v1::Audience& audience : campaign.audiences()) {
    for (const v1::Cell& cell : audience.cells()) {
      if (counts.empty() ? cell.share_bp() > 0 : counts.contains(cell.name())) continue;
      return BadField(path, counts.empty() ? "" : cell.name(),
                      counts.empty()
                          ? absl::StrCat("is missing, and cell ", cell.name(), " has no share_bp")
                          : std::string("is a cell without an expected count"),
                      "give expected_counts of every cell, or none and share_bp of every cell");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckAssignment(const v1::Campaign& campaign) {
  if (!campaign.assignment().has_list()) {
    return CheckNotNegative("campaign.assignment.hash.salt_version",
                            campaign.assignment().hash().salt_version());
  }
  const v1::ListAssignment& list = campaign.assignment().list();
  const Path path = "campaign.assignment.list";
  bool hex = list.sha256().size() == 64;
  for (char c : list.sha256()) hex = hex && (absl::ascii_isdigit(c) || (c >= 'a' && c <= 'f'));
  if (!hex) {
    return BadField(Dot(path, "sha256"), list.sha256(), "is no SHA-256",
                    "give 64 lower-case hex digits of the list's lines");
  }
  for (const auto& [cell, count] : list.expected_counts()) {
    const Path entry = absl::StrCat(path, ".expected_counts[", cell, "]");
    bool found = false;
    for (const v1::Audience& a : campaign.audiences()) found |= FindCell(a, cell) != nullptr;
    if (!found) return BadField(entry, cell, "is no cell of the campaign", "name one of its cells");
    DANGOL_RETURN_IF_ERROR(CheckPositive(entry, count));
  }
  return CheckExpectation(Dot(path, "expected_counts"), campaign);
}

absl::Status CheckMetrics(const v1::Campaign& campaign) {
  std::set<std::string> names;
  for (int i = 0; i < campaign.metrics_size(); ++i) {
    const v1::Metric& metric = campaign.metrics(i);
    const Path path = At("campaign.metrics", i);
    DANGOL_RETURN_IF_ERROR(CheckSet(Dot(path, "name"), metric.name(), "give a name"));
    if (!names.insert(metric.name()).second) {
      return BadField(Dot(path, "name"), metric.name(), "is used twice", "give each its own name");
    }
    DANGOL_RETURN_IF_ERROR(CheckSet(Dot(path, "activity_kind"), metric.activity_kind(),
                                    "give purchase, visit or a web event's name"));
    if (metric.measure() == v1::METRIC_MEASURE_UNSPECIFIED) {
      return BadField(Dot(path, "measure"), "", "is missing", "give SHARE, COUNT or SUM");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckRest(const v1::Campaign& campaign) {
  DANGOL_RETURN_IF_ERROR(
      CheckPositive("campaign.response_window_us", campaign.response_window_us()));
  DANGOL_RETURN_IF_ERROR(CheckNotNegative("campaign.send_within_us", campaign.send_within_us()));
  using namespace profile::v1;  // NOLINT: the purposes
  if (campaign.purpose() != CONSENT_PURPOSE_MARKETING &&
      campaign.purpose() != CONSENT_PURPOSE_NIGHT_MARKETING &&
      campaign.purpose() != CONSENT_PURPOSE_SERVICE) {
    return BadField("campaign.purpose", ConsentPurpose_Name(campaign.purpose()),
                    "is no purpose of a contact", "give MARKETING, NIGHT_MARKETING or SERVICE");
  }
  for (int i = 0; i < campaign.seed_list_size(); ++i) {
    absl::Status seed = ParseRef(At("campaign.seed_list", i), campaign.seed_list(i)).status();
    if (!seed.ok()) return seed;
  }
  for (int i = 0; i < campaign.freshness_size(); ++i) {
    const Path path = At("campaign.freshness", i);
    DANGOL_RETURN_IF_ERROR(
        CheckSet(Dot(path, "source"), campaign.freshness(i).source(), "name a feed"));
    DANGOL_RETURN_IF_ERROR(
        CheckPositive(Dot(path, "max_age_us"), campaign.freshness(i).max_age_us()));
  }
  return absl::OkStatus();
}

absl::Status CheckKnown(const Path& path, const std::string& kind, const std::string& name,
                        const std::vector<std::string>& known) {
  if (std::find(known.begin(), known.end(), name) != known.end()) return absl::OkStatus();
  const std::string near = Nearest(name, known);
  absl::Status bad = BadField(path, name, absl::StrCat("is no known ", kind),
                              near.empty() ? absl::StrCat("apply the ", kind, " first")
                                           : absl::StrCat("did you mean ", Quote(near), "?"));
  ErrorDetail detail = DetailOf(bad);
  detail.reason = "UNKNOWN_NAME";
  return WithDetail(std::move(bad), std::move(detail));
}

absl::Status CheckCellNames(const Path& path, const v1::Cell& cell, const KnownNames& known) {
  if (!cell.channel().empty()) {
    DANGOL_RETURN_IF_ERROR(
        CheckKnown(Dot(path, "channel"), "channel", cell.channel(), known.channels));
  }
  for (int i = 0; i < cell.offers_size(); ++i) {
    DANGOL_RETURN_IF_ERROR(
        CheckKnown(At(Dot(path, "offers"), i), "offer", cell.offers(i), known.offers));
  }
  return absl::OkStatus();
}

}  // namespace

void Normalise(v1::Campaign* campaign) {
  if (campaign->purpose() == profile::v1::CONSENT_PURPOSE_UNSPECIFIED) {
    campaign->set_purpose(profile::v1::CONSENT_PURPOSE_MARKETING);
  }
  if (campaign->assignment().kind_case() == v1::Assignment::KIND_NOT_SET) {
    campaign->mutable_assignment()->mutable_hash();
  }
}

absl::Status ValidateCampaign(const v1::Campaign& campaign) {
  DANGOL_RETURN_IF_ERROR(CheckResourceName("campaign.name", campaign.name()));
  DANGOL_RETURN_IF_ERROR(
      CheckSet("campaign.business_unit", campaign.business_unit(), "name a business unit"));
  DANGOL_RETURN_IF_ERROR(CheckTrigger(campaign.trigger()));
  DANGOL_RETURN_IF_ERROR(CheckAudiences(campaign));
  DANGOL_RETURN_IF_ERROR(CheckAssignment(campaign));
  DANGOL_RETURN_IF_ERROR(CheckMetrics(campaign));
  DANGOL_RETURN_IF_ERROR(CheckActivityUse(campaign));
  return CheckRest(campaign);
}

absl::Status ValidateNames(const v1::Campaign& campaign, const KnownNames& known) {
  DANGOL_RETURN_IF_ERROR(CheckKnown("campaign.business_unit", "business unit",
                                    campaign.business_unit(), known.business_units));
  if (campaign.trigger().has_segment()) {
    DANGOL_RETURN_IF_ERROR(CheckKnown("campaign.trigger.segment.segment", "segment",
                                      campaign.trigger().segment().segment(), known.segments));
  }
  for (int i = 0; i < campaign.audiences_size(); ++i) {
    const v1::Audience& audience = campaign.audiences(i);
    const Path path = At("campaign.audiences", i);
    if (!audience.segment().empty()) {
      DANGOL_RETURN_IF_ERROR(
          CheckKnown(Dot(path, "segment"), "segment", audience.segment(), known.segments));
    }
    for (int j = 0; j < audience.excluded_segments_size(); ++j) {
      DANGOL_RETURN_IF_ERROR(CheckKnown(At(Dot(path, "excluded_segments"), j), "segment",
                                        audience.excluded_segments(j), known.segments));
    }
    for (int j = 0; j < audience.cells_size(); ++j) {
      DANGOL_RETURN_IF_ERROR(CheckCellNames(At(Dot(path, "cells"), j), audience.cells(j), known));
    }
  }
  return absl::OkStatus();
}

absl::Status ValidateChannel(const v1::Channel& channel) {
  DANGOL_RETURN_IF_ERROR(CheckResourceName("channel.name", channel.name()));
  DANGOL_RETURN_IF_ERROR(CheckSet("channel.consent_channel", channel.consent_channel(),
                                  "name what the customer consents to, e.g. email"));
  DANGOL_RETURN_IF_ERROR(CheckNotNegative("channel.cost_micros", channel.cost_micros()));
  if (channel.has_webhook()) {
    const v1::WebhookChannel& hook = channel.webhook();
    if (!absl::StartsWith(hook.url(), "http://") && !absl::StartsWith(hook.url(), "https://")) {
      return BadField("channel.webhook.url", hook.url(), "is no web address",
                      "begin with https:// or http://");
    }
    DANGOL_RETURN_IF_ERROR(CheckNotNegative("channel.webhook.timeout_us", hook.timeout_us()));
    return CheckNotNegative("channel.webhook.max_in_flight", hook.max_in_flight());
  }
  if (!channel.has_file_drop()) {
    return BadField("channel", channel.name(), "has no kind", "give webhook or file_drop");
  }
  const std::string& directory = channel.file_drop().directory();
  for (absl::string_view part : absl::StrSplit(directory, '/')) {
    bool good = !part.empty() && part[0] != '.';
    for (char c : part) good = good && (absl::ascii_isalnum(c) || c == '-' || c == '_' || c == '.');
    if (!good) {
      return BadField("channel.file_drop.directory", directory, "may leave the drop root",
                      "use names of letters, digits, '-' and '_' separated by '/'");
    }
  }
  return absl::OkStatus();
}

absl::Status ValidateContactPolicy(const v1::ContactPolicy& policy) {
  DANGOL_RETURN_IF_ERROR(CheckResourceName("contact_policy.name", policy.name()));
  DANGOL_RETURN_IF_ERROR(
      CheckSet("contact_policy.business_unit", policy.business_unit(), "name a business unit"));
  for (int i = 0; i < policy.caps_size(); ++i) {
    const Path path = At("contact_policy.caps", i);
    DANGOL_RETURN_IF_ERROR(CheckNotNegative(Dot(path, "count"), policy.caps(i).count()));
    DANGOL_RETURN_IF_ERROR(CheckPositive(Dot(path, "window_us"), policy.caps(i).window_us()));
  }
  return absl::OkStatus();
}

}  // namespace dangol::campaign
