// What the stages of a worker cost: processor time by service and for commits, and the bytes that
// go into the log. dangol_stage_cpu_seconds_total{stage=…}, dangol_stage_bytes_total{stage=…}.
#pragma once

#include <array>
#include <cstdint>

#include "libs/backbone/log.h"
#include "libs/stream/metrics.h"

namespace dangol {

// Not thread-safe: a worker has its own. Off (manual drive) it reads no clock.
class StageCosts {
 public:
  explicit StageCosts(bool on) : on_(on) {}

  // Charges the time until it goes out of scope.
  class Meter {
   public:
    Meter(StageCosts* costs, int stage);
    ~Meter();

   private:
    StageCosts* const costs_;
    const int stage_;
    const int64_t begin_;
  };
  Meter Of(Service service) { return Meter(this, static_cast<int>(service)); }
  Meter OfCommit() { return Meter(this, kServices); }

  // Changes and emits before compression.
  void CountBytes(const ScopeCycle& part);
  // Tells what was charged since the last call.
  void Publish(MetricsSink& metrics);

 private:
  int64_t Now() const;

  const bool on_;
  std::array<int64_t, kServices + 1> nanos_{};
  std::array<int64_t, kServices> bytes_{};
};

}  // namespace dangol
