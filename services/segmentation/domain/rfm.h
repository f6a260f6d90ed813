// Recency, frequency and monetary classes by a scheme that is data.
//
// With D the instant asked for and LP the last purchase before D that did not come back whole:
//   R  highest class: LP in [D − recency_months[0], D); the next: LP in [D − recency_months[1],
//      D − recency_months[0]); …; class 1: earlier.
//   F  distinct local days with a purchase in (LP − window months, LP], zero-value orders included;
//      a class more for each lower edge reached.
//   M  mean order value (net less returns before D) over the same purchases; class 1 at or below
//   the
//      first edge, a class more for each further edge reached, or for the first one exceeded.
// Months are calendar months in the business unit's zone, counted from instants (libs/base
// AddMonths). A purchase in another currency inside the window leaves no M class.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "libs/base/types.h"
#include "services/segmentation/domain/purchases.h"

namespace dangol::segmentation::v1 {
class RfmScheme;
}

namespace dangol::segmentation {

inline constexpr char kPresetScheme[] = "333-monthly";

struct RfmRules {
  std::string name;
  std::string business_unit;
  std::string channel;  // empty: all
  std::vector<int> recency_months;
  int frequency_window_months = 3;
  std::vector<int> frequency_days;
  std::vector<int64_t> monetary_edges_minor;
  std::string currency;
  int64_t version = 0;

  int r_classes() const { return static_cast<int>(recency_months.size()) + 1; }
  int f_classes() const { return static_cast<int>(frequency_days.size()) + 1; }
  int m_classes() const {
    return monetary_edges_minor.empty() ? 0 : static_cast<int>(monetary_edges_minor.size()) + 1;
  }
};

struct Rfm {
  int r = 0;  // 0: no class
  int f = 0;
  int m = 0;
  int days = 0;    // of F
  int orders = 0;  // of M
  int64_t sum_minor = 0;
  bool foreign = false;   // a purchase in another currency: no M class
  Micros until = kNever;  // the first instant after D at which a class may differ
};

// `purchases` are those of the scheme's business unit before D.
Rfm ComputeRfm(const RfmRules& rules, const Purchases& purchases, Micros at, absl::TimeZone zone);

RfmRules RulesOf(const v1::RfmScheme& scheme);
// The preset "333-monthly": R months 2 and 3, F days 2 and 3 in 3 months, M 100,000 and 500,000 KRW
// (no M classes in a business unit of another currency).
v1::RfmScheme PresetScheme(absl::string_view business_unit);

// INVALID_ARGUMENT naming the field: see RfmScheme for what holds. `currency` is that of the
// business unit.
absl::Status ValidateScheme(const v1::RfmScheme& scheme, absl::string_view currency);
// Classes that no customer can be in, in words.
std::vector<std::string> EmptyClasses(const RfmRules& rules);

}  // namespace dangol::segmentation
