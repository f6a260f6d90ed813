// Checks of a scheme before it is stored.
#include <limits>

#include "absl/strings/str_cat.h"
#include "dangol/segmentation/v1/segment.pb.h"
#include "libs/base/status.h"
#include "services/segmentation/domain/rfm.h"

namespace dangol::segmentation {
namespace {

constexpr int kClassesMax = 10;
constexpr int kMonthsMax = 120;

// Equal edges make an empty class, which is a warning, not an error.
template <typename Edges>
absl::Status Ascending(absl::string_view field, const Edges& edges, int64_t least, int64_t most) {
  if (edges.size() >= kClassesMax) {
    return BadField(field, absl::StrCat(edges.size(), " edges"), "make too many classes",
                    absl::StrCat("give at most ", kClassesMax - 1));
  }
  for (int i = 0; i < edges.size(); ++i) {
    const std::string at = absl::StrCat(field, "[", i, "]");
    if (edges[i] < least || edges[i] > most) {
      return BadField(at, absl::StrCat(edges[i]), "is out of range",
                      absl::StrCat("give ", least, " to ", most));
    }
    if (i > 0 && edges[i] < edges[i - 1]) {
      return BadField(at, absl::StrCat(edges[i]), "is below the edge before it",
                      "give edges in ascending order");
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ValidateScheme(const v1::RfmScheme& s, absl::string_view currency) {
  if (s.recency_months().empty()) {
    return BadField("rfm_scheme.recency_months", "", "is empty",
                    "give ascending months, e.g. 2, 3");
  }
  if (s.frequency_days().empty()) {
    return BadField("rfm_scheme.frequency_days", "", "is empty", "give ascending days, e.g. 2, 3");
  }
  DANGOL_RETURN_IF_ERROR(Ascending("rfm_scheme.recency_months", s.recency_months(), 1, kMonthsMax));
  DANGOL_RETURN_IF_ERROR(Ascending("rfm_scheme.frequency_days", s.frequency_days(), 1, 36'600));
  DANGOL_RETURN_IF_ERROR(Ascending("rfm_scheme.monetary_edges_minor", s.monetary_edges_minor(), 0,
                                   std::numeric_limits<int64_t>::max()));
  if (s.frequency_window_months() < 1 || s.frequency_window_months() > kMonthsMax) {
    return BadField("rfm_scheme.frequency_window_months", absl::StrCat(s.frequency_window_months()),
                    "is out of range", absl::StrCat("give 1 to ", kMonthsMax));
  }
  if (!s.monetary_edges_minor().empty() && s.currency() != currency) {
    return BadField("rfm_scheme.currency", s.currency(), "is not the business unit's currency",
                    absl::StrCat("give ", currency, ", or no monetary edges"));
  }
  return absl::OkStatus();
}

std::vector<std::string> EmptyClasses(const RfmRules& rules) {
  std::vector<std::string> warnings;
  const auto warn = [&](char letter, int klass, absl::string_view why) {
    warnings.push_back(
        absl::StrCat("class ", std::string(1, letter), klass, " is always empty: ", why));
  };
  for (size_t i = 1; i < rules.recency_months.size(); ++i) {
    if (rules.recency_months[i] == rules.recency_months[i - 1]) {
      warn('R', rules.r_classes() - static_cast<int>(i), "its two edges are equal");
    }
  }
  // A window of n calendar months has at most 31 days each, and never more than 366 in a year.
  const int days_max = rules.frequency_window_months * 31;
  for (size_t i = 0; i < rules.frequency_days.size(); ++i) {
    const int klass = static_cast<int>(i) + 1;
    const int below = i == 0 ? 1 : rules.frequency_days[i - 1];
    if (rules.frequency_days[i] == below) warn('F', klass, "its two edges are equal");
    if (rules.frequency_days[i] > days_max) {
      warn('F', klass + 1, absl::StrCat("the window has at most ", days_max, " days"));
    }
  }
  for (size_t i = 1; i < rules.monetary_edges_minor.size(); ++i) {
    if (rules.monetary_edges_minor[i] != rules.monetary_edges_minor[i - 1]) continue;
    // An amount equal to a first edge given twice is in class 1 and reaches the second: class 2.
    if (i > 1) warn('M', static_cast<int>(i) + 1, "its two edges are equal");
  }
  return warnings;
}

}  // namespace dangol::segmentation
