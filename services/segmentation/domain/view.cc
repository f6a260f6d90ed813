#include "services/segmentation/domain/view.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace dangol::segmentation {

expr::Value View::Trait(absl::string_view name) const {
  const auto& traits = customer_.facts.traits();
  auto it = traits.find(std::string(name));
  if (it == traits.end()) return {};
  const profile::v1::TraitValue& value = it->second;
  switch (value.value_case()) {
    case profile::v1::TraitValue::kText:
      return expr::Value::Text(value.text());
    case profile::v1::TraitValue::kNumber:
      return expr::Value::Number(value.number());
    case profile::v1::TraitValue::kFlag:
      return expr::Value::Boolean(value.flag());
    case profile::v1::TraitValue::kTimeUs:
      return expr::Value::Time(value.time_us());
    case profile::v1::TraitValue::VALUE_NOT_SET:
      break;
  }
  return {};
}

absl::Span<const expr::Activity> View::Activities(absl::string_view kind) const {
  for (const auto& [known, rows] : activities_) {
    if (known == kind) return rows;
  }
  const absl::Span<const expr::Activity> rows = FindActivities(kind);
  activities_.emplace_back(kind, rows);
  return rows;
}

absl::Span<const expr::Activity> View::FindActivities(absl::string_view kind) const {
  const Series* series = customer_.ledger.Find(unit_.name, kind);
  if (series == nullptr) return {};
  const expr::TextId own = customer_.ledger.IdOf(unit_.currency);
  const auto foreign = [&](const RowExtra& extra) {
    return extra.currency != 0 && extra.currency != own;
  };
  if (std::none_of(series->extras.begin(), series->extras.end(), foreign)) return series->rows;
  auto [it, fresh] = masked_.try_emplace(std::string(kind));
  if (fresh) {
    it->second = series->rows;
    for (size_t i = 0; i < it->second.size(); ++i) {
      if (!foreign(series->extras[i])) continue;
      it->second[i].gross = it->second[i].net = it->second[i].discount = 0;
    }
  }
  return it->second;
}

expr::Value View::Attribute(const expr::Activity& activity, absl::string_view name) const {
  return customer_.ledger.Attribute(activity, name);
}

const Purchases& View::PurchasesAt(Micros now) const {
  if (purchases_at_ != now) {
    purchases_ = PurchasesBefore(customer_.ledger, unit_.name, unit_.currency, now);
    purchases_at_ = now;
  }
  return purchases_;
}

expr::RfmClass View::Rfm(absl::string_view scheme, Micros now, absl::TimeZone zone) const {
  const RfmRules* rules = catalogue_.FindScheme(scheme, unit_.name);
  if (rules == nullptr) return {};
  const struct Rfm rfm = ComputeRfm(*rules, PurchasesAt(now), now, zone);
  return {rfm.r, rfm.f, rfm.m, rfm.until};
}

expr::Stage View::LifecycleStage(Micros now, absl::TimeZone zone) const {
  if (stage_at_ != now) {
    stage_ = StageAt(PurchasesAt(now), RestrictedAt(customer_, now), now, zone);
    stage_at_ = now;
  }
  return stage_;
}

bool View::HasConsent(absl::string_view channel, absl::string_view purpose) const {
  const auto& consents = customer_.facts.consents();
  const std::string key = absl::StrCat(channel, "/", purpose);
  return std::find(consents.begin(), consents.end(), key) != consents.end();
}

}  // namespace dangol::segmentation
