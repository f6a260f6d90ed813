#include "tests/bench/cost.h"

#include <unistd.h>

#include <fstream>
#include <sstream>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "httplib.h"

namespace dangol::bench {
namespace {

std::string Contents(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// "name: value" or "name value" lines, as /proc has them.
double Line(absl::string_view text, absl::string_view name) {
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    if (!absl::StartsWith(line, name)) continue;
    const std::vector<absl::string_view> words =
        absl::StrSplit(line.substr(name.size()), absl::ByAnyChar(": \t"), absl::SkipEmpty());
    double value = 0;
    if (!words.empty() && absl::SimpleAtod(words[0], &value)) return value;
  }
  return 0;
}

}  // namespace

ProcessCost CostOf(pid_t pid) {
  ProcessCost cost;
  const std::string proc = absl::StrCat("/proc/", pid);
  const std::string stat = Contents(proc + "/stat");
  const size_t name_end = stat.rfind(')');
  if (name_end == std::string::npos) return cost;
  // Fields 14 and 15; the third is the first behind the name.
  const std::vector<std::string> fields =
      absl::StrSplit(stat.substr(name_end + 1), ' ', absl::SkipEmpty());
  int64_t user = 0, system = 0;
  if (fields.size() > 12 && absl::SimpleAtoi(fields[11], &user) &&
      absl::SimpleAtoi(fields[12], &system)) {
    cost.cpu_s = static_cast<double>(user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
  }
  cost.disk_write_bytes = Line(Contents(proc + "/io"), "write_bytes");
  cost.resident_bytes = Line(Contents(proc + "/status"), "VmRSS") * 1024;
  return cost;
}

std::map<std::string, double> Metrics(int port, absl::string_view prefix) {
  std::map<std::string, double> samples;
  httplib::Client http("127.0.0.1", port);
  const auto answer = http.Get("/metrics");
  if (!answer) return samples;
  for (absl::string_view line : absl::StrSplit(answer->body, '\n')) {
    double value = 0;
    const size_t space = line.rfind(' ');
    if (!absl::StartsWith(line, prefix) || space == absl::string_view::npos) continue;
    if (absl::SimpleAtod(line.substr(space + 1), &value)) {
      samples[std::string(line.substr(0, space))] = value;
    }
  }
  return samples;
}

double Sum(const std::map<std::string, double>& samples) {
  double sum = 0;
  for (const auto& [name, value] : samples) sum += value;
  return sum;
}

}  // namespace dangol::bench
