#include <cmath>
#include <cstdio>
#include <fstream>
#include <sstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/calendar.h"
#include "libs/base/clock.h"
#include "libs/base/files.h"
#include "libs/base/hash.h"
#include "libs/base/mutex.h"
#include "libs/base/parallel.h"
#include "libs/base/rng.h"
#include "libs/base/status.h"
#include "libs/base/types.h"

namespace dangol {
namespace {

using ::testing::HasSubstr;

// Vectors of Kafka's own UtilsTest.testMurmur2.
TEST(HashTest, Murmur2IsThatOfKafkasJavaClient) {
  EXPECT_EQ(static_cast<int32_t>(Murmur2("21")), -973932308);
  EXPECT_EQ(static_cast<int32_t>(Murmur2("foobar")), -790332482);
  EXPECT_EQ(static_cast<int32_t>(Murmur2("a-little-bit-long-string")), -985981536);
  EXPECT_EQ(static_cast<int32_t>(Murmur2("a-little-bit-longer-string")), -1486304829);
  EXPECT_EQ(static_cast<int32_t>(Murmur2("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8")),
            -58897971);
  EXPECT_EQ(static_cast<int32_t>(Murmur2("abc")), 479470107);
}

TEST(TypesTest, CustomerIdsGrowAndKeepTheirSlot) {
  CustomerId last = 0;
  for (int i = 0; i < 5000; ++i) {
    const CustomerId next = NextCustomerId(77, 1'000'000, last);
    EXPECT_GT(next, last);
    EXPECT_EQ(SlotOfCustomer(next), 77);
    last = next;
  }
  EXPECT_EQ(FirstSeenOfCustomer(NextCustomerId(1, 5'000'000, 0)), 5'000'000);
  EXPECT_EQ(DecodeKey(EncodeKey(last)), last);
}

TEST(CalendarTest, MonthsEndWhereTheMonthEnds) {
  EXPECT_EQ(AddMonths(absl::CivilDay(2026, 1, 31), 1), absl::CivilDay(2026, 2, 28));
  EXPECT_EQ(AddMonths(absl::CivilDay(2026, 3, 31), -1), absl::CivilDay(2026, 2, 28));
  EXPECT_EQ(CompletedMonths(absl::CivilDay(2026, 1, 15), absl::CivilDay(2026, 7, 14)), 5);
  EXPECT_EQ(CompletedMonths(absl::CivilDay(2026, 1, 15), absl::CivilDay(2026, 7, 15)), 6);
  const auto zone = LoadZone("Asia/Seoul").value();
  const Micros t = ParseTime("2026-01-31 23:30", zone).value();
  EXPECT_EQ(FormatTime(AddMonths(t, 1, zone), zone), "2026-02-28T23:30:00+09:00");
}

// Against Abseil's own civil time, over zones with and without changes of offset.
TEST(CalendarTest, QuickPathAgreesWithTheZonesRules) {
  Rng rng(7);
  for (const char* name : {"Asia/Seoul", "America/New_York", "Australia/Lord_Howe", "UTC"}) {
    const auto zone = LoadZone(name).value();
    for (int i = 0; i < 20'000; ++i) {
      const Micros t =
          static_cast<Micros>(rng.Below(4'000'000'000'000'000)) - 1'000'000'000'000'000;
      const int months = static_cast<int>(rng.Below(49)) - 24;
      const absl::CivilSecond from = absl::ToCivilSecond(absl::FromUnixMicros(t), zone);
      const absl::CivilDay day = AddMonths(absl::CivilDay(from), months);
      ASSERT_EQ(DayOf(t, zone), absl::CivilDay(from)) << name << " " << t;
      const absl::CivilSecond to(day.year(), day.month(), day.day(), from.hour(), from.minute(),
                                 from.second());
      const Micros fraction = ((t % kMicrosPerSecond) + kMicrosPerSecond) % kMicrosPerSecond;
      ASSERT_EQ(AddMonths(t, months, zone),
                absl::ToUnixMicros(absl::FromCivil(to, zone)) + fraction)
          << name << " " << t << " " << months;
    }
  }
}

TEST(CalendarTest, BadTextNamesTheFix) {
  EXPECT_THAT(std::string(ParseDuration("2 months").status().message()), HasSubstr("s, m, h, d"));
  EXPECT_THAT(std::string(LoadZone("Asia/Soul").status().message()), HasSubstr("Asia/Seoul"));
  EXPECT_EQ(ParseDuration("14d").value(), 14 * kMicrosPerDay);
  EXPECT_EQ(FormatDuration(14 * kMicrosPerDay), "14d");
  EXPECT_EQ(ParseDuration("20ms").value(), 20 * kMicrosPerMilli);
  EXPECT_EQ(FormatDuration(20 * kMicrosPerMilli), "20ms");
  EXPECT_FALSE(ParseDuration("ms").ok());
  EXPECT_FALSE(ParseDuration("-1ms").ok());
}

TEST(FilesTest, AFileIsReplacedWholeOrTheErrorNamesTheField) {
  const std::string path = ::testing::TempDir() + "/files_test";
  ASSERT_TRUE(ReplaceFile("--port-file", path, "1 2\n").ok());
  ASSERT_TRUE(ReplaceFile("--port-file", path, "3\n").ok());
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_EQ(text.str(), "3\n");
  std::remove(path.c_str());
  EXPECT_THAT(std::string(ReplaceFile("--port-file", "/no/such/dir", "x").message()),
              HasSubstr("--port-file: \"/no/such/dir\""));
}

TEST(StatusTest, DetailSurvivesEncoding) {
  const absl::Status bad = BadField("order.gross", "-5", "is negative", "send a return instead");
  const absl::Status back = DecodeStatus(EncodeStatus(bad));
  EXPECT_EQ(back, bad);
  EXPECT_EQ(DetailOf(back).fields.at(0).field, "order.gross");
  EXPECT_TRUE(DecodeStatus(EncodeStatus(absl::OkStatus())).ok());
}

TEST(StatusTest, BugAStoredStatusWithoutDetailEndedTheProcess) {
  for (const char* bytes :
       {R"({"code":3,"message":"x","codeil":{}})", R"({"code":"3","message":"x","detail":{}})",
        R"({"code":3e9,"message":"x","detail":{}})", R"({"code":-3,"message":"x","detail":{}})",
        R"({"code":3,"message":"x","detail":[]})", R"({"code":3,"message":7,"detail":{}})",
        R"({"code":3,"message":"x","detail":{"fields":[["a"]]}})", "[]", "7", "", "{\"code\""}) {
    EXPECT_EQ(DecodeStatus(bytes).code(), absl::StatusCode::kDataLoss) << bytes;
  }
}

TEST(StatusTest, NearestSuggestsOnlyWhatIsNear) {
  EXPECT_EQ(Nearest("recenc", {"recency", "count"}), "recency");
  EXPECT_EQ(Nearest("zzz", {"recency", "count"}), "");
}

TEST(RngTest, MomentsAreThoseOfTheDistribution) {
  Rng rng(1);
  double beta = 0, normal2 = 0, poisson = 0;
  constexpr int kDraws = 100'000;
  for (int i = 0; i < kDraws; ++i) {
    beta += rng.Beta(2, 6);
    const double z = rng.Normal();
    normal2 += z * z;
    poisson += static_cast<double>(rng.Poisson(3.5));
  }
  EXPECT_NEAR(beta / kDraws, 0.25, 0.003);
  EXPECT_NEAR(normal2 / kDraws, 1.0, 0.02);
  EXPECT_NEAR(poisson / kDraws, 3.5, 0.03);
}

TEST(ClockTest, ManualClockNeverGoesBack) {
  ManualClock clock(10);
  clock.AdvanceTo(20);
  clock.AdvanceTo(15);
  EXPECT_EQ(clock.Now(), 20);
}

// Each of a round waits for the others: one after the other they would wait for ever.
TEST(ParallelTest, DoesEachOnceAndSoManyAtATime) {
  constexpr size_t kAtOnce = 4, kCount = 20;
  Mutex mu;
  CondVar all_here;
  size_t begun = 0;
  std::vector<int> done(kCount);
  ParallelFor(kCount, kAtOnce, [&](size_t i) {
    MutexLock lock(mu);
    const size_t round_ends = begun++ / kAtOnce * kAtOnce + kAtOnce;
    all_here.notify_all();
    all_here.wait(lock, [&] { return begun >= round_ends; });
    ++done[i];
  });
  EXPECT_EQ(done, std::vector<int>(kCount, 1));
  ParallelFor(0, kAtOnce, [](size_t) { FAIL(); });
}

}  // namespace
}  // namespace dangol
