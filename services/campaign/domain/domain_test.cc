#include <cmath>
#include <functional>
#include <map>

#include "gtest/gtest.h"
#include "libs/base/calendar.h"
#include "libs/base/status.h"
#include "services/campaign/domain/activity_kinds.h"
#include "services/campaign/domain/cells.h"
#include "services/campaign/domain/contact_id.h"
#include "services/campaign/domain/contact_policy.h"
#include "services/campaign/domain/customer_ref.h"
#include "services/campaign/domain/state_machine.h"
#include "services/campaign/domain/validate.h"
#include "services/campaign/testing/harness.h"

namespace dangol::campaign {
namespace {

CustomerId Customer(uint64_t n) { return (n << 22) | ((n * 37 % kSlots) << 10) | 1; }

TEST(Cells, SharesAreKeptAndSaltChangesThem) {
  const v1::Campaign c = WinBack();
  v1::Campaign salted = c;
  salted.mutable_assignment()->mutable_hash()->set_salt_version(1);
  int control = 0, moved = 0;
  const int n = 100'000;
  for (int i = 0; i < n; ++i) {
    const auto* cell = CellByHash(c, c.audiences(0), Customer(i));
    control += cell->is_control();
    moved += CellByHash(salted, salted.audiences(0), Customer(i))->name() != cell->name();
  }
  EXPECT_NEAR(control, n * 0.2, 4 * std::sqrt(n * 0.2 * 0.8));
  EXPECT_NEAR(moved, n * 2 * 0.2 * 0.8, 4 * std::sqrt(n * 0.32));
}

TEST(ContactId, IsStableAndKnowsItsPartition) {
  const CustomerId id = Customer(123);
  const std::string contact = MakeContactId("win-back", "w1", id);
  EXPECT_TRUE(CheckContactId(contact).ok());
  EXPECT_EQ(contact, MakeContactId("win-back", "w1", id));
  EXPECT_NE(contact, MakeContactId("win-back", "w2", id));
  EXPECT_NE(contact, MakeContactId("win-bac", "kw1", id));
  EXPECT_EQ(SlotOfContact(contact), SlotOfCustomer(id));
  EXPECT_EQ(RawContactId(contact).substr(0, 4), RawPrefixOfCampaign("win-back"));
  EXPECT_EQ(ContactIdOfRaw(RawContactId(contact)), contact);
  EXPECT_EQ(RawContactId("0123456789abcdef"), "\x01\x23\x45\x67\x89\xab\xcd\xef");
  EXPECT_FALSE(CheckContactId("xyz").ok());
}

TEST(Policy, QuietHoursEndInTheCustomersZone) {
  const absl::TimeZone seoul = *LoadZone("Asia/Seoul");
  // Noon UTC is 21:00 in Seoul.
  EXPECT_EQ(EndOfWindow(21 * 60, 8 * 60, kNoon, seoul), kNoon + 11 * kMicrosPerHour);
  EXPECT_EQ(EndOfWindow(21 * 60, 8 * 60, kNoon, absl::UTCTimeZone()), 0);
  EXPECT_EQ(EndOfWindow(21 * 60, 8 * 60, kNoon + 11 * kMicrosPerHour, seoul), 0);
  EXPECT_EQ(EndOfWindow(12 * 60, 13 * 60, kNoon, absl::UTCTimeZone()), kNoon + kMicrosPerHour);
  EXPECT_EQ(EndOfWindow(60, 60, kNoon, seoul), 0);
}

struct Case {
  v1::Campaign campaign = WinBack();
  v1::Channel channel;
  v1::CustomerRecord customer;
  v1::ContactPolicy policy;
  PolicyInput input;

