#include "services/profile/cloud_event.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "services/profile/testing_foreign.h"

namespace dangol::profile {
namespace {

using ::testing::HasSubstr;

constexpr char kType[] = "dangol.event.v1.Activity";
constexpr Micros kTime = 1'700'000'000'500'000;

std::string Why(const event::v1::ForeignRecord& record) {
  const auto event = ReadCloudEvent(record);
  EXPECT_EQ(event.status().code(), absl::StatusCode::kInvalidArgument) << event.status();
  EXPECT_EQ(DetailOf(event.status()).fields.size(), 1u);
  return std::string(event.status().message());
}

std::string Without(const std::string& header) {
  Headers headers = Binary(kType, "application/json");
  headers.erase(header);
  return Why(Foreign(headers, "{}"));
}

std::string With(const std::string& header, const std::string& value) {
  Headers headers = Binary(kType, "application/json");
  headers[header] = value;
  return Why(Foreign(headers, "{}"));
}

// An event in structured mode, with `rest` behind what is required.
std::string Object(const std::string& rest) {
  return absl::StrCat(R"({"specversion":"1.0","id":"e1","source":"/shop/pos","type":")", kType,
                      R"(",)", rest, "}");
}

TEST(CloudEventTest, BinaryMode) {
  const auto event = *ReadCloudEvent(Foreign(Binary(kType, "application/json"), "\xff{"));
  EXPECT_EQ(event.id, "e1");
  EXPECT_EQ(event.source, "/shop/pos");
  EXPECT_EQ(event.type, kType);
  EXPECT_EQ(event.time, kTime);
  EXPECT_TRUE(event.json);
  EXPECT_EQ(event.data, "\xff{") << "the data is not looked at";
}

TEST(CloudEventTest, ContentTypesAreReadAsMediaTypes) {
  for (const char* type : {"application/json", "Application/JSON", "application/json;charset=utf-8",
                           " application/json ; x=y"}) {
    EXPECT_TRUE(ReadCloudEvent(Foreign(Binary(kType, type), ""))->json) << type;
  }
  for (const char* type : {"application/protobuf", "application/x-protobuf"}) {
    EXPECT_FALSE(ReadCloudEvent(Foreign(Binary(kType, type), ""))->json) << type;
  }
  Headers headers = Binary(kType, "");
  headers.erase("content-type");
  headers["Content-Type"] = "application/json";
  EXPECT_TRUE(ReadCloudEvent(Foreign(headers, "")).ok());
}

TEST(CloudEventTest, WhatIsMissingIsNamed) {
  EXPECT_THAT(Without("ce_id"), HasSubstr("ce_id: \"\" is missing"));
  EXPECT_THAT(Without("ce_type"), HasSubstr("ce_type: \"\" is missing"));
  EXPECT_THAT(Without("ce_source"), HasSubstr("ce_source: \"\" is missing"));
  EXPECT_THAT(Without("ce_specversion"), HasSubstr("ce_specversion: \"\" is missing"));
  EXPECT_THAT(Without("content-type"), HasSubstr("use application/json or application/protobuf"));
  EXPECT_THAT(Why(Foreign({{"content-type", "application/json"}}, "{}")),
              HasSubstr("ce_specversion"));
  Headers headers = Binary(kType, "application/json");
  headers.erase("ce_time");
  EXPECT_EQ(ReadCloudEvent(Foreign(headers, ""))->time, std::nullopt);
}

TEST(CloudEventTest, WhatIsWrongIsNamed) {
  EXPECT_THAT(With("ce_specversion", "0.3"), HasSubstr("\"0.3\" is not known; use 1.0"));
  EXPECT_THAT(With("ce_time", "yesterday"), HasSubstr("ce_time: \"yesterday\" is not a time"));
  EXPECT_THAT(With("content-type", "text/xml"), HasSubstr("\"text/xml\" is not what is read"));
  EXPECT_THAT(With("content-type", "application/cloudevents-batch+json"),
              HasSubstr("one event a message"));
  EXPECT_THAT(With("content-type", "application/cloudevents+avro"),
              HasSubstr("use application/cloudevents+json"));
}

