// The page of a sample report, compared with testdata/sample.html; UPDATE_GOLDEN=1 rewrites it.
#include "services/response/domain/report.h"

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "dangol/campaign/v1/campaign.pb.h"
#include "dangol/response/v1/response_service.pb.h"
#include "dangol/response/v1/state.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/stats/moments.h"
#include "services/response/report/html.h"
#include "services/response/report/text.h"

namespace dangol::response {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kGolden[] = "services/response/report/testdata/sample.html";

campaign::v1::Campaign SampleCampaign() {
  campaign::v1::Campaign campaign;
  campaign.set_name("spring-mail");
  campaign.set_display_name("Spring catalogue by e-mail");
  campaign.set_objective("Bring back customers who have not bought for two months");
  campaign.set_business_unit("shop");
  campaign.set_response_window_us(14 * kMicrosPerDay);
  campaign.set_state(campaign::v1::CAMPAIGN_STATE_FINISHED);
  auto* audience = campaign.add_audiences();
  audience->set_name("dormant");
  for (const char* name : {"mens", "womens", "control"}) {
    auto* cell = audience->add_cells();
    cell->set_name(name);
    cell->set_share_bp(3333);
    cell->set_is_control(std::string(name) == "control");
  }
  const std::pair<const char*, campaign::v1::MetricMeasure> metrics[] = {
      {"purchase", campaign::v1::METRIC_MEASURE_SHARE},
      {"visit", campaign::v1::METRIC_MEASURE_SHARE},
      {"sales", campaign::v1::METRIC_MEASURE_SUM}};
  for (const auto& [name, measure] : metrics) {
    auto* metric = campaign.add_metrics();
    metric->set_name(name);
    metric->set_measure(measure);
    metric->set_activity_kind(std::string(name) == "visit" ? "visit" : "purchase");
  }
  return campaign;
}

stats::Sums Share(int64_t n, int64_t responders) {
  return {n, responders, responders, static_cast<stats::Uint128>(responders)};
}

// The counts and sums of Hillstrom's public e-mail test.
Cells SampleCells() {
  struct Arm {
    const char* name;
    int64_t visits, conversions;
    stats::Sums spend;
  };
  const Arm arms[] = {{"mens", 3894, 267, {21307, 267, 3031169, 67590244973}},
                      {"womens", 3238, 189, {21387, 189, 2303811, 49114465763}},
                      {"control", 2262, 122, {21306, 122, 1390833, 28700503621}}};
  Cells cells;
  for (const Arm& arm : arms) {
    auto& cell = cells[{"w1", "dormant", arm.name}];
    cell.set_customers(arm.spend.n);
    const auto add = [&](const char* metric, const stats::Sums& sums) {
      auto* entry = cell.add_metrics();
      entry->set_name(metric);
      entry->set_sums(sums.Encode());
    };
    add("purchase", Share(arm.spend.n, arm.conversions));
    add("sales", arm.spend);
    add("visit", Share(arm.spend.n, arm.visits));
    auto* reason = cell.add_suppressed();
    reason->set_reason("NO_CONSENT");
    reason->set_count(120);
    auto* offer = cell.add_offers();
    offer->set_offer("free-shipping");
    offer->set_contacts(arm.spend.n);
    offer->set_purchasers(arm.conversions);
    if (std::string(arm.name) == "control") continue;
    cell.set_accepted(arm.spend.n - 20000);
    cell.set_delivered(20000);
    cell.set_direct_responses(arm.visits / 3);
    cell.set_late_responses(41);
  }
  return cells;
}

v1::RenderReportRequest SampleRequest() {
  v1::RenderReportRequest request;
  request.mutable_report()->set_campaign("spring-mail");
  auto* assumptions = request.mutable_report()->mutable_assumptions();
  assumptions->set_margin_bp(2000);
  assumptions->set_cost_per_contact_micros(10'000'000);  // ten cents
  const std::pair<const char*, int64_t> steps[] = {
      {"selected", 65'012}, {"eligible", 64'360}, {"assigned", 64'360}, {"contactable", 64'000},
      {"held out", 21'306}, {"sent", 42'694},     {"delivered", 40'000}};
  for (const auto& [label, count] : steps) {
    auto* step = request.add_waterfall();
    step->set_label(label);
    step->set_count(count);
  }
  auto* truth = request.add_true_lifts();
  truth->set_cell("mens");
  truth->set_metric("purchase");
  truth->set_difference(0.0062);
  return request;
}

v1::Report SampleReport() {
  const auto report = BuildReport(SampleCampaign(), "USD", SampleCells(), SampleRequest().report(),
                                  1'700'000'000 * kMicrosPerSecond);
  EXPECT_TRUE(report.ok()) << report.status();
  return report.value_or(v1::Report());
}

TEST(ReportTest, HillstromsPublishedNumbers) {
  const v1::Report report = SampleReport();
  EXPECT_EQ(report.customers_measured(), 64000);
  EXPECT_NEAR(report.overall(0).mean(), 0.00903125, 5e-6);
  EXPECT_NEAR(report.overall(1).mean(), 0.14678125, 5e-6);
  EXPECT_NEAR(report.overall(2).mean() / 100, 1.05090828, 5e-6);
  const auto& audience = report.audiences(0);
  EXPECT_NEAR(audience.sample_ratio().chi_square(), 0.2025, 0.001);
  EXPECT_EQ(audience.sample_ratio().degrees_of_freedom(), 2);
  ASSERT_EQ(audience.comparisons_size(), 2);
  const auto& mens = audience.comparisons(0);
  EXPECT_NEAR(mens.lifts(1).difference(), 0.07658956365, 2e-7);
  EXPECT_NEAR(mens.lifts(0).low(), 0.00500017138, 2e-7);
  EXPECT_NEAR(mens.lifts(2).difference() / 100, 0.76982715589, 1e-5);
  EXPECT_NEAR(mens.lifts(2).low() / 100, 0.48513973257, 1e-5);
  EXPECT_NEAR(mens.economics().contribution_per_head() / 100, 0.053965431, 1e-8);
  const auto& womens = audience.comparisons(1).economics();
  EXPECT_NEAR(womens.contribution_per_head() / 100, -0.015117557, 1e-8);
  EXPECT_TRUE(womens.gross_rule_go());
  EXPECT_FALSE(womens.incremental_rule_go());
  EXPECT_TRUE(womens.rules_disagree());
}

TEST(ReportTest, AnotherBaselineComparesTreatedCellsAndGivesNoEconomics) {
  v1::GetReportRequest request = SampleRequest().report();
  request.set_baseline_cell("womens");
  const auto report = BuildReport(SampleCampaign(), "USD", SampleCells(), request, 0);
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->audiences(0).comparisons(0).baseline_cell(), "womens");
  EXPECT_FALSE(report->audiences(0).comparisons(0).has_economics());
}

TEST(ReportTest, NamesWhatIsNotThere) {
  v1::GetReportRequest request;
  request.set_wave("w9");
  EXPECT_EQ(BuildReport(SampleCampaign(), "USD", SampleCells(), request, 0).status().code(),
            absl::StatusCode::kNotFound);
  request.set_wave("w1");
  request.set_baseline_cell("nobody");
  EXPECT_EQ(BuildReport(SampleCampaign(), "USD", SampleCells(), request, 0).status().code(),
            absl::StatusCode::kNotFound);
  request.set_confidence(95);
  EXPECT_THAT(std::string(CheckReportRequest(request).message()), HasSubstr("confidence"));
}

TEST(ReportTest, PageIsTheGoldenOne) {
  const std::string html = RenderHtml(SampleReport(), SampleRequest());
  if (std::getenv("UPDATE_GOLDEN") != nullptr) std::ofstream(kGolden) << html;
  std::stringstream golden;
  golden << std::ifstream(kGolden).rdbuf();
  EXPECT_TRUE(html == golden.str()) << "the page changed; look at it, then UPDATE_GOLDEN=1";
}

TEST(ReportTest, HostileNamesStayText) {
  const std::string evil = "<script>alert('x')</script>\"><img src=x onerror=1>";
  campaign::v1::Campaign campaign = SampleCampaign();
  campaign.set_display_name(evil);
  campaign.set_objective(evil);
  campaign.mutable_audiences(0)->set_name(evil);
  campaign.mutable_audiences(0)->mutable_cells(0)->set_name(evil);
  campaign.mutable_metrics(0)->set_name(evil);
  Cells cells;
  auto& cell = cells[{"w1", evil, evil}];
  cell.set_customers(1);
  auto* reason = cell.add_suppressed();
  reason->set_reason(evil);
  reason->set_count(1);
  auto* offer = cell.add_offers();
  offer->set_offer(evil);
  offer->set_contacts(1);
  v1::RenderReportRequest request = SampleRequest();
  request.mutable_waterfall(0)->set_label(evil);
  const auto report = BuildReport(campaign, "<b>", cells, request.report(), 0);
  ASSERT_TRUE(report.ok());
  const std::string html = RenderHtml(*report, request);
  EXPECT_THAT(html, Not(HasSubstr("<script")));
  EXPECT_THAT(html, Not(HasSubstr("<img")));
  EXPECT_THAT(html, Not(HasSubstr("<b>\u202f")));
  EXPECT_THAT(html, HasSubstr("&lt;script&gt;"));
}

TEST(ReportTest, EmptyCampaignStillMakesAPage) {
  const auto report = BuildReport(SampleCampaign(), "KRW", {}, SampleRequest().report(), 0);
  ASSERT_TRUE(report.ok());
  const std::string html = RenderHtml(*report, {});
  EXPECT_THAT(html, HasSubstr("too little data"));
  EXPECT_THAT(html, Not(HasSubstr("nan")));
}

TEST(TextTest, MoneyByCurrency) {
  EXPECT_EQ(Money(1234567, "KRW"), "₩1,234,567");
  EXPECT_EQ(Money(1234567, "USD"), "$12,346");
  EXPECT_EQ(Money(142.26, "USD"), "$1.4226");
  EXPECT_EQ(SignedMoney(-5550, "USD"), "\u2212$55.50");
  EXPECT_EQ(Money(1500, "KWD"), "KWD\u202f1.500");
  EXPECT_EQ(Count(-1234), "\u22121,234");
  EXPECT_EQ(Percent(0.0812), "8.12\u202f%");
}

}  // namespace
}  // namespace dangol::response
