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

// Bytes of the well-formed character at the front of `text`, or 0 (RFC 3629: no overlong forms, no
// surrogates, nothing above U+10FFFF).
size_t CharacterSize(absl::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  const size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < size) return 0;
  for (size_t i = 1; i < size; ++i) {
    if (!IsContinuation(text[i])) return 0;
  }
  const bool bad = (lead == 0xE0 && byte(1) < 0xA0) || (lead == 0xED && byte(1) > 0x9F) ||
                   (lead == 0xF0 && byte(1) < 0x90) || (lead == 0xF4 && byte(1) > 0x8F);
  return bad ? 0 : size;
}

// Control bytes would break the picture; a tab becomes one space. Messages are always UTF-8.
std::string Printable(absl::string_view text) {
  std::string out(text);
  const bool utf8 = Utf8Prefix(text) == text.size();
  for (char& c : out) {
    if (!utf8 && static_cast<unsigned char>(c) >= 0x80) c = '?';
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
  const size_t width = mark_end > begin ? Columns(line.substr(begin, mark_end - begin)) : 0;
  const absl::string_view lead = from > 0 ? "…" : "";
  return absl::StrCat("    ", lead, Printable(line.substr(from, to - from)),
                      to < line.size() ? "…" : "", "\n    ",
                      std::string(Columns(line.substr(from, begin - from)) + !lead.empty(), ' '),
                      "^", std::string(std::max<size_t>(width, 1) - 1, '~'));
}

}  // namespace

size_t Utf8Prefix(absl::string_view text) {
  size_t at = 0;
  while (at < text.size()) {
    const size_t size = CharacterSize(text.substr(at));
    if (size == 0) break;
    at += size;
  }
  return at;
}

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
