// The reference numbers of DOMAIN's scheme and dormant tiers on the CDNOW master file.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "dangol/event/v1/activity.pb.h"
#include "dangol/segmentation/v1/segmentation_service.pb.h"
#include "gtest/gtest.h"
#include "libs/base/calendar.h"
#include "services/segmentation/query.h"
#include "services/segmentation/testing_partition.h"

namespace dangol::segmentation {
namespace {

std::string DataFile() {
  const char* root = std::getenv("DANGOL_TEST_DATA");
  return absl::StrCat(root != nullptr ? root : "../shared/data", "/cdnow/CDNOW_master.txt.gz");
}

std::string Unzip(const std::string& path) {
  std::string text;
  FILE* pipe = popen(absl::StrCat("gzip -dc '", path, "'").c_str(), "r");
  char buffer[1 << 16];
  while (size_t n = fread(buffer, 1, sizeof(buffer), pipe)) text.append(buffer, n);
  EXPECT_EQ(pclose(pipe), 0);
  return text;
}

// "00001 19970101 1 11.77": customer, day, disks, dollars.
event::v1::Activity OrderOf(const std::vector<absl::string_view>& fields, int row) {
  event::v1::Activity activity;
  activity.set_message_id(absl::StrCat("cdnow:", row));
  activity.set_external_id(activity.message_id());
  activity.set_business_unit("cdnow");
  const std::string day(fields[1]);
  activity.set_occurred_time_us(
      *ParseTime(absl::StrCat(day.substr(0, 4), "-", day.substr(4, 2), "-", day.substr(6)),
                 absl::UTCTimeZone()));
  double dollars = 0;
  EXPECT_TRUE(absl::SimpleAtod(fields[3], &dollars));
  activity.mutable_purchase()->set_net_minor(static_cast<int64_t>(dollars * 100 + 0.5));
  activity.mutable_purchase()->set_currency("USD");
  return activity;
}

int Load(TestPartition& p) {
  int row = 0;
  for (absl::string_view line : absl::StrSplit(Unzip(DataFile()), '\n')) {
    const std::vector<absl::string_view> fields =
        absl::StrSplit(line, absl::ByAnyChar(" \r"), absl::SkipEmpty());
    uint64_t customer = 0;
    if (fields.size() != 4 || !absl::SimpleAtoi(fields[0], &customer)) continue;
    p.Track(customer, OrderOf(fields, ++row));
  }
  return row;
}

int64_t CountTier(TestPartition& p, const std::string& cut, Micros at) {
  v1::CountAudienceRequest request;
  request.set_business_unit("cdnow");
  request.add_cuts(cut);
  v1::CountAudienceResponse response;
  EXPECT_TRUE(CountPartition(p.Ask(at), request, &response).ok());
  EXPECT_EQ(response.population(), 23'570);
  return response.total();
}

TEST(Cdnow, GivesTheReferenceCells) {
  if (!std::filesystem::exists(DataFile())) {
    const char* ci = std::getenv("CI");
    ASSERT_FALSE(ci != nullptr && absl::string_view(ci) == "true") << DataFile() << " is missing";
    GTEST_SKIP() << "skipped: " << DataFile() << " is missing; set DANGOL_TEST_DATA";
  }
  TestPartition p;
  p.AddUnit("cdnow", "USD", "UTC");
  ASSERT_EQ(Load(p), 69'659);
  const Micros at = *ParseTime("1998-07-01", absl::UTCTimeZone());

  v1::RfmGrid grid;
  ASSERT_TRUE(GridOfPartition(p.Ask(at), kPresetScheme, "cdnow", &grid).ok());
  std::map<std::pair<int, int>, int64_t> cells;
  for (const v1::RfmCell& c : grid.recency_frequency()) {
    cells[{c.recency_class(), c.frequency_class()}] = c.count();
  }
  const std::map<std::pair<int, int>, int64_t> reference = {
      {{1, 1}, 15'687}, {{1, 2}, 3'222}, {{1, 3}, 1'344}, {{2, 1}, 421}, {{2, 2}, 202},
      {{2, 3}, 146},    {{3, 1}, 1'085}, {{3, 2}, 755},   {{3, 3}, 708}};
  EXPECT_EQ(cells, reference);

  EXPECT_EQ(CountTier(p, "stage = \"dormant-2\"", at), 2'826);
  EXPECT_EQ(CountTier(p, "stage = \"dormant-6\"", at), 2'958);
  EXPECT_EQ(CountTier(p, "stage = \"dormant-12\"", at), 15'238);
  EXPECT_EQ(CountTier(p,
                      "count(purchase) BETWEEN 6 AND 2 MONTHS AGO >= 1 AND "
                      "count(purchase) IN LAST 2 MONTHS = 0",
                      at),
            2'826);
  EXPECT_EQ(CountTier(p,
                      "count(purchase) BETWEEN 12 AND 6 MONTHS AGO >= 1 AND "
                      "count(purchase) IN LAST 6 MONTHS = 0",
                      at),
            2'958);
  EXPECT_EQ(CountTier(p, "count(purchase) >= 1 AND count(purchase) IN LAST 12 MONTHS = 0", at),
            15'238);
}

}  // namespace
}  // namespace dangol::segmentation
