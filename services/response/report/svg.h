// The report's two charts as inline SVG. They take their colours from the page's CSS classes, so
// that light, dark and print need no second drawing. Every text is escaped here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace dangol::response {

struct Bar {
  std::string label;
  int64_t count = 0;
};

// Horizontal bars, each in proportion to the greatest, with its count and its share of the first
// bar. "" when there are none.
std::string WaterfallChart(const std::string& id, const std::vector<Bar>& bars);

struct Whisker {
  std::string label;
  double value = 0;
  double low = 0;
  double high = 0;
  bool defined = true;  // false: only the point is a fact
  std::optional<double> truth;
  std::string value_text;  // "+2.21 points"
  std::string range_text;  // "1.62 to 2.80"
  std::string truth_text;
};

struct LiftAxis {
  std::string id;     // unique in the page
  std::string title;  // for screen readers
  std::string description;
  // Writes a tick, e.g. "+2".
  std::string (*tick)(double value, const std::string& currency) = nullptr;
  std::string currency;
};

// A row per whisker: the point, its interval and, where known, the truth as a diamond, against a
// line at zero. "" when there are none.
std::string LiftChart(const LiftAxis& axis, const std::vector<Whisker>& rows);

}  // namespace dangol::response
