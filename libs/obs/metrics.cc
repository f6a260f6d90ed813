#include "libs/obs/metrics.h"

#include <cstdio>
#include <cstdlib>
#include <exception>

#include "absl/strings/match.h"
#include "prometheus/counter.h"
#include "prometheus/family.h"
#include "prometheus/gauge.h"
#include "prometheus/histogram.h"
#include "prometheus/registry.h"
#include "prometheus/text_serializer.h"

namespace dangol::obs {
namespace {

[[noreturn]] void Die(const std::string& name, const char* problem) {
  std::fprintf(stderr, "metric %s: %s\n", name.c_str(), problem);
  std::abort();
}

bool IsLowerSnake(const std::string& name) {
  for (const char c : name) {
    if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_') return false;
  }
  return true;
}

void CheckName(const std::string& name, bool counter) {
  if (!absl::StartsWith(name, "dangol_") || !IsLowerSnake(name)) {
    Die(name, "is not a lower snake case name that begins with dangol_");
  }
  if (absl::EndsWith(name, "_total") != counter) Die(name, "_total is the ending of counters");
}

// prometheus-cpp throws on a bad label and on a name used as two kinds.
template <typename Function>
auto* OrDie(const std::string& name, const Function& function) {
  try {
    return function();
  } catch (const std::exception& e) {
    Die(name, e.what());
  }
}

}  // namespace

void Counter::Add(double n) const {
  if (counter_ != nullptr) counter_->Increment(n);
}
double Counter::Value() const { return counter_ == nullptr ? 0 : counter_->Value(); }

void Gauge::Set(double value) const {
  if (gauge_ != nullptr) gauge_->Set(value);
}
void Gauge::Add(double n) const {
  if (gauge_ != nullptr) gauge_->Increment(n);
}
double Gauge::Value() const { return gauge_ == nullptr ? 0 : gauge_->Value(); }

void Histogram::Observe(double value) const {
  if (histogram_ != nullptr) histogram_->Observe(value);
}

const std::vector<double>& LatencyBuckets() {
  static const auto* const buckets =
      new std::vector<double>{0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                              0.1,    0.25,    0.5,    1,     2.5,    5,     10,   30,    60};
  return *buckets;
}

struct Metrics::Impl {
  prometheus::Registry registry;  // merges families of one name; thread-safe
};

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {}
Metrics::~Metrics() = default;

Counter Metrics::GetCounter(const std::string& name, const std::string& help,
                            const Labels& labels) {
  CheckName(name, true);
  return Counter(OrDie(name, [&] {
    return &prometheus::BuildCounter().Name(name).Help(help).Register(impl_->registry).Add(labels);
  }));
}

Gauge Metrics::GetGauge(const std::string& name, const std::string& help, const Labels& labels) {
  CheckName(name, false);
  return Gauge(OrDie(name, [&] {
    return &prometheus::BuildGauge().Name(name).Help(help).Register(impl_->registry).Add(labels);
  }));
}

Histogram Metrics::GetHistogram(const std::string& name, const std::string& help,
                                const Labels& labels, const std::vector<double>& bounds) {
  CheckName(name, false);
  return Histogram(OrDie(name, [&] {
    auto& family = prometheus::BuildHistogram().Name(name).Help(help).Register(impl_->registry);
    return &family.Add(labels, bounds);
  }));
}

std::string Metrics::Render() const {
  return prometheus::TextSerializer().Serialize(impl_->registry.Collect());
}

}  // namespace dangol::obs