TEST(CloudEventTest, OfTwoHeadersTheLastCounts) {
  event::v1::ForeignRecord record = Foreign(Binary(kType, "application/json"), "");
  event::v1::ForeignHeader* again = record.add_headers();
  again->set_name("ce_id");
  again->set_value("e2");
  EXPECT_EQ(ReadCloudEvent(record)->id, "e2");
}

TEST(CloudEventTest, StructuredModeWithJson) {
  const auto event = ReadCloudEvent(Structured(
      Object(R"("time":"2023-11-15T07:13:20.5+09:00","traceparent":"00-x","datacontenttype":null,
             "data":{"amount":9007199254740993,"deep":[[1.5,"\u00e9"]]})")));
  ASSERT_TRUE(event.ok()) << event.status();
  EXPECT_EQ(event->id, "e1");
  EXPECT_EQ(event->source, "/shop/pos");
  EXPECT_EQ(event->type, kType);
  EXPECT_EQ(event->time, kTime);
  EXPECT_TRUE(event->json);
  EXPECT_EQ(event->data, R"({"amount":9007199254740993,"deep":[[1.5,"é"]]})");
}

TEST(CloudEventTest, StructuredModeWithBytes) {
  const auto event = ReadCloudEvent(
      Structured(Object(R"("datacontenttype":"application/protobuf","data_base64":"AP8=")")));
  ASSERT_TRUE(event.ok()) << event.status();
  EXPECT_FALSE(event->json);
  EXPECT_EQ(event->data, std::string("\0\xff", 2));
  EXPECT_EQ(ReadCloudEvent(Structured(Object(R"("data_base64":"e30=")")))->data, "{}");
}

TEST(CloudEventTest, DamagedObjectsAreRefused) {
  EXPECT_THAT(Why(Structured("")), HasSubstr("is no JSON"));
  EXPECT_THAT(Why(Structured("{\"a\":")), HasSubstr("is no JSON (byte 6)"));
  EXPECT_THAT(Why(Structured("[1]")), HasSubstr("is no JSON object"));
  EXPECT_THAT(Why(Structured("null")), HasSubstr("is no JSON object"));
  EXPECT_THAT(Why(Structured("{\"a\":\"\xff\"}")), HasSubstr("is no JSON"));
  EXPECT_THAT(Why(Structured("{\"a\":1e999}")), HasSubstr("is no JSON"));
  EXPECT_THAT(Why(Structured("{}")), HasSubstr("specversion: \"\" is missing"));
  EXPECT_THAT(Why(Structured(R"({"specversion":1.0})")), HasSubstr("specversion: \"number\""));
  EXPECT_THAT(Why(Structured(Object(R"("x":1)"))), HasSubstr("data: \"\" is missing"));
  EXPECT_THAT(Why(Structured(Object(R"("data":{},"data_base64":"e30=")"))),
              HasSubstr("stands beside data"));
  EXPECT_THAT(Why(Structured(Object(R"("data_base64":"?")"))), HasSubstr("is no base64"));
  EXPECT_THAT(Why(Structured(Object(R"("datacontenttype":"application/protobuf","data":{})"))),
              HasSubstr("put its bytes into data_base64"));
  EXPECT_THAT(Why(Structured(Object(R"("datacontenttype":"text/plain","data":"x")"))),
              HasSubstr("datacontenttype: \"text/plain\""));
}

TEST(CloudEventTest, DeepObjectsAreRefusedWithoutTakingThemApart) {
  for (const int levels : {100, 500'000}) {
    const std::string deep = std::string(levels, '[') + std::string(levels, ']');
    EXPECT_THAT(Why(Structured(Object("\"data\":" + deep))), HasSubstr("is nested too deeply"));
    EXPECT_THAT(Why(Structured(std::string(levels, '['))), HasSubstr("body: "));
  }
}

}  // namespace
}  // namespace dangol::profile
