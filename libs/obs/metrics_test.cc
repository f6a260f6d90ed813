#include "libs/obs/metrics.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace dangol::obs {
namespace {

using ::testing::HasSubstr;

TEST(Metrics, RendersTextExposition) {
  Metrics metrics;
  metrics.GetCounter("dangol_sends_total", "Sends.", {{"outcome", "delivered"}}).Add(3);
  metrics.GetGauge("dangol_lag_seconds", "Lag.").Set(1.5);
  metrics.GetHistogram("dangol_rpc_latency_seconds", "Latency.").Observe(0.003);
  const std::string text = metrics.Render();
  EXPECT_THAT(text, HasSubstr("# TYPE dangol_sends_total counter"));
  EXPECT_THAT(text, HasSubstr("dangol_sends_total{outcome=\"delivered\"} 3"));
  EXPECT_THAT(text, HasSubstr("dangol_lag_seconds 1.5"));
  EXPECT_THAT(text, HasSubstr("dangol_rpc_latency_seconds_bucket{le=\"0.0025\"} 0"));
  EXPECT_THAT(text, HasSubstr("dangol_rpc_latency_seconds_bucket{le=\"0.005\"} 1"));
}

TEST(Metrics, SameNameAndLabelsAreOneMetric) {
  Metrics metrics;
  metrics.GetCounter("dangol_x_total", "X.", {{"a", "1"}}).Add();
  metrics.GetCounter("dangol_x_total", "X.", {{"a", "1"}}).Add();
  metrics.GetCounter("dangol_x_total", "X.", {{"a", "2"}}).Add();
  EXPECT_EQ(metrics.GetCounter("dangol_x_total", "X.", {{"a", "1"}}).Value(), 2);
}

TEST(Metrics, AnEmptyHandleDoesNothing) {
  Counter().Add();
  Gauge().Set(1);
  Histogram().Observe(1);
  EXPECT_EQ(Counter().Value(), 0);
}

TEST(MetricsDeathTest, RefusesNamesAgainstTheConvention) {
  Metrics metrics;
  EXPECT_DEATH(metrics.GetCounter("dangol_sends", "Sends."), "_total");
  EXPECT_DEATH(metrics.GetGauge("lag_seconds", "Lag."), "dangol_");
  metrics.GetGauge("dangol_lag_seconds", "Lag.");
  EXPECT_DEATH(metrics.GetHistogram("dangol_lag_seconds", "Lag."), "dangol_lag_seconds");
}

}  // namespace
}  // namespace dangol::obs
