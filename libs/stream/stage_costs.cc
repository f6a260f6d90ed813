#include "libs/stream/stage_costs.h"

#include "libs/base/cpu_clock.h"

namespace dangol {

StageCosts::Meter::Meter(StageCosts* costs, int stage)
    : costs_(costs), stage_(stage), begin_(costs->Now()) {}

StageCosts::Meter::~Meter() { costs_->nanos_[stage_] += costs_->Now() - begin_; }

int64_t StageCosts::Now() const { return on_ ? ThreadCpuNanos() : 0; }

void StageCosts::CountBytes(const ScopeCycle& part) {
  if (!on_) return;
  size_t bytes = 0;
  for (const Emit& emit : part.emits) bytes += emit.record.key.size() + emit.record.value.size();
  for (const Change& change : part.changes) {
    bytes += change.key.size() + (change.value ? change.value->size() : 0);
  }
  bytes_[static_cast<int>(part.scope.service)] += static_cast<int64_t>(bytes);
}

void StageCosts::Publish(MetricsSink& metrics) {
  if (!on_) return;
  for (int i = 0; i <= kServices; ++i) {
    const MetricLabel stage{"stage",
                            i < kServices ? ServiceName(static_cast<Service>(i)) : "commit"};
    metrics.Add("dangol_stage_cpu_seconds_total", {&stage, 1},
                static_cast<double>(nanos_[i]) / 1e9);
    if (i == kServices) continue;
    metrics.Add("dangol_stage_bytes_total", {&stage, 1}, static_cast<double>(bytes_[i]));
  }
  nanos_ = {};
  bytes_ = {};
}

}  // namespace dangol
