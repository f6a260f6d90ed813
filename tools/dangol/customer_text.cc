#include "tools/dangol/customer_text.h"

#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "dangol/campaign/v1/campaign_service.pb.h"
#include "dangol/event/v1/contact.pb.h"
#include "dangol/profile/v1/profile_service.pb.h"
#include "dangol/segmentation/v1/segmentation_service.pb.h"
#include "libs/config/currency.h"
#include "tools/dangol/text.h"

namespace dangol::cli {
namespace {

std::string TraitText(const profile::v1::TraitValue& value) {
  switch (value.value_case()) {
    case profile::v1::TraitValue::kText:
      return value.text();
    case profile::v1::TraitValue::kNumber:
      return absl::StrCat(value.number());
    case profile::v1::TraitValue::kFlag:
      return value.flag() ? "yes" : "no";
    case profile::v1::TraitValue::kTimeUs:
      return TimeText(value.time_us());
    default:
      return "";
  }
}

std::string Money(int64_t minor, const std::string& currency) {
  return absl::StrCat(config::FormatAmount(minor, currency), " ", currency);
}

void AddChecks(std::string* out,
               const google::protobuf::RepeatedPtrField<campaign::v1::Check>& checks) {
  for (const auto& check : checks) {
    absl::StrAppend(out, check.passed() ? "  ok    " : "  FAIL  ", check.name());
    if (!check.value().empty()) absl::StrAppend(out, ": ", check.value());
    absl::StrAppend(out, "\n");
  }
}

}  // namespace

std::string CustomerText(const profile::v1::Customer& customer) {
  std::string out =
      absl::StrCat(customer.name(), customer.registered() ? "" : " (anonymous)", ", first seen ",
                   TimeText(customer.first_seen_time_us()), ", last activity ",
                   TimeText(customer.last_activity_time_us()), "\n");
  if (customer.restriction().do_not_serve()) {
    absl::StrAppend(&out, "DO NOT SERVE: ", customer.restriction().reason(), "\n");
  }
  for (const auto& owned : customer.identifiers()) {
    common::v1::CustomerRef ref;
    *ref.mutable_identifier() = owned.identifier();
    absl::StrAppend(&out, "  ", RefText(ref), "  (", owned.source(), ")\n");
  }
  for (const auto& consent : customer.consents()) {
    absl::StrAppend(
        &out, "  consent ", consent.channel(), " ",
        profile::v1::ConsentPurpose_Name(consent.purpose()).substr(sizeof("CONSENT_PURPOSE")),
        consent.granted() ? ": granted, " : ": refused, ", consent.evidence(), "\n");
  }
  std::map<std::string, std::string> traits;
  for (const auto& [name, trait] : customer.traits()) traits[name] = TraitText(trait.value());
  for (const auto& [name, value] : traits) absl::StrAppend(&out, "  ", name, " = ", value, "\n");
  return out;
}

std::vector<std::string> UnitsToShow(const profile::v1::Customer& customer,
                                     const std::string& asked) {
  std::vector<std::string> units;
  if (asked.empty()) {
    for (const auto& lifecycle : customer.lifecycles()) units.push_back(lifecycle.business_unit());
  }
  if (units.empty()) units.push_back(asked);
  std::sort(units.begin(), units.end());
  return units;
}

std::string FeaturesText(const segmentation::v1::CustomerFeatures& f) {
  std::string out = absl::StrCat(f.business_unit(), ": ", f.stage(), ", ", f.purchases(),
                                 " purchases, ", f.returns(), " returns, ", f.visits(), " visits, ",
                                 Money(f.net_minor(), f.currency()));
  absl::StrAppend(&out, ", last purchase ", TimeText(f.last_purchase_time_us()), "\n");
  for (const auto& rfm : f.rfm()) {
    absl::StrAppend(&out, "  ", rfm.scheme(), ": R", rfm.recency_class(), " F",
                    rfm.frequency_class(), " M", rfm.monetary_class(),
                    rfm.warning().empty() ? "" : "  ", rfm.warning(), "\n");
  }
  absl::StrAppend(&out, "  segments: ", f.segments().empty() ? "none" : "",
                  absl::StrJoin(f.segments(), ", "), "\n");
  return out;
}

std::vector<std::string> TimelineRow(const profile::v1::TimelineEntry& entry) {
  std::string what, about;
  if (entry.has_activity()) {
    const auto& a = entry.activity();
    what = a.activity_kind();
    about = a.detail();
    if (a.net_minor() != 0) absl::StrAppend(&about, " ", Money(a.net_minor(), a.currency()));
    if (!a.channel().empty()) absl::StrAppend(&about, " ", a.channel());
  } else if (entry.has_contact()) {
    const auto& c = entry.contact();
    what = "contact";
    about = absl::StrCat(c.campaign(), " ", c.wave(), " ", c.cell(), " ", c.channel(), " ",
                         c.status(), " ", c.suppression_reason(), c.offer());
  } else {
    const auto& r = entry.response();
    what = "response";
    about = absl::StrCat(r.campaign(), " ", r.cell(), " ", r.activity_kind(),
                         r.direct() ? " direct" : " inferred", r.within_window() ? "" : " (late)");
  }
  return {TimeText(entry.time_us()), entry.stage(), what, about};
}

std::string ExplainText(const campaign::v1::ExplainContactResponse& response) {
  std::string out = absl::StrCat(response.summary(), "\n");
  AddChecks(&out, response.selection());
  for (const auto& explained : response.contacts()) {
    const auto& contact = explained.contact();
    absl::StrAppend(
        &out, "contact ", contact.contact_id(), " (", contact.wave(), ", ", contact.cell(),
        "): ", event::v1::ContactStatus_Name(contact.status()).substr(sizeof("CONTACT_STATUS")),
        " ", contact.suppression_reason(), "\n");
    AddChecks(&out, explained.checks());
  }
  return out;
}

std::string StatsText(const profile::v1::Stats& stats) {
  std::string out = absl::StrCat("customers        ", Thousands(stats.customers()),
                                 "\nactivities       ", Thousands(stats.activities()), "\n");
  const auto& kinds = stats.activities_by_kind();
  for (const auto& [kind, n] : std::map<std::string, int64_t>(kinds.begin(), kinds.end())) {
    absl::StrAppend(&out, "  ", kind, ": ", Thousands(n), "\n");
  }
  for (const auto& sums : stats.currencies()) {
    const std::string& currency = sums.currency();
    int64_t net = 0;
    const bool small = config::ParseFixed(sums.net_minor(), 0, &net);
    absl::StrAppend(&out, currency, ": ", Thousands(sums.purchases()), " purchases, ",
                    Thousands(sums.quantity()), " pieces, ",
                    small ? config::FormatAmount(net, currency) : sums.net_minor() + " minor", "; ",
                    Thousands(sums.returns()), " returns\n");
  }
  absl::StrAppend(&out, "seen before      ", Thousands(stats.duplicates()), "\nmerge proposals  ",
                  Thousands(stats.merge_proposals()), "\ntimes ahead      ",
                  Thousands(stats.clamped_times()), "\n");
  return out;
}

}  // namespace dangol::cli
