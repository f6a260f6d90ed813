#include "services/dangold/metrics_sink.h"

#include <string>

namespace dangol {
namespace {

obs::Labels LabelsOf(MetricLabels labels) {
  obs::Labels named;
  for (const MetricLabel& label : labels) {
    named[std::string(label.name)] = std::string(label.value);
  }
  return named;
}

}  // namespace

void PrometheusSink::Add(absl::string_view counter, MetricLabels labels, double delta) {
  metrics_->GetCounter(std::string(counter), "", LabelsOf(labels)).Add(delta);
}

void PrometheusSink::Set(absl::string_view gauge, MetricLabels labels, double value) {
  metrics_->GetGauge(std::string(gauge), "", LabelsOf(labels)).Set(value);
}

void PrometheusSink::Observe(absl::string_view histogram, MetricLabels labels, double value) {
  metrics_->GetHistogram(std::string(histogram), "", LabelsOf(labels)).Observe(value);
}

}  // namespace dangol
