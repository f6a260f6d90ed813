// Records of other producers, from their bytes to the customers.
#include "services/profile/foreign.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "dangol/event/v1/definition.pb.h"
#include "libs/base/status.h"
#include "services/profile/domain/business_unit.h"
#include "services/profile/testing_cluster.h"
#include "services/profile/testing_foreign.h"

namespace dangol::profile {
namespace {

using event::v1::CustomerUpsert;
using event::v1::ForeignRecord;
using event::v1::IngestEvent;
using ::testing::HasSubstr;

constexpr Micros kNow = 1'700'000'000 * kMicrosPerSecond;
constexpr Micros kTime = kNow + 500'000;  // testing_foreign.h's
constexpr char kActivity[] = "dangol.event.v1.Activity";
constexpr char kUpsert[] = "dangol.event.v1.CustomerUpsert";
constexpr char kJson[] = "application/json";
constexpr char kProtobuf[] = "application/protobuf";

MaybeProblem OnlyShop(absl::string_view unit) {
  if (unit == "shop") return std::nullopt;
  return NoUnit(unit, {"shop"});
}

absl::StatusOr<IngestEvent> Read(const ForeignRecord& record) {
  IngestEvent event;
  DANGOL_RETURN_IF_ERROR(ReadForeign(record, OnlyShop, kNow, &event));
  return event;
}

std::string Why(const ForeignRecord& record) {
  const auto event = Read(record);
  EXPECT_EQ(event.status().code(), absl::StatusCode::kInvalidArgument) << event.status();
  EXPECT_EQ(DetailOf(event.status()).fields.size(), 1u);
  return std::string(event.status().message());
}

// As the body of an event, in each of the four forms.
std::vector<ForeignRecord> Forms(const google::protobuf::Message& item) {
  const std::string type = item.GetDescriptor()->full_name();
  const std::string bytes = item.SerializeAsString();
  const std::string begin = absl::StrCat(
      R"({"specversion":"1.0","id":"e1","source":"/shop/pos","time":"2023-11-14T22:13:20.5Z","type":")",
      type, "\",");
  return {
      Foreign(Binary(type, kJson), Json(item)), Foreign(Binary(type, kProtobuf), bytes),
      Structured(absl::StrCat(begin, "\"data\":", Json(item), "}")),
      Structured(absl::StrCat(begin, R"("datacontenttype":"application/protobuf","data_base64":")",
                              absl::Base64Escape(bytes), "\"}"))};
}

CustomerUpsert Facts() {
  CustomerUpsert upsert;
  *upsert.add_identifiers() = User("1");
  (*upsert.mutable_traits())["city"].set_text("Seoul");
  return upsert;
}

TEST(ForeignTest, WhatTheItemSaysCountsInEveryForm) {
  const IngestEvent wanted = Purchase("m1", {User("1")}, kNow - 1);
  for (const ForeignRecord& record : Forms(wanted.activity())) {
    const auto event = Read(record);
    ASSERT_TRUE(event.ok()) << event.status();
    EXPECT_EQ(event->SerializeAsString(), wanted.SerializeAsString());
  }
  for (const ForeignRecord& record : Forms(wanted)) {
    EXPECT_EQ(Read(record)->SerializeAsString(), wanted.SerializeAsString());
  }
}

TEST(ForeignTest, WhatTheItemLeavesOutIsTheEvents) {
  IngestEvent item = Purchase("", {User("1")}, 0);
  item.mutable_activity()->clear_source();
  for (const ForeignRecord& record : Forms(item.activity())) {
    const auto event = Read(record);
    ASSERT_TRUE(event.ok()) << event.status();
    EXPECT_EQ(event->activity().message_id(), "e1");
    EXPECT_EQ(event->activity().source(), "/shop/pos");
    EXPECT_EQ(event->activity().occurred_time_us(), kTime);
  }
  for (const ForeignRecord& record : Forms(Facts())) {
    const auto event = Read(record);
    ASSERT_TRUE(event.ok()) << event.status();
    EXPECT_EQ(event->upsert().message_id(), "e1");
    EXPECT_EQ(event->upsert().source(), "/shop/pos");
    EXPECT_EQ(event->upsert().observed_time_us(), kTime);
    EXPECT_EQ(event->upsert().traits().at("city").text(), "Seoul");
  }
}