  Case() {
    campaign.set_state(v1::CAMPAIGN_STATE_RUNNING);
    channel.set_consent_channel("email");
    auto* mark = customer.add_consents();
    mark->set_channel("email");
    mark->set_purpose(profile::v1::CONSENT_PURPOSE_MARKETING);
    mark->set_granted(true);
    input.campaign = &campaign;
    input.channel = &channel;
    input.customer = &customer;
    input.policy = &policy;
    input.plan_time = input.now = kNoon;
    input.self = 99;
  }
};

TEST(Policy, ChecksDecideInOrder) {
  Case all;
  EXPECT_EQ(Judge(all.input).verdict, Verdict::kContact);
  Case bad;
  bad.input.standing.lost = "LEFT_SEGMENT";
  EXPECT_EQ(Judge(bad.input).reason, "LEFT_SEGMENT");
  bad.policy.add_caps()->set_window_us(kMicrosPerDay);  // count 0: none at all
  EXPECT_EQ(Judge(bad.input).reason, "OVER_CAP");
  bad.customer.clear_consents();
  EXPECT_EQ(Judge(bad.input).reason, "NO_CONSENT");
  bad.customer.mutable_restriction()->set_do_not_serve(true);
  EXPECT_EQ(Judge(bad.input).reason, "DO_NOT_SERVE");
  bad.campaign.set_state(v1::CAMPAIGN_STATE_CANCELLED);
  EXPECT_EQ(Judge(bad.input).reason, "CANCELLED");
  bad.customer.mutable_restriction()->set_until_time_us(kNoon - 1);
  bad.campaign.set_state(v1::CAMPAIGN_STATE_RUNNING);
  EXPECT_EQ(Judge(bad.input).reason, "NO_CONSENT");
}

TEST(Policy, CapsAreRollingWindows) {
  Case c;
  c.policy.add_caps()->set_count(2);
  c.policy.mutable_caps(0)->set_window_us(7 * kMicrosPerDay);
  c.customer.add_recent()->set_time_us(kNoon - 7 * kMicrosPerDay);  // just out
  c.customer.add_recent()->set_time_us(kNoon - kMicrosPerDay);
  EXPECT_EQ(Judge(c.input).verdict, Verdict::kContact);
  c.customer.add_recent()->set_time_us(kNoon - 7 * kMicrosPerDay + 1);
  EXPECT_EQ(Judge(c.input).reason, "OVER_CAP");
  // A service message is not capped; it needs its own consent, and nothing else is different.
  c.campaign.set_purpose(profile::v1::CONSENT_PURPOSE_SERVICE);
  EXPECT_EQ(Judge(c.input).reason, "NO_CONSENT");
  c.customer.mutable_consents(0)->set_purpose(profile::v1::CONSENT_PURPOSE_SERVICE);
  EXPECT_EQ(Judge(c.input).verdict, Verdict::kContact);
}

TEST(Policy, AStaleFeedWaitsAndThenSuppresses) {
  Case c;
  c.campaign.add_freshness()->set_source("pos");
  c.campaign.mutable_freshness(0)->set_max_age_us(kMicrosPerDay);
  Micros heard = kNoon - 2 * kMicrosPerDay;
  c.input.heard = [&](absl::string_view) { return heard; };
  EXPECT_EQ(Judge(c.input).until, kNoon + kFreshnessRecheck);
  c.input.now = kNoon + kDefaultSendWithin;
  EXPECT_EQ(Judge(c.input).reason, "STALE_FEED");
  heard = c.input.now;
  EXPECT_EQ(Judge(c.input).verdict, Verdict::kContact);
  c.input.now += 1;
  EXPECT_EQ(Judge(c.input).reason, "TOO_LATE");
}

TEST(Policy, AWaitBeyondSendWithinIsTooLate) {
  Case c;
  common::v1::BusinessUnit unit;
  unit.mutable_quiet_hours()->set_start_minute(11 * 60);
  unit.mutable_quiet_hours()->set_end_minute(18 * 60);
  c.input.unit = &unit;
  EXPECT_EQ(Judge(c.input).until, kNoon + 6 * kMicrosPerHour);
  c.campaign.set_send_within_us(kMicrosPerHour);
  EXPECT_EQ(Judge(c.input).reason, "TOO_LATE");
}

TEST(Validate, NamesThePathOfWhatIsWrong) {
  using Spoil = std::function<void(v1::Campaign*)>;
  const std::map<std::string, Spoil> cases = {
      {"campaign.name", [](auto* c) { c->set_name("Win Back"); }},
      {"campaign.business_unit", [](auto* c) { c->clear_business_unit(); }},
      {"campaign.trigger", [](auto* c) { c->clear_trigger(); }},
      {"campaign.audiences", [](auto* c) { c->clear_audiences(); }},
      {"campaign.audiences[0].cells",
       [](auto* c) { c->mutable_audiences(0)->mutable_cells(0)->set_share_bp(7999); }},
      {"campaign.audiences[0].cells[1].name",
       [](auto* c) { c->mutable_audiences(0)->mutable_cells(1)->set_name("mail"); }},
      {"campaign.audiences[0].cells[0].channel",
       [](auto* c) { c->mutable_audiences(0)->mutable_cells(0)->clear_channel(); }},
      {"campaign.response_window_us", [](auto* c) { c->set_response_window_us(0); }},
      {"campaign.seed_list[0]", [](auto* c) { c->add_seed_list("someone"); }},
      {"campaign.freshness[0].source", [](auto* c) { c->add_freshness(); }},
      {"campaign.metrics[0].name", [](auto* c) { c->add_metrics(); }},
      {"campaign.assignment.list.sha256",
       [](auto* c) { c->mutable_assignment()->mutable_list()->set_sha256("ab"); }},
      {"campaign.trigger.batch.waves[0].name",
       [](auto* c) { c->mutable_trigger()->mutable_batch()->mutable_waves(0)->set_name("proof"); }},
  };
  ASSERT_TRUE(ValidateCampaign(WinBack()).ok()) << ValidateCampaign(WinBack());
  for (const auto& [path, spoil] : cases) {
    v1::Campaign c = WinBack();
    spoil(&c);
    const absl::Status bad = ValidateCampaign(c);
    ASSERT_FALSE(bad.ok()) << path;
    EXPECT_EQ(DetailOf(bad).fields[0].field, path);
  }
}

// `where: {chanel: web}`, inquiries and sums of visits measured 0 for ever, without a word.
TEST(Validate, BugWhatMeasuresNothingWasAccepted) {
  struct Case {
    const char* kind;
    v1::MetricMeasure measure;
    const char* where;
    const char* path;  // "": good
    const char* says;
  };
  const Case cases[] = {
      {"purchase", v1::METRIC_MEASURE_SUM, "channel", "", ""},
      {"visit", v1::METRIC_MEASURE_SHARE, "", "", ""},
      {"app_open", v1::METRIC_MEASURE_COUNT, "screen", "", ""},
      {"purchase", v1::METRIC_MEASURE_SUM, "chanel", "campaign.metrics[0].where[chanel]",
       "channel"},
      {"visit", v1::METRIC_MEASURE_SHARE, "price_band", "campaign.metrics[0].where[price_band]",
       "treatment_code"},
      {"inquiry", v1::METRIC_MEASURE_SHARE, "", "campaign.metrics[0].activity_kind", "visit"},
      {"return", v1::METRIC_MEASURE_SUM, "", "campaign.metrics[0].activity_kind", "purchase"},
      {"visit", v1::METRIC_MEASURE_SUM, "", "campaign.metrics[0].measure", "COUNT"},
      {"app_open", v1::METRIC_MEASURE_SUM, "", "campaign.metrics[0].measure", "COUNT"},
  };
  for (const Case& one : cases) {
    v1::Campaign c = WinBack();
    v1::Metric* metric = c.add_metrics();
    metric->set_name("m");
    metric->set_activity_kind(one.kind);
    metric->set_measure(one.measure);
    if (*one.where != 0) (*metric->mutable_where())[one.where] = "web";
    const absl::Status status = ValidateCampaign(c);
    if (*one.path == 0) {
      EXPECT_TRUE(status.ok()) << status;
      continue;
    }
    ASSERT_FALSE(status.ok()) << one.kind << one.where;
    EXPECT_EQ(DetailOf(status).fields[0].field, one.path);
    EXPECT_NE(status.message().find(one.says), std::string::npos) << status;
  }
}

// The report took the shares of cells by list as equal where neither was given.
TEST(Validate, AListSaysWhatItsCellsShouldHold) {
  v1::Campaign c = WinBack();
  v1::ListAssignment* list = c.mutable_assignment()->mutable_list();
  list->set_sha256(std::string(64, 'a'));
  EXPECT_TRUE(ValidateCampaign(c).ok()) << "by shares: " << ValidateCampaign(c);
  for (v1::Cell& cell : *c.mutable_audiences(0)->mutable_cells()) cell.clear_share_bp();
  const std::string path = "campaign.assignment.list.expected_counts";
  ASSERT_FALSE(ValidateCampaign(c).ok());
  EXPECT_EQ(DetailOf(ValidateCampaign(c)).fields[0].field, path);
  EXPECT_NE(ValidateCampaign(c).message().find("share_bp"), std::string::npos);
  (*list->mutable_expected_counts())["mail"] = 100;
  ASSERT_FALSE(ValidateCampaign(c).ok());
  EXPECT_EQ(DetailOf(ValidateCampaign(c)).fields[0].field, path);
  EXPECT_NE(ValidateCampaign(c).message().find("hold"), std::string::npos);
  (*list->mutable_expected_counts())["hold"] = 100;
  EXPECT_TRUE(ValidateCampaign(c).ok()) << "by counts: " << ValidateCampaign(c);
}

TEST(Validate, ATriggersMinimumIsOfPurchases) {
  v1::Campaign c = WinBack();
  c.mutable_trigger()->mutable_activity()->set_activity_kind("visit");
  c.mutable_trigger()->mutable_activity()->set_min_net_minor(1'000);
  EXPECT_EQ(DetailOf(ValidateCampaign(c)).fields[0].field,
            "campaign.trigger.activity.min_net_minor");
}

// Kinds are open, so that a slip can only be warned of.
TEST(Validate, KindsThatLookLikeSlipsAreWarnedOf) {
  v1::Campaign c = WinBack();
  c.mutable_trigger()->mutable_activity()->set_activity_kind("purchse");
  v1::Metric* metric = c.add_metrics();
  metric->set_name("m");
  metric->set_activity_kind("vist");
  metric->set_measure(v1::METRIC_MEASURE_SHARE);
  (*metric->mutable_where())["chanel"] = "web";
  EXPECT_TRUE(ValidateCampaign(c).ok());
  const std::vector<std::string> warnings = ActivityWarnings(c);
  ASSERT_EQ(warnings.size(), 3u);
  EXPECT_NE(warnings[0].find("\"purchase\""), std::string::npos) << warnings[0];
  EXPECT_NE(warnings[1].find("\"visit\""), std::string::npos) << warnings[1];
  EXPECT_NE(warnings[2].find("\"channel\""), std::string::npos) << warnings[2];
  metric->set_activity_kind("app_open");
  metric->clear_where();
  c.mutable_trigger()->mutable_activity()->set_activity_kind("purchase");
  EXPECT_TRUE(ActivityWarnings(c).empty());
}

TEST(Validate, ADirectoryCannotLeaveTheDropRoot) {
  v1::Channel channel;
  channel.set_name("printer");
  channel.set_consent_channel("mail");
  for (const char* bad : {"", "..", "a/../b", "/etc", "a//b", ".hidden", "a/.."}) {
    channel.mutable_file_drop()->set_directory(bad);
    EXPECT_FALSE(ValidateChannel(channel).ok()) << bad;
  }
  channel.mutable_file_drop()->set_directory("printer/seoul_1");
  EXPECT_TRUE(ValidateChannel(channel).ok());
}

TEST(Hash, BindsTheDefinitionNotItsWordsOrState) {
  v1::Campaign c = WinBack();
  const std::string hash = DefinitionHash(c);
  c.set_objective("words");
  c.set_version(9);
  c.set_state(v1::CAMPAIGN_STATE_RUNNING);
  EXPECT_EQ(DefinitionHash(c), hash);
  c.set_once_per_customer(true);
  EXPECT_NE(DefinitionHash(c), hash);
}

TEST(Ref, RoundTrips) {
  for (const char* text : {"customers/0000000000000001", "email:a@b.c", "user_id:7"}) {
    EXPECT_EQ(RefText(*ParseRef("f", text)), text);
  }
  EXPECT_FALSE(ParseRef("f", "email:").ok());
}

}  // namespace
}  // namespace dangol::campaign
