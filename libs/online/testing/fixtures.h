// What the tests with a real server have in common.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "libs/base/mutex.h"
#include "libs/online/client.h"
#include "libs/online/testing/redis_server.h"
#include "libs/stream/metrics.h"

namespace dangol::online::testing {

// Skips, and says so, where no server is installed.
class RedisTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (HaveRedis()) return;
    GTEST_SKIP() << "skipped: online store tests need redis-server (make deps)";
  }
};

inline std::shared_ptr<Store> NewStore(const Settings& settings) {
  auto store = Store::Create(settings);
  EXPECT_TRUE(store.ok()) << store.status();
  return *store;
}

// Counts what is added, by name and label values. Thread-safe.
class CountingMetrics final : public MetricsSink {
 public:
  void Add(absl::string_view counter, MetricLabels labels, double delta) override {
    std::string name(counter);
    for (const MetricLabel& label : labels) name += "," + std::string(label.value);
    MutexLock lock(mu_);
    counts_[name] += delta;
  }
  void Set(absl::string_view gauge, MetricLabels, double value) override {
    MutexLock lock(mu_);
    counts_[std::string(gauge)] = value;
  }
  void Observe(absl::string_view, MetricLabels, double) override {}

  double operator[](const std::string& name) const {
    MutexLock lock(mu_);
    const auto it = counts_.find(name);
    return it == counts_.end() ? 0 : it->second;
  }

 private:
  mutable Mutex mu_;
  std::map<std::string, double> counts_;
};

}  // namespace dangol::online::testing
