#include "services/profile/domain/validate.h"

#include "dangol/event/v1/activity.pb.h"
#include "dangol/event/v1/ingest.pb.h"
#include "google/protobuf/unknown_field_set.h"
#include "gtest/gtest.h"

namespace dangol::profile {
namespace {

using event::v1::Activity;
using event::v1::CustomerUpsert;

constexpr Micros kLatest = 1'000 * kMicrosPerDay;

Activity Good() {
  Activity a;
  a.set_message_id("m");
  a.set_business_unit("shop");
  a.set_occurred_time_us(kLatest);
  a.mutable_purchase()->set_currency("KRW");
  a.mutable_purchase()->set_net_minor(1000);
  return a;
}

std::string FieldOf(const MaybeProblem& p) { return p ? p->field : ""; }

template <typename Change>
std::string Bad(Change change) {
  Activity a = Good();
  change(a);
  return FieldOf(CheckActivity(a, kLatest));
}

TEST(ValidateTest, AGoodActivityPasses) {
  EXPECT_EQ(Bad([](Activity&) {}), "");
}

TEST(ValidateTest, MessageIds) {
  EXPECT_EQ(Bad([](Activity& a) { a.clear_message_id(); }), "message_id");
  EXPECT_EQ(Bad([](Activity& a) { a.set_message_id(std::string(128, 'x')); }), "");
  EXPECT_EQ(Bad([](Activity& a) { a.set_message_id(std::string(129, 'x')); }), "message_id");
}

TEST(ValidateTest, TimesFrom1900ToTheLatest) {
  EXPECT_EQ(Bad([](Activity& a) { a.set_occurred_time_us(0); }), "occurred_time_us");
  EXPECT_EQ(Bad([](Activity& a) { a.set_occurred_time_us(kEarliestTime); }), "");
  EXPECT_EQ(Bad([](Activity& a) { a.set_occurred_time_us(kEarliestTime - 1); }),
            "occurred_time_us");
  EXPECT_EQ(Bad([](Activity& a) { a.set_occurred_time_us(kLatest + 1); }), "occurred_time_us");
}

TEST(ValidateTest, Money) {
  EXPECT_EQ(Bad([](Activity& a) { a.mutable_purchase()->set_net_minor(kMoneyMinorMax); }), "");
  EXPECT_EQ(Bad([](Activity& a) { a.mutable_purchase()->set_net_minor(kMoneyMinorMax + 1); }),
            "purchase.net_minor");
  EXPECT_EQ(Bad([](Activity& a) { a.mutable_purchase()->set_net_minor(INT64_MIN); }),
            "purchase.net_minor");
  EXPECT_EQ(Bad([](Activity& a) { a.mutable_purchase()->set_currency(""); }), "");
  for (const char* currency : {"KR", "krw", "WONS", "1RW"}) {
    EXPECT_EQ(Bad([&](Activity& a) { a.mutable_purchase()->set_currency(currency); }),
              "purchase.currency");
  }
  EXPECT_EQ(Bad([](Activity& a) { a.mutable_return_()->set_net_minor(-1); }), "return.net_minor");
  EXPECT_EQ(Bad([](Activity& a) { a.mutable_purchase()->add_lines()->set_quantity(-1); }),
            "purchase.lines[0].quantity");
}

TEST(ValidateTest, PropertiesAndKind) {
  EXPECT_EQ(Bad([](Activity& a) { a.clear_kind(); }), "kind");
  EXPECT_EQ(Bad([](Activity& a) { a.mutable_web_event(); }), "web_event.event");
  auto web = [](Activity& a, int n, size_t bytes) {
    a.mutable_web_event()->set_event("e");
    for (int i = 0; i < n; ++i) {
      (*a.mutable_web_event()->mutable_properties())[std::to_string(i)] = std::string(bytes, 'v');
    }
  };
  EXPECT_EQ(Bad([&](Activity& a) { web(a, 64, 1024); }), "");
  EXPECT_EQ(Bad([&](Activity& a) { web(a, 65, 1); }), "web_event.properties");
  EXPECT_EQ(Bad([&](Activity& a) { web(a, 1, 1025); }), "web_event.properties[0]");
  EXPECT_EQ(Bad([](Activity& a) { a.set_store("\xff"); }), "store");
}

TEST(ValidateTest, AGrantedConsentNeedsEvidence) {
  CustomerUpsert u;
  u.set_message_id("m");
  v1::Consent* consent = u.add_consents();
  consent->set_channel("email");
  consent->set_purpose(v1::CONSENT_PURPOSE_MARKETING);
  EXPECT_EQ(FieldOf(CheckUpsert(u, kLatest)), "") << "a refusal needs none";
  consent->set_granted(true);
  EXPECT_EQ(FieldOf(CheckUpsert(u, kLatest)), "consents[0].evidence");
  consent->set_evidence("form 7");
  EXPECT_EQ(FieldOf(CheckUpsert(u, kLatest)), "");
  consent->clear_purpose();
  EXPECT_EQ(FieldOf(CheckUpsert(u, kLatest)), "consents[0].purpose");
}

TEST(ValidateTest, Upserts) {
  CustomerUpsert u;
  EXPECT_EQ(FieldOf(CheckUpsert(u, kLatest)), "message_id");
  u.set_message_id("m");
  u.set_time_zone("Asia/Soul");
  EXPECT_EQ(FieldOf(CheckUpsert(u, kLatest)), "time_zone");
  u.set_time_zone("Asia/Seoul");
  EXPECT_EQ(FieldOf(CheckUpsert(u, kLatest)), "");
  u.set_observed_time_us(kLatest + 1);
  EXPECT_EQ(FieldOf(CheckUpsert(u, kLatest)), "observed_time_us");
}

// Each found by tests/integration: it was accepted.
TEST(ValidateTest, ControlCharactersInTextAreRefused) {
  EXPECT_EQ(Bad([](Activity& a) { a.set_store(std::string("a\0b", 3)); }), "store");
  EXPECT_EQ(Bad([](Activity& a) { a.set_channel("a\x1b[31m"); }), "channel");
  EXPECT_EQ(Bad([](Activity& a) { a.set_store("two\nlines\tand a tab"); }), "");
}

TEST(ValidateTest, ACurrencyThatIsNotIsRefused) {
  EXPECT_EQ(Bad([](Activity& a) { a.mutable_purchase()->set_currency("ZZZ"); }),
            "purchase.currency");
  EXPECT_EQ(Bad([](Activity& a) { a.mutable_return_()->set_currency("ZZZ"); }), "return.currency");
}

TEST(ValidateTest, WhatTheServerDoesNotKnowIsRefused) {
  const auto add = [](google::protobuf::Message* m) {
    m->GetReflection()->MutableUnknownFields(m)->AddVarint(19'000, 1);
  };
  EXPECT_TRUE(CheckActivity(
      [&] {
        Activity a = Good();
        add(&a);
        return a;
      }(),
      kLatest));
  EXPECT_EQ(Bad([&](Activity& a) { add(a.mutable_purchase()); }), "purchase");
  EXPECT_EQ(Bad([&](Activity& a) { add(a.mutable_purchase()->add_lines()); }), "purchase.lines[0]");
  EXPECT_EQ(Bad([&](Activity& a) { add(a.add_identifiers()); }), "identifiers[0]");
  EXPECT_EQ(Bad([&](Activity& a) { add(a.mutable_inquiry()); }), "inquiry");
}

TEST(ValidateTest, KindsAreCheckedToTheLastField) {
  using event::v1::PointEntryType;
  using event::v1::VisitPlace;
  EXPECT_EQ(Bad([](Activity& a) { a.mutable_visit()->set_place(static_cast<VisitPlace>(99)); }),
            "visit.place");
  EXPECT_EQ(
      Bad([](Activity& a) { a.mutable_point_entry()->set_type(static_cast<PointEntryType>(99)); }),
      "point_entry.type");
  EXPECT_EQ(Bad([](Activity& a) { a.mutable_inquiry()->set_satisfaction(6); }),
            "inquiry.satisfaction");
  EXPECT_EQ(Bad([](Activity& a) { a.mutable_inquiry()->set_wait_s(-1); }), "inquiry.wait_s");
  EXPECT_EQ(Bad([](Activity& a) { a.mutable_complaint()->set_severity(-1); }),
            "complaint.severity");
  EXPECT_EQ(Bad([](Activity& a) { a.set_received_time_us(kEarliestTime - 1); }),
            "received_time_us");
  EXPECT_EQ(Bad([](Activity& a) {
              for (int i = 0; i <= kPropertiesMax; ++i) a.mutable_purchase()->add_coupon_codes("c");
            }),
            "purchase.coupon_codes");
}

}  // namespace
}  // namespace dangol::profile
