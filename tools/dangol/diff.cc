// Differences of short texts by their longest common subsequence of lines.
#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tools/dangol/text.h"

namespace dangol::cli {
namespace {

constexpr int kContext = 3;

using Lines = std::vector<std::string>;

Lines LinesOf(const std::string& text) {
  Lines lines = absl::StrSplit(text, '\n');
  if (!lines.empty() && lines.back().empty()) lines.pop_back();
  return lines;
}

// All lines, marked ' ', '-' or '+'.
Lines Marked(const Lines& a, const Lines& b) {
  std::vector<std::vector<int>> common(a.size() + 1, std::vector<int>(b.size() + 1));
  for (size_t i = a.size(); i-- > 0;) {
    for (size_t j = b.size(); j-- > 0;) {
      common[i][j] =
          a[i] == b[j] ? common[i + 1][j + 1] + 1 : std::max(common[i + 1][j], common[i][j + 1]);
    }
  }
  Lines out;
  size_t i = 0, j = 0;
  while (i < a.size() || j < b.size()) {
    if (i < a.size() && j < b.size() && a[i] == b[j]) {
      out.push_back(absl::StrCat(" ", a[i++]));
      ++j;
    } else if (i < a.size() && (j == b.size() || common[i + 1][j] >= common[i][j + 1])) {
      out.push_back(absl::StrCat("-", a[i++]));
    } else {
      out.push_back(absl::StrCat("+", b[j++]));
    }
  }
  return out;
}

}  // namespace

std::string LineDiff(const std::string& before, const std::string& after) {
  if (before == after) return "";
  const Lines marked = Marked(LinesOf(before), LinesOf(after));
  std::vector<bool> shown(marked.size());
  const int size = static_cast<int>(marked.size());
  for (int i = 0; i < size; ++i) {
    if (marked[i][0] == ' ') continue;
    const int last = std::min(size - 1, i + kContext);
    for (int k = std::max(0, i - kContext); k <= last; ++k) shown[k] = true;
  }
  std::string out;
  for (int i = 0; i < size; ++i) {
    if (shown[i]) absl::StrAppend(&out, marked[i], "\n");
    if (!shown[i] && (i == 0 || shown[i - 1])) out += "…\n";
  }
  return out;
}

}  // namespace dangol::cli
