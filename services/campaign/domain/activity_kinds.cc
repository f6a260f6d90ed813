#include "services/campaign/domain/activity_kinds.h"

#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libs/base/status.h"

namespace dangol::campaign {
namespace {

using Names = std::vector<std::string>;

// As domain/selection.h's ActivityKind calls them; every other kind is a web event's name.
const Names& KnownKinds() {
  static const auto* names = new Names{"purchase", "return",    "visit",       "delivery",
                                       "inquiry",  "complaint", "point_entry", "survey_answer"};
  return *names;
}

// The fields of every activity that response can compare.
const Names& KnownFields() {
  static const auto* names = new Names{"store", "channel", "source", "treatment_code"};
  return *names;
}

bool Has(const Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

absl::Status CheckMetric(const std::string& path, const v1::Metric& metric) {
  const std::string& kind = metric.activity_kind();
  if (kind == "return") {
    return BadField(path + ".activity_kind", kind, "is not measured by itself",
                    "measure purchase: returns come off its SUM");
  }
  if (!Has(KnownKinds(), kind) || kind == "purchase" || kind == "visit") return absl::OkStatus();
  return BadField(path + ".activity_kind", kind, "is not measured",
                  "give purchase, visit or a web event's name");
}

absl::Status CheckAmount(const std::string& path, const v1::Metric& metric) {
  if (metric.measure() != v1::METRIC_MEASURE_SUM || metric.activity_kind() == "purchase") {
    return absl::OkStatus();
  }
  return BadField(path + ".measure", "SUM",
                  absl::StrCat("adds up amounts, and ", metric.activity_kind(), " has none"),
                  "measure purchase, or give SHARE or COUNT");
}

absl::Status CheckWhere(const std::string& path, const v1::Metric& metric) {
  if (!Has(KnownKinds(), metric.activity_kind())) return absl::OkStatus();  // any property
  for (const auto& [field, value] :
       std::map<std::string, std::string>(metric.where().begin(), metric.where().end())) {
    if (Has(KnownFields(), field)) continue;
    const std::string near = Nearest(field, KnownFields());
    return BadField(absl::StrCat(path, ".where[", field, "]"), field,
                    absl::StrCat("is no field of a ", metric.activity_kind()),
                    near.empty() ? absl::StrCat("use ", absl::StrJoin(KnownFields(), ", "))
                                 : absl::StrCat("did you mean ", Quote(near), "?"));
  }
  return absl::OkStatus();
}

// A web event's kind or property that is nearly a known name.
void WarnIfNear(const std::string& where, const std::string& name, const Names& known,
                Names* warnings) {
  const std::string near = Has(known, name) ? "" : Nearest(name, known);
  if (near.empty()) return;
  warnings->push_back(absl::StrCat(where, ": ", Quote(name),
                                   " is taken as a web event's; did you mean ", Quote(near), "?"));
}

}  // namespace

absl::Status CheckActivityUse(const v1::Campaign& campaign) {
  const v1::ActivityTrigger& trigger = campaign.trigger().activity();
  if (trigger.min_net_minor() > 0 && trigger.activity_kind() != "purchase") {
    return BadField("campaign.trigger.activity.min_net_minor",
                    absl::StrCat(trigger.min_net_minor()),
                    absl::StrCat("is an amount, and ", trigger.activity_kind(), " has none"),
                    "leave it out, or trigger on purchase");
  }
  for (int i = 0; i < campaign.metrics_size(); ++i) {
    const std::string path = absl::StrCat("campaign.metrics[", i, "]");
    const v1::Metric& metric = campaign.metrics(i);
    DANGOL_RETURN_IF_ERROR(CheckMetric(path, metric));
    DANGOL_RETURN_IF_ERROR(CheckAmount(path, metric));
    DANGOL_RETURN_IF_ERROR(CheckWhere(path, metric));
  }
  return absl::OkStatus();
}

std::vector<std::string> ActivityWarnings(const v1::Campaign& campaign) {
  Names warnings;
  if (campaign.trigger().has_activity()) {
    WarnIfNear("campaign.trigger.activity.activity_kind",
               campaign.trigger().activity().activity_kind(), KnownKinds(), &warnings);
  }
  for (int i = 0; i < campaign.metrics_size(); ++i) {
    const v1::Metric& metric = campaign.metrics(i);
    const std::string path = absl::StrCat("campaign.metrics[", i, "]");
    WarnIfNear(path + ".activity_kind", metric.activity_kind(), KnownKinds(), &warnings);
    for (const auto& [field, value] :
         std::map<std::string, std::string>(metric.where().begin(), metric.where().end())) {
      WarnIfNear(path + ".where", field, KnownFields(), &warnings);
    }
  }
  return warnings;
}

}  // namespace dangol::campaign