TEST(ForeignTest, WithoutAnyTimeFactsAreOfNowAndAnActivityIsRefused) {
  Headers headers = Binary(kUpsert, kJson);
  headers.erase("ce_time");
  EXPECT_EQ(Read(Foreign(headers, Json(Facts())))->upsert().observed_time_us(), kNow);
  headers["ce_type"] = kActivity;
  EXPECT_THAT(Why(Foreign(headers, Json(Purchase("m", {User("1")}, 0).activity()))),
              HasSubstr("occurred_time_us: \"0\" is missing"));
}

TEST(ForeignTest, ABareRecordIsAnIngestEvent) {
  const IngestEvent wanted = Purchase("m1", {User("1")}, kNow);
  EXPECT_EQ(Read(Foreign({}, wanted.SerializeAsString()))->SerializeAsString(),
            wanted.SerializeAsString());
  EXPECT_THAT(Why(Foreign({}, "{\"activity\":{}}")), HasSubstr("send a CloudEvent"));
  EXPECT_THAT(Why(Foreign({}, "")), HasSubstr("kind: \"\" is missing"));
}

TEST(ForeignTest, ChecksAreThoseOfTheRpcs) {
  IngestEvent item = Purchase("m1", {User("1")}, kNow);
  item.mutable_activity()->set_business_unit("shoq");
  EXPECT_THAT(Why(Forms(item.activity())[0]), HasSubstr("did you mean shop?"));
  item = Purchase("m1", {User("1")}, kNow + 2 * kMicrosPerDay);
  EXPECT_THAT(Why(Forms(item.activity())[1]), HasSubstr("is more than a day ahead"));
  item = Purchase(std::string(200, 'm'), {User("1")}, kNow);
  EXPECT_THAT(Why(Forms(item.activity())[2]), HasSubstr("message_id"));
  CustomerUpsert upsert = Facts();
  upsert.set_business_unit("none");
  EXPECT_THAT(Why(Forms(upsert)[0]), HasSubstr("use one of shop"));
  upsert = Facts();
  upsert.add_consents()->set_channel("push");
  EXPECT_THAT(Why(Forms(upsert)[3]), HasSubstr("consents[0].purpose"));
  upsert = Facts();
  upsert.GetReflection()->MutableUnknownFields(&upsert)->AddVarint(99, 1);
  EXPECT_THAT(Why(Forms(upsert)[1]), HasSubstr("field 99"));
  EXPECT_THAT(Why(Forms(IngestEvent())[0]), HasSubstr("kind"));
  EXPECT_THAT(Why(Forms(Wrapped(Forms(Facts())[0]))[0]), HasSubstr("kind"));
}

TEST(ForeignTest, UnknownTypesAreNamed) {
  EXPECT_THAT(Why(Foreign(Binary("dangol.event.v1.Activities", kJson), "{}")),
              HasSubstr("did you mean dangol.event.v1.Activity?"));
  EXPECT_THAT(Why(Foreign(Binary("com.example.order", kJson), "{}")),
              HasSubstr("use dangol.event.v1.Activity, "));
}

