// The pure parts of the CLI: text, differences, references, errors, tables, waterfalls.
#include "dangol/campaign/v1/campaign_service.pb.h"
#include "dangol/common/v1/identifier.pb.h"
#include "dangol/profile/v1/profile_service.pb.h"
#include "dangol/response/v1/response_service.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/status.h"
#include "tools/dangol/completion.h"
#include "tools/dangol/customer_text.h"
#include "tools/dangol/json.h"
#include "tools/dangol/promises.h"
#include "tools/dangol/report_text.h"
#include "tools/dangol/session.h"
#include "tools/dangol/text.h"
#include "tools/dangol/waterfall.h"

namespace dangol::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(RefTest, NamesAndIdentifiers) {
  EXPECT_EQ(ParseRef("customers/0123456789abcdef")->customer(), "customers/0123456789abcdef");
  const auto email = ParseRef("email:a@b");
  EXPECT_EQ(email->identifier().type(), common::v1::IDENTIFIER_TYPE_EMAIL);
  EXPECT_EQ(email->identifier().value(), "a@b");
  for (const char* text : {"user_id:42", "card:1", "phone:+82 10", "anonymous_id:x:y"}) {
    EXPECT_EQ(RefText(*ParseRef(text)), text);
  }
  EXPECT_EQ(ExitCodeOf(ParseRef("42").status()), kUsage);
  EXPECT_FALSE(ParseRef("user_id:").ok());
}

TEST(DiffTest, ShowsWhatChangesWithContext) {
  EXPECT_EQ(LineDiff("a\nb\n", "a\nb\n"), "");
  EXPECT_EQ(LineDiff("", "a\n"), "+a\n");
  EXPECT_EQ(LineDiff("a\nb\nc\n", "a\nB\nc\n"), " a\n-b\n+B\n c\n");
  const std::string far = LineDiff("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\n5\n6\n7\n8\nX\n");
  EXPECT_EQ(far, "…\n 6\n 7\n 8\n-9\n+X\n");
}

TEST(ErrorTest, CodesAreWhatHelpSays) {
  EXPECT_EQ(ExitCodeOf(absl::OkStatus()), 0);
  EXPECT_EQ(ExitCodeOf(Precondition("LIST_MISSING", "no list")), 1);
  EXPECT_EQ(ExitCodeOf(absl::InvalidArgumentError("the server says")), 1);
  EXPECT_EQ(ExitCodeOf(Usage(absl::InvalidArgumentError("we say"))), 2);
  EXPECT_EQ(ExitCodeOf(absl::UnavailableError("")), 3);
  EXPECT_EQ(ExitCodeOf(absl::DeadlineExceededError("")), 3);
  EXPECT_EQ(ExitCodeOf(NotFound("segment", "x")), 4);
}

// On an empty server, `apply --dry-run` gave up at the first reference to an earlier document.
TEST(PromisesTest, ADryRunKnowsWhatEarlierDocumentsCreate) {
  Promises promises;
  const absl::Status unit =
      Precondition("UNKNOWN_BUSINESS_UNIT", "there is no business unit \"beauty\"");
  const absl::Status no_unit =
      Precondition("UNKNOWN_BUSINESS_UNIT", "there is no business unit \"\"; apply it first");
  EXPECT_EQ(promises.MissingIn(unit), "");
  EXPECT_EQ(promises.MissingIn(no_unit), "");
  promises.Add("BusinessUnit", "beauty");
  promises.Add("Segment", "dormant-2");
  EXPECT_EQ(promises.MissingIn(unit), "BusinessUnit beauty");
  EXPECT_EQ(promises.MissingIn(no_unit), "BusinessUnit beauty");
  const auto expression = [](absl::string_view message) {
    return WithDetail(absl::InvalidArgumentError(message), {"BAD_EXPRESSION", {}, {}});
  };
  EXPECT_EQ(promises.MissingIn(expression("segment:1:9: unknown segment \"dormant-2\"")),
            "Segment dormant-2");
  EXPECT_EQ(promises.MissingIn(expression("segment:1:9: unknown segment \"dormant\"")), "");
  EXPECT_EQ(promises.MissingIn(expression("segment:1:1: unknown kind \"beauty\"")), "");
  EXPECT_EQ(promises.MissingIn(Precondition("SCHEME_IN_USE", "of \"beauty\"")), "");
  EXPECT_EQ(promises.MissingIn(absl::OkStatus()), "");
}

// With several business units the page said `business_unit: "" is empty` in its middle.
TEST(CustomerTest, ShowsTheUnitsOfTheLifeCycles) {
  profile::v1::Customer customer;
  EXPECT_THAT(UnitsToShow(customer, ""), testing::ElementsAre(""));
  customer.add_lifecycles()->set_business_unit("living");
  customer.add_lifecycles()->set_business_unit("beauty");
  EXPECT_THAT(UnitsToShow(customer, ""), testing::ElementsAre("beauty", "living"));
  EXPECT_THAT(UnitsToShow(customer, "shop"), testing::ElementsAre("shop"));
}

