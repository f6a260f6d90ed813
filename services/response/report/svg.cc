#include "services/response/report/svg.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "services/response/report/text.h"

namespace dangol::response {
namespace {

constexpr double kWidth = 760;

std::string At(double x) { return absl::StrFormat("%.1f", x); }

std::string Open(const std::string& id, double height, const std::string& title,
                 const std::string& description) {
  return absl::StrCat("<svg class=\"chart\" viewBox=\"0 0 ", At(kWidth), " ", At(height),
                      "\" role=\"img\" aria-labelledby=\"", id, "-t ", id, "-d\">\n<title id=\"",
                      id, "-t\">", Escape(title), "</title>\n<desc id=\"", id, "-d\">",
                      Escape(description), "</desc>\n");
}

std::string Text(double x, double y, const char* css, const std::string& text) {
  return absl::StrCat("<text x=\"", At(x), "\" y=\"", At(y), "\" class=\"", css, "\">",
                      Escape(text), "</text>\n");
}

std::string Line(double x1, double y1, double x2, double y2, const char* css) {
  return absl::StrCat("<line x1=\"", At(x1), "\" y1=\"", At(y1), "\" x2=\"", At(x2), "\" y2=\"",
                      At(y2), "\" class=\"", css, "\"/>\n");
}

// Long names would run into the plot: cut at a character, with an ellipsis.
std::string Shorten(const std::string& text, size_t limit) {
  size_t characters = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if ((text[i] & 0xC0) == 0x80) continue;  // inside a character
    if (++characters > limit) return absl::StrCat(text.substr(0, i), "…");
  }
  return text;
}

// 1, 2 or 5 times a power of ten, so that about six steps span `range`.
double TickStep(double range) {
  const double rough = range / 6;
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= rough) return factor * power;
  }
  return 10 * power;
}

struct Scale {
  double low;
  double high;
  double left;
  double right;
  double X(double value) const { return left + (value - low) / (high - low) * (right - left); }
};

Scale ScaleOf(const std::vector<Whisker>& rows, double left, double right) {
  double low = 0, high = 0;
  for (const Whisker& row : rows) {
    low = std::min({low, row.low, row.value, row.truth.value_or(0)});
    high = std::max({high, row.high, row.value, row.truth.value_or(0)});
  }
  if (high - low <= 0) return {-1, 1, left, right};
  const double room = (high - low) * 0.06;
  return {low - room, high + room, left, right};
}

std::string Grid(const LiftAxis& axis, const Scale& scale, double top, double bottom) {
  std::string out;
  const double step = TickStep(scale.high - scale.low);
  for (double k = std::ceil(scale.low / step); k * step <= scale.high; ++k) {
    const double x = scale.X(k * step);
    out += Line(x, top, x, bottom, k == 0 ? "zero" : "grid");
    out += Text(x, bottom + 18, "tick", axis.tick(k * step, axis.currency));
  }
  return out;
}

std::string Row(const Whisker& row, const Scale& scale, double y) {
  std::string out = Text(0, y - 3, "label", Shorten(row.label, 26));
  if (!row.defined) {
    out += Text(0, y + 15, "note", "too little data for an interval");
  } else {
    out += Text(0, y + 15, "note", row.range_text);
  }
  const char* sense = !row.defined   ? "unsure"
                      : row.low > 0  ? "up"
                      : row.high < 0 ? "down"
                                     : "unsure";
  absl::StrAppend(&out, "<g class=\"", sense, "\">\n");
  if (row.defined) {
    out += Line(scale.X(row.low), y, scale.X(row.high), y, "whisker");
    out += Line(scale.X(row.low), y - 6, scale.X(row.low), y + 6, "whisker");
    out += Line(scale.X(row.high), y - 6, scale.X(row.high), y + 6, "whisker");
  }
  absl::StrAppend(&out, "<circle cx=\"", At(scale.X(row.value)), "\" cy=\"", At(y),
                  "\" r=\"6\" class=\"point\"/>\n</g>\n");
  if (row.truth.has_value()) {
    const double x = scale.X(*row.truth);
    absl::StrAppend(&out, "<path d=\"M", At(x), " ", At(y - 9),
                    "l7 9l-7 9l-7 -9z\" class=\"truth\">", "<title>", Escape(row.truth_text),
                    "</title></path>\n");
  }
  out += Text(kWidth, y + 5, "value", row.value_text);
  return out;
}

}  // namespace

std::string WaterfallChart(const std::string& id, const std::vector<Bar>& bars) {
  if (bars.empty()) return "";
  constexpr double kRow = 34, kLabel = 190, kRight = 170;
  int64_t most = 1;
  std::string words;
  for (const Bar& bar : bars) {
    most = std::max(most, bar.count);
    absl::StrAppend(&words, words.empty() ? "" : ", ", bar.label, " ", Count(bar.count));
  }
  const double height = kRow * static_cast<double>(bars.size());
  std::string out = Open(id, height, "From selected to delivered", words);
  for (size_t i = 0; i < bars.size(); ++i) {
    const Bar& bar = bars[i];
    const double y = kRow * static_cast<double>(i);
    const double width =
        (kWidth - kLabel - kRight) * static_cast<double>(bar.count) / static_cast<double>(most);
    out += Text(0, y + 21, "label", Shorten(bar.label, 26));
    absl::StrAppend(&out, "<rect x=\"", At(kLabel), "\" y=\"", At(y + 5), "\" width=\"",
                    At(kWidth - kLabel - kRight), "\" height=\"22\" rx=\"4\" class=\"track\"/>\n",
                    "<rect x=\"", At(kLabel), "\" y=\"", At(y + 5), "\" width=\"",
                    At(std::max(width, 1.0)), "\" height=\"22\" rx=\"4\" class=\"bar\"/>\n");
    out += Text(kWidth - kRight + 100, y + 21, "value", Count(bar.count));
    if (i > 0 && bars[0].count > 0) {
      const double share = static_cast<double>(bar.count) / static_cast<double>(bars[0].count);
      out += Text(kWidth, y + 21, "tickend", Percent(share));
    }
  }
  return out + "</svg>\n";
}

std::string LiftChart(const LiftAxis& axis, const std::vector<Whisker>& rows) {
  if (rows.empty()) return "";
  constexpr double kRow = 52, kLeft = 210, kRight = 150, kAxis = 30;
  const double plot = kRow * static_cast<double>(rows.size());
  const Scale scale = ScaleOf(rows, kLeft, kWidth - kRight);
  std::string out = Open(axis.id, plot + kAxis, axis.title, axis.description);
  out += Grid(axis, scale, 0, plot);
  for (size_t i = 0; i < rows.size(); ++i) {
    out += Row(rows[i], scale, kRow * (static_cast<double>(i) + 0.5));
  }
  return out + "</svg>\n";
}

}  // namespace dangol::response
