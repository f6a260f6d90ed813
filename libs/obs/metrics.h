// Prometheus metrics. Names: dangol_<area>_<what>_total (counters), …_seconds or …_bytes (gauges,
// histograms), lower snake case. Labels come from small fixed sets: never a customer, a request id
// or free text.
#pragma once

#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
}  // namespace prometheus

namespace dangol::obs {

using Labels = std::map<std::string, std::string>;

// Handles are pointers into the registry: copy them freely, keep them for hot paths. They are valid
// as long as their Metrics. A default-made handle does nothing. Any thread may call.
class Counter {
 public:
  Counter() = default;
  void Add(double n = 1) const;
  double Value() const;

 private:
  friend class Metrics;
  explicit Counter(prometheus::Counter* counter) : counter_(counter) {}
  prometheus::Counter* counter_ = nullptr;
};

class Gauge {
 public:
  Gauge() = default;
  void Set(double value) const;
  void Add(double n) const;
  double Value() const;

 private:
  friend class Metrics;
  explicit Gauge(prometheus::Gauge* gauge) : gauge_(gauge) {}
  prometheus::Gauge* gauge_ = nullptr;
};

class Histogram {
 public:
  Histogram() = default;
  void Observe(double value) const;

 private:
  friend class Metrics;
  explicit Histogram(prometheus::Histogram* histogram) : histogram_(histogram) {}
  prometheus::Histogram* histogram_ = nullptr;
};

// Upper bounds in seconds, 100 µs to 60 s.
const std::vector<double>& LatencyBuckets();

// Thread safety: any thread may call anything.
// Idempotency: the same name and labels return the same metric. A name that is not lower snake case
// beginning with dangol_, a counter that does not end in _total, or a name used as two kinds ends
// the process: it is a programming error.
class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  Counter GetCounter(const std::string& name, const std::string& help, const Labels& labels = {});
  Gauge GetGauge(const std::string& name, const std::string& help, const Labels& labels = {});
  Histogram GetHistogram(const std::string& name, const std::string& help,
                         const Labels& labels = {},
                         const std::vector<double>& bounds = LatencyBuckets());

  // All metrics in Prometheus' text exposition format.
  std::string Render() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace dangol::obs
