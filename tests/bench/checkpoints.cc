#include "tests/bench/checkpoints.h"

#include <limits>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "libs/base/clock.h"

namespace dangol::bench {
namespace {

constexpr Micros kPatience = 40 * kMicrosPerSecond;
constexpr char kTimes[] = "dangol_checkpoint_seconds_";
constexpr char kPauses[] = "dangol_checkpoint_pause_seconds_";

double Of(const std::map<std::string, double>& samples, const std::string& name) {
  const auto it = samples.find(name);
  return it == samples.end() ? 0 : it->second;
}

// The upper bound of the last bucket that holds anything, seconds.
double LongestAtMost(const std::map<std::string, double>& samples, const char* histogram) {
  const double count = Of(samples, absl::StrCat(histogram, "count"));
  double least = std::numeric_limits<double>::infinity();
  for (const auto& [name, held] : samples) {
    const size_t quote = name.find('"');
    double bound = 0;
    if (quote == std::string::npos || held < count ||
        !absl::SimpleAtod(name.substr(quote + 1, name.rfind('"') - quote - 1), &bound)) {
      continue;
    }
    least = std::min(least, bound);
  }
  return least;
}

}  // namespace

absl::StatusOr<std::vector<Figure>> MeasureCheckpoints(const Retailer& retailer) {
  const Micros give_up = SteadyMicros() + kPatience;
  std::map<std::string, double> times, pauses;
  double count = 0, steps = 0;
  while (true) {
    times = retailer.Samples(kTimes);
    pauses = retailer.Samples(kPauses);
    count = Of(times, absl::StrCat(kTimes, "count"));
    steps = Of(pauses, absl::StrCat(kPauses, "count"));
    if (count > 0 && steps >= 2) break;
    if (SteadyMicros() > give_up) return absl::DeadlineExceededError("no checkpoint was made");
    absl::SleepFor(absl::Milliseconds(100));
  }
  const double mean = Of(times, absl::StrCat(kTimes, "sum")) / count;
  return std::vector<Figure>{
      {absl::StrCat("one checkpoint, mean of ", count, ", in the background"), mean * 1e3, "ms", "",
       0, 0},
      {"pause of a worker for it, mean of its steps, a scope each",
       Of(pauses, absl::StrCat(kPauses, "sum")) / steps * 1e3, "ms", "that checkpoint", mean * 1e3,
       0},
      {"pause of a worker for it, longest, at most", LongestAtMost(pauses, kPauses) * 1e3, "ms",
       "that checkpoint", mean * 1e3, 0}};
}

}  // namespace dangol::bench