TEST(ForeignTest, DamagedDataIsRefused) {
  for (const std::string body :
       {"", "{", "[]", "null", "1", "\"x\"", "{\"purchase\":{\"net_minor\":\"much\"}}",
        "{\"unknown\":1}", "{\"message_id\":\"\xff\"}", "{\"visit\":{},\"complaint\":{}}",
        "{\"occurred_time_us\":1e300}", "{\"visit\":{\"place\":\"VISIT_PLACE_MOON\"}}"}) {
    EXPECT_THAT(Why(Foreign(Binary(kActivity, kJson), body)),
                HasSubstr("is no dangol.event.v1.Activity in JSON"))
        << body;
  }
  EXPECT_THAT(Why(Foreign(Binary(kActivity, kJson), std::string(500'000, '['))),
              HasSubstr("in JSON"));
  std::string nested;
  for (int i = 0; i < 20'000; ++i) nested += "{\"purchase\":";
  EXPECT_THAT(Why(Foreign(Binary(kActivity, kJson), nested)), HasSubstr("in JSON"));
  for (const std::string body : {"\xff", "\x0a\xff", "{}"}) {
    EXPECT_THAT(Why(Foreign(Binary(kActivity, kProtobuf), body)),
                HasSubstr("is no dangol.event.v1.Activity in protobuf"));
  }
}

TEST(ForeignTest, HugeBodiesAreRefusedUnread) {
  const std::string huge(kForeignBytesMax + 1, ' ');
  for (const Headers& headers : {Headers(), Binary(kActivity, kJson),
                                 Headers{{"content-type", "application/cloudevents+json"}}}) {
    EXPECT_THAT(Why(Foreign(headers, huge)), HasSubstr("has 2097153 bytes; use at most 2097152"));
  }
  std::string padded = Json(Facts());
  padded.resize(kForeignBytesMax, ' ');
  EXPECT_TRUE(Read(Foreign(Binary(kUpsert, kJson), padded)).ok());
}

class ForeignRecordsTest : public testing::Test {
 protected:
  ForeignRecordsTest() : cluster_(4) {
    cluster_.SetNow(kNow);
    event::v1::DefinitionEvent unit;
    unit.mutable_business_unit()->set_name("shop");
    unit.mutable_business_unit()->set_currency("KRW");
    unit.mutable_business_unit()->set_phone_region("KR");
    for (uint32_t p = 0; p < cluster_.partitions(); ++p) {
      cluster_.Send(Topic::kDefinition, static_cast<Partition>(p), "business_unit/shop",
                    unit.SerializeAsString());
    }
    cluster_.Run();
  }
  int Activities() {
    int n = 0;
    for (const auto& e : cluster_.CustomerEvents()) n += e.has_activity();
    return n;
  }

  Cluster cluster_;
};

TEST_F(ForeignRecordsTest, FromAnyPartitionAndInAnyFormItIsOneActivityOfOneCustomer) {
  const IngestEvent written = Purchase("", {Phone("010-1234-5678")}, 0);
  const auto forms = Forms(written.activity());
  for (uint32_t p = 0; p < cluster_.partitions(); ++p) {
    cluster_.IngestAt(p, Wrapped(forms[p]));
    cluster_.IngestAt(p, Wrapped(forms[p]));
  }
  cluster_.Run();
  EXPECT_EQ(Activities(), 1);
  EXPECT_EQ(cluster_.Counted("duplicates/purchase"), 7);
  EXPECT_EQ(cluster_.Counted("foreign_events"), 8);
  EXPECT_EQ(cluster_.Counted("misplaced_events"), 6) << "all but those of one partition";
  EXPECT_TRUE(cluster_.Owner(Phone("+821012345678")));
}

TEST_F(ForeignRecordsTest, ABadOneFailsWithAReasonAndLeavesNothing) {
  IngestEvent written = Purchase("m1", {Phone("no number")}, kNow);
  const IngestEvent wrapped = Wrapped(Forms(written.activity())[0]);
  const absl::Status status = cluster_.processor(0).Handle(
      {Topic::kIngest, 0, 0, "", wrapped.SerializeAsString()}, cluster_.context(0));
  EXPECT_THAT(std::string(status.message()), HasSubstr("identifiers[0].value: \"no number\""));
  EXPECT_TRUE(cluster_.CustomerEvents().empty());
}

TEST_F(ForeignRecordsTest, AUnitThatThisScopeHasNotHeardOfIsRefused) {
  IngestEvent written = Purchase("m1", {User("1")}, kNow);
  written.mutable_activity()->set_business_unit("later");
  const absl::Status status = cluster_.processor(1).Handle(
      {Topic::kIngest, 0, 0, "", Wrapped(Forms(written.activity())[0]).SerializeAsString()},
      cluster_.context(1));
  EXPECT_THAT(std::string(status.message()), HasSubstr("business_unit: \"later\" does not exist"));
}

}  // namespace
}  // namespace dangol::profile
