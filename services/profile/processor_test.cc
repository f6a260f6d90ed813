// What a scope accepts and publishes: dedup, clamping, sums, consents, waves, business units.
#include "services/profile/processor.h"

#include "dangol/event/v1/contact.pb.h"
#include "dangol/event/v1/definition.pb.h"
#include "dangol/event/v1/segment.pb.h"
#include "dangol/profile/v1/command.pb.h"
#include "dangol/profile/v1/profile_service.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/status.h"
#include "services/profile/domain/history.h"
#include "services/profile/domain/stats.h"
#include "services/profile/testing_cluster.h"

namespace dangol::profile {
namespace {

constexpr Micros kNow = 1'700'000'000 * kMicrosPerSecond;

class ProcessorTest : public testing::Test {
 protected:
  ProcessorTest() : cluster_(1) { cluster_.SetNow(kNow); }

  FakeContext& ctx() { return cluster_.context(0); }
  void Take(const event::v1::IngestEvent& event) {
    cluster_.Ingest(event);
    cluster_.Run();
  }
  absl::Status Handle(Topic topic, const std::string& bytes, CustomerId customer = 0) {
    return cluster_.processor(0).Handle({topic, 0, 0, "", bytes, customer}, ctx());
  }
  int Activities() {
    int n = 0;
    for (const auto& e : cluster_.CustomerEvents()) n += e.has_activity();
    return n;
  }
  v1::Stats Stats() {
    v1::Stats stats;
    FillStats(LoadStats(ctx()), &stats);
    return stats;
  }
  absl::StatusOr<std::string> Command(const v1::ProfileCommand& command) {
    return cluster_.processor(0).HandleCommand(command.SerializeAsString(), {"ann", {}, "r"},
                                               ctx());
  }

