#include "services/profile/domain/facts.h"

#include <algorithm>
#include <vector>

#include "dangol/event/v1/customer.pb.h"
#include "dangol/event/v1/ingest.pb.h"
#include "dangol/profile/v1/state.pb.h"
#include "gtest/gtest.h"

namespace dangol::profile {
namespace {

using event::v1::CustomerUpsert;
using event::v1::ProfileChanged;

constexpr Micros kNow = 1'000;

CustomerUpsert Text(Micros observed, const std::string& name, const std::string& value) {
  CustomerUpsert u;
  u.set_observed_time_us(observed);
  (*u.mutable_traits())[name].set_text(value);
  return u;
}

CustomerUpsert Consent(Micros observed, bool granted) {
  CustomerUpsert u;
  u.set_observed_time_us(observed);
  v1::Consent* c = u.add_consents();
  c->set_channel("sms");
  c->set_purpose(v1::CONSENT_PURPOSE_MARKETING);
  c->set_granted(granted);
  c->set_evidence(granted ? "form 1" : "");
  return u;
}

TEST(FactsTest, OnlyWhatChangedIsPublished) {
  v1::CustomerRecord record;
  ProfileChanged first;
  EXPECT_TRUE(MergeFacts(Text(10, "grade", "gold"), kNow, &record, &first).facts_changed);
  EXPECT_EQ(first.traits().at("grade").value().text(), "gold");

  ProfileChanged again;
  const MergeResult later = MergeFacts(Text(20, "grade", "gold"), kNow, &record, &again);
  EXPECT_TRUE(later.record_changed) << "observed later";
  EXPECT_FALSE(later.facts_changed);
  EXPECT_EQ(again.ByteSizeLong(), 0u);
  EXPECT_FALSE(MergeFacts(Text(20, "grade", "gold"), kNow, &record, &again).record_changed)
      << "idempotent";
}

TEST(FactsTest, AnOlderFactNeverWins) {
  v1::CustomerRecord record;
  ProfileChanged out;
  MergeFacts(Text(20, "grade", "gold"), kNow, &record, &out);
  EXPECT_FALSE(MergeFacts(Text(19, "grade", "silver"), kNow, &record, &out).record_changed);
  EXPECT_EQ(record.traits(0).trait().value().text(), "gold");
}

TEST(FactsTest, ARemovedTraitIsNotRevivedByAnOlderFact) {
  v1::CustomerRecord record;
  ProfileChanged out;
  MergeFacts(Text(20, "grade", "gold"), kNow, &record, &out);
  CustomerUpsert removal;
  removal.set_observed_time_us(30);
  (*removal.mutable_traits())["grade"];
  ProfileChanged removed;
  EXPECT_TRUE(MergeFacts(removal, kNow, &record, &removed).facts_changed);
  EXPECT_EQ(removed.removed_traits(0), "grade");
  EXPECT_FALSE(MergeFacts(Text(25, "grade", "silver"), kNow, &record, &out).record_changed);
  v1::Customer shown;
  FillCustomer(1, record, &shown);
  EXPECT_TRUE(shown.traits().empty());
}

// Every order of arrival ends in the same record.
TEST(FactsTest, TheOrderOfArrivalDoesNotMatter) {
  std::vector<CustomerUpsert> facts = {Text(10, "a", "x"), Text(20, "a", "y"), Text(20, "a", "z"),
                                       Consent(10, true),  Consent(20, false), Consent(20, true)};
  facts[1].set_time_zone("Asia/Seoul");
  facts[2].set_time_zone("Asia/Tokyo");
  facts[3].mutable_restriction()->set_do_not_serve(true);
  facts[0].mutable_restriction()->set_reason("r");
  std::vector<int> order = {0, 1, 2, 3, 4, 5};
  std::string expected;
  do {
    v1::CustomerRecord record;
    ProfileChanged out;
    for (int i : order) MergeFacts(facts[i], kNow, &record, &out);
    record.clear_version();
    if (expected.empty()) expected = record.SerializeAsString();
    ASSERT_EQ(record.SerializeAsString(), expected);
    ASSERT_EQ(record.traits(0).trait().value().text(), "z") << "the larger at the same time";
    ASSERT_FALSE(record.consents(0).granted()) << "a refusal at the same time";
    ASSERT_TRUE(record.restriction().do_not_serve());
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST(FactsTest, FutureObservationsCountAsNow) {
  v1::CustomerRecord record;
  ProfileChanged out;
  MergeFacts(Text(kNow + 5'000, "a", "future"), kNow, &record, &out);
  EXPECT_EQ(record.traits(0).trait().observed_time_us(), kNow);
  EXPECT_TRUE(MergeFacts(Text(kNow + 1, "a", "later"), kNow + 1, &record, &out).facts_changed);
}

TEST(FactsTest, ACommandWinsEvenWhenTheClockStandsStill) {
  v1::CustomerRecord record;
  ProfileChanged out;
  MergeFacts(Consent(kNow, false), kNow, &record, &out);
  CustomerUpsert command = Consent(0, true);
  MakeNewest(record, kNow, &command);
  EXPECT_TRUE(MergeFacts(command, command.observed_time_us(), &record, &out).facts_changed);
  EXPECT_TRUE(record.consents(0).granted());
}

}  // namespace
}  // namespace dangol::profile
