#include "tests/bench/disk.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "libs/base/clock.h"
#include "tests/bench/cost.h"
#include "tests/bench/quantiles.h"

namespace dangol::bench {
namespace {

constexpr int kSyncs = 200;
constexpr size_t kSyncBytes = 4096;
constexpr absl::Duration kPoll = absl::Milliseconds(100);

double ValueOf(const std::map<std::string, double>& samples, const char* name) {
  const auto it = samples.find(name);
  return it == samples.end() ? 0 : it->second;
}

}  // namespace

absl::StatusOr<double> SyncMs(const std::string& dir) {
  const std::string path = dir + "/syncs";
  const int file = open(path.c_str(), O_CREAT | O_WRONLY | O_TRUNC, 0644);
  const std::string bytes(kSyncBytes, 'x');
  std::vector<double> ms;
  bool good = file >= 0;
  for (int i = 0; i < kSyncs && good; ++i) {
    const Micros begin = SteadyMicros();
    good = write(file, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()) &&
           fdatasync(file) == 0;
    ms.push_back(static_cast<double>(SteadyMicros() - begin) / 1e3);
  }
  if (file >= 0) close(file);
  unlink(path.c_str());
  if (!good) return absl::UnavailableError(absl::StrCat("cannot write ", path));
  std::sort(ms.begin(), ms.end());
  return Quantile(ms, 0.5);
}

SyncWatch::SyncWatch(int metrics_port) : metrics_port_(metrics_port) {
  thread_ = std::thread([this] { Run(); });
}

SyncWatch::Moment SyncWatch::Look() const {
  const auto samples = Metrics(metrics_port_, "dangol_wal_");
  return {static_cast<double>(SteadyMicros()) / 1e6, ValueOf(samples, "dangol_wal_syncs"),
          ValueOf(samples, "dangol_wal_writes")};
}

void SyncWatch::Run() {
  Moment before = Look();
  while (!stopping_) {
    absl::SleepFor(kPoll);
    const Moment now = Look();
    if (now.syncs == before.syncs && now.writes == before.writes) continue;
    before = now;
    if (!any_) first_ = now;
    any_ = true;
    last_ = now;
  }
}

SyncWatch::Counts SyncWatch::Stop() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
  return {last_.at_s - first_.at_s, last_.syncs - first_.syncs, last_.writes - first_.writes};
}

}  // namespace dangol::bench
