#include "libs/stream/stage_costs.h"

#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "libs/base/cpu_clock.h"

namespace dangol {
namespace {

class Sums : public NullMetrics {
 public:
  void Add(absl::string_view counter, MetricLabels labels, double delta) override {
    sums[absl::StrCat(counter, " ", labels[0].value)] += delta;
  }
  std::map<std::string, double> sums;
};

// Processor time of this thread, about 2 ms of it.
void Work() {
  const int64_t end = ThreadCpuNanos() + 2'000'000;
  while (ThreadCpuNanos() < end) {
  }
}

TEST(StageCostsTest, EachStageIsChargedItsOwnAndToldOnce) {
  StageCosts costs(/*on=*/true);
  {
    const auto meter = costs.Of(Service::kOffer);
    Work();
  }
  ScopeCycle part;
  part.scope = {Service::kCampaign, 3};
  part.emits.push_back({{Topic::kContact, 3}, {"key", "value", 0, 0}});
  part.changes.push_back({Table::kCustomer, "id", "bytes"});
  part.changes.push_back({Table::kCustomer, "id2", std::nullopt});
  costs.CountBytes(part);
  for (int round = 0; round < 2; ++round) {
    Sums told;
    costs.Publish(told);
    const bool first = round == 0;
    EXPECT_EQ(told.sums["dangol_stage_cpu_seconds_total offer"] >= 0.002, first);
    EXPECT_EQ(told.sums["dangol_stage_cpu_seconds_total commit"], 0);
    EXPECT_EQ(told.sums["dangol_stage_bytes_total campaign"], first ? 3 + 5 + 2 + 5 + 3 : 0);
  }
}

TEST(StageCostsTest, OffItTellsNothing) {
  StageCosts costs(/*on=*/false);
  {
    const auto meter = costs.OfCommit();
    Work();
  }
  Sums told;
  costs.Publish(told);
  EXPECT_TRUE(told.sums.empty());
}

}  // namespace
}  // namespace dangol