TEST(ErrorTest, ReasonAndMetadataAreShown) {
  const std::string text = Describe(
      WithDetail(absl::FailedPreconditionError("it is a draft"),
                 {"ILLEGAL_TRANSITION", {{"state", "DRAFT"}}, {{"name", "is a draft; submit"}}}));
  EXPECT_THAT(text, HasSubstr("it is a draft"));
  EXPECT_THAT(text, HasSubstr("ILLEGAL_TRANSITION"));
  EXPECT_THAT(text, HasSubstr("state: DRAFT"));
  EXPECT_THAT(text, HasSubstr("name: is a draft; submit"));
}

TEST(TableTest, NumbersStandToTheRight) {
  Table table({"NAME", "N"});
  table.Add({"a", Thousands(5)});
  table.Add({"단골", Thousands(-1234567)});
  EXPECT_EQ(table.ToString(), "NAME  N\na              5\n단골    -1,234,567\n");
}

TEST(TextTest, PercentagesAndCostsAreExact) {
  EXPECT_EQ(*ParsePercent("--margin", "40%"), 4000);
  EXPECT_EQ(*ParsePercent("--margin", "12.5"), 1250);
  EXPECT_FALSE(ParsePercent("--margin", "101%").ok());
  EXPECT_EQ(*ParseCost("0.01", "USD"), 1'000'000);
  EXPECT_EQ(*ParseCost("0.10", "USD"), 10'000'000);
  EXPECT_EQ(*ParseCost("10", "KRW"), 10'000'000);
  EXPECT_FALSE(ParseCost("cheap", "USD").ok());
  EXPECT_FALSE(ParseCost("-1", "USD").ok());
}

campaign::v1::Progress SomeProgress() {
  campaign::v1::Progress progress;
  progress.set_campaign("winback");
  progress.set_state(campaign::v1::CAMPAIGN_STATE_RUNNING);
  auto* w = progress.mutable_total();
  w->set_selected(10);
  w->set_excluded(1);
  w->set_eligible(9);
  w->set_assigned(9);
  w->set_suppressed(2);
  (*w->mutable_suppressed_by_reason())["OVER_CAP"] = 2;
  w->set_contactable(7);
  w->set_held_out(2);
  w->set_sent(5);
  w->set_assumed_delivered(5);
  return progress;
}

TEST(StateTextTest, BugTheAuditOfAChannelSaidUnspecified) {
  EXPECT_EQ(StateText(campaign::v1::CAMPAIGN_STATE_RUNNING), "RUNNING");
  EXPECT_EQ(StateText(campaign::v1::CAMPAIGN_STATE_UNSPECIFIED), "-");
  EXPECT_EQ(StateText(static_cast<campaign::v1::CampaignState>(99)), "UNKNOWN");
}

TEST(WaterfallTest, TiesAreShown) {
  const std::string text = WaterfallText(SomeProgress());
  EXPECT_THAT(text, HasSubstr("ok      selected 10 = eligible 9 + excluded 1"));
  EXPECT_THAT(text, HasSubstr("suppressed OVER_CAP: 2"));
  EXPECT_THAT(text, HasSubstr("RUNNING"));
  EXPECT_THAT(text, Not(HasSubstr("BROKEN")));
}

TEST(WaterfallTest, ABrokenTieIsShown) {
  campaign::v1::Progress progress = SomeProgress();
  progress.mutable_total()->set_sent(4);
  EXPECT_THAT(WaterfallText(progress), HasSubstr("BROKEN  contactable 7"));
}

TEST(ReportTest, UnitsFollowTheMeasure) {
  response::v1::Report report;
  report.set_campaign("winback");
  report.set_currency("USD");
  report.set_confidence(0.95);
  auto* audience = report.add_audiences();
  auto* comparison = audience->add_comparisons();
  comparison->set_cell("mens");
  comparison->set_baseline_cell("control");
  auto* spend = comparison->add_lifts();
  spend->set_metric("spend");
  spend->set_measure("SUM");
  spend->set_difference(76.98);
  spend->set_defined(true);
  auto* visit = comparison->add_lifts();
  visit->set_metric("visit");
  visit->set_measure("SHARE");
  visit->set_difference(0.0766);
  visit->set_defined(true);
  const std::string text = ReportText(report);
  EXPECT_THAT(text, HasSubstr("0.7698 USD"));
  EXPECT_THAT(text, HasSubstr("7.66 %"));
}

TEST(JsonTest, NamesAreThoseOfTheProtosAndEveryFieldIsThere) {
  campaign::v1::Waterfall waterfall;
  waterfall.set_held_out(2);
  const std::string json = ToJson(waterfall, true);
  EXPECT_THAT(json, HasSubstr("\"held_out\":\"2\""));
  EXPECT_THAT(json, HasSubstr("\"sent\":\"0\""));
}

TEST(CompletionTest, KnowsCommandsAndFlags) {
  const std::string bash = BashCompletion(
      {{"", {"apply", "clock", "--server"}}, {"clock", {"advance"}}, {"clock advance", {"--to"}}});
  EXPECT_THAT(bash, HasSubstr("[\".\"]=\"apply clock --server\""));
  EXPECT_THAT(bash, HasSubstr("[\"clock advance\"]=\"--to\""));
  EXPECT_THAT(bash, HasSubstr("complete -o filenames -F _dangol dangol"));
}

}  // namespace
}  // namespace dangol::cli
