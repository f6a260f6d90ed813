#include "libs/expr/diagnostic.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libs/base/status.h"

namespace dangol::expr {
namespace {

constexpr size_t kBeforeMax = 60;  // bytes of the line shown before the place
constexpr size_t kLineMax = 100;
constexpr size_t kCandidatesShown = 8;

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

size_t Characters(absl::string_view text) {
  return text.size() - std::count_if(text.begin(), text.end(), IsContinuation);
}

// Terminal columns: Hangul, kana and ideographs take two.
size_t Columns(absl::string_view text) {
  size_t columns = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (!IsContinuation(c)) ++columns;
    if (byte == 0xE1 || (byte >= 0xE3 && byte <= 0xED) || byte == 0xF0) ++columns;
  }
  return columns;
}

// Control bytes would break the picture; a tab becomes one space.
std::string Printable(absl::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  }
  return out;
}

std::string Picture(absl::string_view line, size_t begin, size_t end) {
  size_t from = begin > kBeforeMax ? begin - kBeforeMax : 0;
  while (from > 0 && IsContinuation(line[from])) --from;
  size_t to = std::min(line.size(), std::max(from + kLineMax, begin + 1));
  while (to < line.size() && IsContinuation(line[to])) ++to;
  const size_t mark_end = std::min(end, to);
  const size_t width = mark_end > begin ? Columns(line.substr(begin, mark_end - begin)) : 1;
  const absl::string_view lead = from > 0 ? "…" : "";
  return absl::StrCat("    ", lead, Printable(line.substr(from, to - from)),
                      to < line.size() ? "…" : "", "\n    ",
                      std::string(Columns(line.substr(from, begin - from)) + !lead.empty(), ' '),
                      "^", std::string(width - 1, '~'));
}

}  // namespace

absl::Status ErrorAt(absl::string_view text, Range range, absl::string_view message) {
  const size_t begin = std::min(range.begin, text.size());
  const size_t previous_end = begin == 0 ? absl::string_view::npos : text.rfind('\n', begin - 1);
  const size_t line_begin = previous_end == absl::string_view::npos ? 0 : previous_end + 1;
  const size_t line_end = std::min(text.find('\n', begin), text.size());
  const absl::string_view line = text.substr(line_begin, line_end - line_begin);
  const size_t number = 1 + std::count(text.begin(), text.begin() + line_begin, '\n');
  const size_t column = 1 + Characters(text.substr(line_begin, begin - line_begin));
  const std::string full =
      absl::StrCat("segment:", number, ":", column, ": ", message, "\n",
                   Picture(line, begin - line_begin,
                           std::min(std::max(range.end, begin), line_end) - line_begin));
  return WithDetail(absl::InvalidArgumentError(full),
                    {"BAD_EXPRESSION",
                     {{"line", absl::StrCat(number)}, {"column", absl::StrCat(column)}},
                     {{"expression", full}}});
}

std::string Unknown(absl::string_view what, absl::string_view name,
                    const std::vector<std::string>& candidates) {
  std::string message = absl::StrCat("unknown ", what, " ", Quote(name));
  const std::string nearest = Nearest(name, candidates);
  if (!nearest.empty()) {
    absl::StrAppend(&message, "; did you mean \"", nearest, "\"?");
  } else if (!candidates.empty() && candidates.size() <= kCandidatesShown) {
    absl::StrAppend(&message, "; there is ", absl::StrJoin(candidates, ", "));
  }
  return message;
}

}  // namespace dangol::expr
