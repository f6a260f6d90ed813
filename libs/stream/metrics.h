// What the runtime counts, without knowing who collects it.
#pragma once

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace dangol {

struct MetricLabel {
  absl::string_view name;
  absl::string_view value;
};
using MetricLabels = absl::Span<const MetricLabel>;

// Thread-safe. Called once a cycle, not once an event: an implementation may look names up.
class MetricsSink {
 public:
  virtual ~MetricsSink() = default;
  virtual void Add(absl::string_view counter, MetricLabels labels, double delta) = 0;
  virtual void Set(absl::string_view gauge, MetricLabels labels, double value) = 0;
  virtual void Observe(absl::string_view histogram, MetricLabels labels, double value) = 0;
};

class NullMetrics : public MetricsSink {
 public:
  void Add(absl::string_view, MetricLabels, double) override {}
  void Set(absl::string_view, MetricLabels, double) override {}
  void Observe(absl::string_view, MetricLabels, double) override {}
};

}  // namespace dangol
