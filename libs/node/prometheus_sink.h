// The runtime's counts as Prometheus metrics.
#pragma once

#include "libs/obs/metrics.h"
#include "libs/stream/metrics.h"

namespace dangol {

// Thread-safe. Looks names up at each call: once a cycle, not once an event. What is to be watched
// is there from the start, as 0.
class PrometheusSink final : public MetricsSink {
 public:
  explicit PrometheusSink(obs::Metrics* metrics);

  void Add(absl::string_view counter, MetricLabels labels, double delta) override;
  void Set(absl::string_view gauge, MetricLabels labels, double value) override;
  void Observe(absl::string_view histogram, MetricLabels labels, double value) override;

 private:
  obs::Metrics* metrics_;
};

}  // namespace dangol