  Cluster cluster_;
};

event::v1::IngestEvent Visit(const std::string& message_id) {
  event::v1::IngestEvent event = Purchase(message_id, {User("1")}, kNow);
  event.mutable_activity()->mutable_visit();
  return event;
}

TEST_F(ProcessorTest, PurchasesAreKnownForEverByExternalId) {
  auto order = Purchase("m1", {User("1")}, kNow, 500);
  order.mutable_activity()->set_external_id("order-1");
  Take(order);
  cluster_.SetNow(kNow + 1000 * kMicrosPerDay);
  order.mutable_activity()->set_message_id("another");
  Take(order);
  EXPECT_EQ(Activities(), 1);
  EXPECT_EQ(cluster_.Counted("duplicates/purchase"), 1);
  // The same number from another feed, or of another kind, is something else.
  order.mutable_activity()->set_source("web");
  Take(order);
  order.mutable_activity()->mutable_return_()->set_currency("KRW");
  Take(order);
  EXPECT_EQ(Activities(), 3);
  EXPECT_EQ(Stats().duplicates(), 1);
}

TEST_F(ProcessorTest, PurchasesWithoutExternalIdAreKnownByMessageId) {
  Take(Purchase("m1", {User("1")}, kNow));
  Take(Purchase("m1", {User("1")}, kNow));
  Take(Purchase("m2", {User("1")}, kNow));
  EXPECT_EQ(Activities(), 2) << "two equal rows are two events, one sent twice is one";
}

TEST_F(ProcessorTest, OtherKindsAreKnownWithinTheirWindow) {
  Take(Visit("v"));
  for (int i = 0; i < kRecentMin; ++i) Take(Visit("w" + std::to_string(i)));
  cluster_.SetNow(kNow + kRecentWindow);
  Take(Visit("v"));
  EXPECT_EQ(cluster_.Counted("duplicates/visit"), 1);
  cluster_.SetNow(kNow + kRecentWindow + 1);
  Take(Visit("v"));
  EXPECT_EQ(cluster_.Counted("duplicates/visit"), 1) << "older than 7 days and not of the last 64";
  Take(Visit("w" + std::to_string(kRecentMin - 1)));
  EXPECT_EQ(cluster_.Counted("duplicates/visit"), 2) << "still of the last 64";
}

TEST_F(ProcessorTest, AFutureTimeIsClampedAndCounted) {
  Take(Purchase("m1", {User("1")}, kNow + kMicrosPerHour));
  Take(Purchase("m2", {User("1")}, kNow - 3000 * kMicrosPerDay));
  const auto events = cluster_.CustomerEvents();
  EXPECT_EQ(events[1].activity().occurred_time_us(), kNow);
  EXPECT_EQ(events[2].activity().occurred_time_us(), kNow - 3000 * kMicrosPerDay) << "history";
  EXPECT_EQ(Stats().clamped_times(), 1);
}

TEST_F(ProcessorTest, SumsAreExact) {
  for (int i = 0; i < 20'000; ++i) {
    Take(Purchase("m" + std::to_string(i), {User(std::to_string(i % 7))}, kNow,
                  1'000'000'000'000'000));
  }
  const v1::Stats stats = Stats();
  EXPECT_EQ(stats.customers(), 7);
  EXPECT_EQ(stats.activities(), 20'000);
  ASSERT_EQ(stats.currencies_size(), 1);
  EXPECT_EQ(stats.currencies(0).purchases(), 20'000);
  EXPECT_EQ(stats.currencies(0).quantity(), 40'000);
  EXPECT_EQ(stats.currencies(0).net_minor(), "20000000000000000000") << "beyond 64 bits";
}

TEST_F(ProcessorTest, BadEventsAreDeadLetters) {
  EXPECT_EQ(Handle(Topic::kIngest, "\xff").code(), absl::StatusCode::kInvalidArgument);
  auto event = Purchase("", {User("1")}, kNow);
  EXPECT_EQ(Handle(Topic::kIngest, event.SerializeAsString()).code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(ProcessorTest, ConsentNeedsEvidence) {
  Take(Purchase("m1", {User("1")}, kNow));
  v1::ProfileCommand command;
  command.mutable_set_facts()->set_customer_id(*cluster_.Owner(User("1")));
  v1::Consent* consent = command.mutable_set_facts()->mutable_consent();
  consent->set_channel("sms");
  consent->set_purpose(v1::CONSENT_PURPOSE_MARKETING);
  consent->set_granted(true);
  const auto refused = Command(command);
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(DetailOf(refused.status()).fields.at(0).field, "consent.evidence");

  consent->set_evidence("call 17");
  const auto granted = Command(command);
  ASSERT_TRUE(granted.ok()) << granted.status();
  v1::Customer customer;
  customer.ParseFromString(*granted);
  EXPECT_EQ(customer.consents(0).source(), "principal:ann");
  EXPECT_EQ(customer.consents(0).observed_time_us(), kNow);
  EXPECT_TRUE(cluster_.CustomerEvents().back().changed().consents(0).granted());
}

TEST_F(ProcessorTest, DoNotServeIsPublished) {
  Take(Purchase("m1", {User("1")}, kNow));
  v1::ProfileCommand command;
  command.mutable_set_facts()->set_customer_id(*cluster_.Owner(User("1")));
  command.mutable_set_facts()->mutable_restriction()->set_do_not_serve(true);
  ASSERT_TRUE(Command(command).ok());
  const auto published = cluster_.CustomerEvents().back().changed().restriction();
  EXPECT_TRUE(published.do_not_serve());
  EXPECT_EQ(published.by(), "ann");
  command.mutable_set_facts()->set_customer_id(12345);
  EXPECT_EQ(Command(command).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(ProcessorTest, TheTimelineShowsWhatBecameOfContacts) {
  Take(Purchase("m1", {User("1")}, kNow));
  const CustomerId id = *cluster_.Owner(User("1"));
  event::v1::SegmentEvent segment;
  segment.set_customer_id(id);
  auto* stage = segment.mutable_membership()->add_stages();
  stage->set_business_unit("shop");
  stage->set_stage("dormant-2");
  ASSERT_TRUE(Handle(Topic::kSegment, segment.SerializeAsString(), id).ok());
  event::v1::ContactEvent contact;
  contact.set_customer_id(id);
  contact.set_business_unit("shop");
  for (auto status : {event::v1::CONTACT_STATUS_PLANNED, event::v1::CONTACT_STATUS_ATTEMPTING,
                      event::v1::CONTACT_STATUS_ACCEPTED}) {
    contact.set_status(status);
    ASSERT_TRUE(Handle(Topic::kContact, contact.SerializeAsString(), id).ok());
  }
  contact.set_is_holdout_twin(true);
  contact.set_status(event::v1::CONTACT_STATUS_PLANNED);
  ASSERT_TRUE(Handle(Topic::kContact, contact.SerializeAsString(), id).ok());
  const v1::HistoryRecord history = LoadHistory(ctx(), id);
  ASSERT_EQ(history.head_size(), 3);
  EXPECT_EQ(ParseEntry(history.head(0)).activity().activity_kind(), "purchase");
  EXPECT_EQ(ParseEntry(history.head(1)).contact().status(), "ACCEPTED");
  EXPECT_EQ(ParseEntry(history.head(1)).stage(), "dormant-2");
  EXPECT_EQ(ParseEntry(history.head(2)).contact().status(), "HELD_OUT");
}

class WaveTest : public ProcessorTest {
 protected:
  WaveTest() {
    campaign_.set_name("win-back");
    campaign_.set_version(3);
    campaign_.set_state(campaign::v1::CAMPAIGN_STATE_RUNNING);
    campaign_.set_start_time_us(kNow);
    Wave("w1", 0);
    Wave("w2", kNow + kMicrosPerDay);
  }
  void Wave(const std::string& name, Micros start) {
    auto* wave = campaign_.mutable_trigger()->mutable_batch()->add_waves();
    wave->set_name(name);
    wave->set_start_time_us(start);
  }
  void Publish() {
    event::v1::DefinitionEvent definition;
    *definition.mutable_campaign() = campaign_;
    ASSERT_TRUE(Handle(Topic::kDefinition, definition.SerializeAsString()).ok());
  }
  // Watermarks due by now: "subject@time after start".
  std::vector<std::string> Due(Micros now) {
    cluster_.SetNow(now);
    const size_t before = cluster_.CustomerEvents().size();
    Timer timer;
    while (ctx().PopDueTimer(&timer)) {
      EXPECT_TRUE(cluster_.processor(0).OnTimer(timer, ctx()).ok());
    }
    std::vector<std::string> marks;
    const auto events = cluster_.CustomerEvents();
    for (size_t i = before; i < events.size(); ++i) {
      EXPECT_EQ(events[i].customer_id(), 0u);
      marks.push_back(absl::StrCat(events[i].watermark().subject(), "@",
                                   events[i].watermark().wave_time_us() - kNow));
    }
    return marks;
  }
  campaign::v1::Campaign campaign_;
};

constexpr char kW1[] = "campaigns/win-back/waves/w1@0";
constexpr char kW2[] = "campaigns/win-back/waves/w2@86400000000";

TEST_F(WaveTest, OneMarkPerWaveAndVersion) {
  Publish();
  Publish();
  EXPECT_THAT(Due(kNow), testing::ElementsAre(kW1));
  Publish();
  EXPECT_THAT(Due(kNow), testing::IsEmpty());
  campaign_.set_version(4);
  Publish();
  EXPECT_THAT(Due(kNow), testing::ElementsAre(kW1)) << "again for the new version";
  EXPECT_THAT(Due(kNow + kMicrosPerDay), testing::ElementsAre(kW2));
}

TEST_F(WaveTest, PausedCampaignsHaveNoMarks) {
  Publish();
  campaign_.set_state(campaign::v1::CAMPAIGN_STATE_PAUSED);
  Publish();
  EXPECT_THAT(Due(kNow + 2 * kMicrosPerDay), testing::IsEmpty());
  campaign_.set_state(campaign::v1::CAMPAIGN_STATE_RUNNING);
  Publish();
  EXPECT_THAT(Due(kNow + 2 * kMicrosPerDay), testing::ElementsAre(kW1, kW2));
}

TEST_F(WaveTest, AWaveNoLongerListedIsCancelled) {
  Publish();
  campaign_.set_version(4);
  campaign_.mutable_trigger()->mutable_batch()->mutable_waves()->RemoveLast();
  Publish();
  EXPECT_THAT(Due(kNow + 2 * kMicrosPerDay), testing::ElementsAre(kW1));
}

class UnitTest : public ProcessorTest {
 protected:
  UnitTest() {
    unit_.set_name("shop");
    unit_.set_currency("KRW");
    unit_.set_time_zone("Asia/Seoul");
  }
  absl::StatusOr<v1::ApplyBusinessUnitResponse> Apply(bool validate_only = false) {
    v1::ProfileCommand command;
    *command.mutable_apply_business_unit()->mutable_business_unit() = unit_;
    command.mutable_apply_business_unit()->set_validate_only(validate_only);
    auto answer = Command(command);
    if (!answer.ok()) return answer.status();
    v1::ApplyBusinessUnitResponse response;
    response.ParseFromString(*answer);
    return response;
  }
  common::v1::BusinessUnit unit_;
};

TEST_F(UnitTest, ApplyCreatesUpdatesAndLeaves) {
  EXPECT_EQ(Apply(true)->changed(), "CREATED");
  EXPECT_TRUE(ctx().emitted.empty()) << "validated only";
  EXPECT_EQ(Apply()->changed(), "CREATED");
  EXPECT_EQ(ctx().EmittedTo<event::v1::DefinitionEvent>(Topic::kDefinition).size(), 1u);
  const auto same = Apply();
  EXPECT_EQ(same->changed(), "UNCHANGED");
  unit_.set_display_name("Shop");
  unit_.set_etag(same->business_unit().etag());
  EXPECT_EQ(Apply()->changed(), "UPDATED");
  unit_.set_display_name("Other");
  EXPECT_EQ(Apply().status().code(), absl::StatusCode::kAborted);
}

TEST_F(UnitTest, BadUnits) {
  unit_.set_currency("won");
  EXPECT_EQ(DetailOf(Apply().status()).fields.at(0).field, "business_unit.currency");
  unit_.set_currency("KRW");
  unit_.set_phone_region("XX");
  EXPECT_EQ(DetailOf(Apply().status()).fields.at(0).field, "business_unit.phone_region");
  unit_.set_phone_region("US");
  ASSERT_TRUE(Apply().ok());
  unit_.set_currency("USD");
  EXPECT_EQ(DetailOf(Apply().status()).reason, "CURRENCY_FIXED");
}

TEST_F(UnitTest, CurrencyAndRegionComeFromTheUnit) {
  unit_.set_phone_region("US");
  event::v1::DefinitionEvent definition;
  *definition.mutable_business_unit() = unit_;
  ASSERT_TRUE(Handle(Topic::kDefinition, definition.SerializeAsString()).ok());
  auto event = Purchase("m1", {Phone("(212) 555-2368")}, kNow);
  event.mutable_activity()->mutable_purchase()->clear_currency();
  ASSERT_TRUE(Handle(Topic::kIngest, event.SerializeAsString()).ok());
  EXPECT_TRUE(cluster_.Owner(Phone("+12125552368")));
  EXPECT_EQ(cluster_.CustomerEvents().back().activity().purchase().currency(), "KRW");
  // The cache is rebuilt from the tables.
  ASSERT_TRUE(cluster_.processor(0).OnAcquire(ctx()).ok());
  ASSERT_TRUE(Handle(Topic::kIngest, event.SerializeAsString()).ok());
  EXPECT_EQ(cluster_.Counted("duplicates/purchase"), 1);
}

}  // namespace
}  // namespace dangol::profile
