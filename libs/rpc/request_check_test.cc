#include "libs/rpc/request_check.h"

#include <cmath>
#include <limits>

#include "dangol/campaign/v1/campaign_service.pb.h"
#include "dangol/profile/v1/profile_service.pb.h"
#include "dangol/response/v1/response_service.pb.h"
#include "dangol/stream/v1/scope_service.pb.h"
#include "gmock/gmock.h"
#include "google/protobuf/unknown_field_set.h"
#include "gtest/gtest.h"
#include "libs/base/status.h"

namespace dangol::rpc {
namespace {

using ::testing::HasSubstr;

std::string FieldOf(const google::protobuf::Message& request) {
  const absl::Status status = CheckRequest(request);
  if (status.ok()) return "";
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  const ErrorDetail detail = DetailOf(status);
  return detail.fields.empty() ? "none" : detail.fields[0].field;
}

campaign::v1::ApplyCampaignRequest Good() {
  campaign::v1::ApplyCampaignRequest request;
  request.mutable_campaign()->set_name("winback");
  request.mutable_campaign()->set_display_name("단골 되찾기 שלום e\xCC\x81");
  request.mutable_campaign()->add_audiences()->add_cells()->set_content("two\nlines\tand a tab");
  return request;
}

TEST(RequestCheck, GoodTextOfAnyScriptPasses) { EXPECT_EQ(FieldOf(Good()), ""); }

TEST(RequestCheck, TextIsBoundedAndHasNoControlCharacters) {
  auto request = Good();
  auto* cell = request.mutable_campaign()->mutable_audiences(0)->mutable_cells(0);
  cell->set_content(std::string(kTextBytesMax, 'x'));
  EXPECT_EQ(FieldOf(request), "");
  cell->set_content(std::string(kTextBytesMax + 1, 'x'));
  EXPECT_EQ(FieldOf(request), "campaign.audiences[0].cells[0].content");
  cell->set_content(std::string("a\0b", 3));
  EXPECT_EQ(FieldOf(request), "campaign.audiences[0].cells[0].content");
}

TEST(RequestCheck, BytesMayHoldAnything) {
  stream::v1::ExecuteRequest request;
  request.set_body(std::string(kTextBytesMax + 1, '\0'));
  EXPECT_EQ(CheckRequest(request), absl::OkStatus());
}

TEST(RequestCheck, InstantsDurationsAmountsAndCosts) {
  auto request = Good();
  auto* wave = request.mutable_campaign()->mutable_trigger()->mutable_batch()->add_waves();
  wave->set_start_time_us(kTimeMax);
  EXPECT_EQ(FieldOf(request), "campaign.trigger.batch.waves[0].start_time_us");
  wave->set_start_time_us(kTimeMin - 1);
  EXPECT_EQ(FieldOf(request), "campaign.trigger.batch.waves[0].start_time_us");
  wave->set_start_time_us(kTimeMin);
  request.mutable_campaign()->set_response_window_us(-1);
  EXPECT_EQ(FieldOf(request), "campaign.response_window_us");
  request.mutable_campaign()->set_response_window_us(kDurationMax);
  EXPECT_EQ(FieldOf(request), "");
  auto* fired = request.mutable_campaign()->mutable_trigger()->mutable_activity();
  fired->set_min_net_minor(std::numeric_limits<int64_t>::min());
  EXPECT_EQ(FieldOf(request), "campaign.trigger.activity.min_net_minor");
  campaign::v1::ApplyChannelRequest channel;
  channel.mutable_channel()->set_cost_micros(-1);
  EXPECT_EQ(FieldOf(channel), "channel.cost_micros");
}

TEST(RequestCheck, NumbersAreFiniteAndEnumsKnown) {
  response::v1::GetReportRequest report;
  report.set_campaign("c");
  report.set_confidence(std::nan(""));
  EXPECT_EQ(FieldOf(report), "confidence");
  report.set_confidence(std::numeric_limits<double>::infinity());
  EXPECT_EQ(FieldOf(report), "confidence");
  profile::v1::SetConsentRequest consent;
  consent.mutable_consent()->set_purpose(static_cast<profile::v1::ConsentPurpose>(99));
  EXPECT_EQ(FieldOf(consent), "consent.purpose");
}

TEST(RequestCheck, ListsAreBounded) {
  profile::v1::BatchResolveAddressesRequest request;
  for (int i = 0; i < kListItemsMax; ++i) request.add_customers("x");
  EXPECT_EQ(FieldOf(request), "");
  request.add_customers("x");
  EXPECT_EQ(FieldOf(request), "customers");
}

TEST(RequestCheck, WhatTheServerDoesNotKnowIsRefused) {
  auto request = Good();
  auto* audience = request.mutable_campaign()->mutable_audiences(0);
  audience->GetReflection()->MutableUnknownFields(audience)->AddVarint(77, 1);
  const absl::Status status = CheckRequest(request);
  EXPECT_EQ(DetailOf(status).reason, "UNKNOWN_FIELD");
  EXPECT_EQ(FieldOf(request), "campaign.audiences[0]");
  EXPECT_THAT(status.message(), HasSubstr("field 77"));
  profile::v1::TrackActivitiesRequest batch;
  EXPECT_TRUE(CheckBatch(batch).ok());
  batch.GetReflection()->MutableUnknownFields(&batch)->AddVarint(77, 1);
  EXPECT_FALSE(CheckBatch(batch).ok());
}

TEST(RequestCheck, ARequestAboutANameHasOne) {
  campaign::v1::GetCampaignRequest request;
  EXPECT_EQ(FieldOf(request), "name");
  request.set_name("x");
  EXPECT_EQ(FieldOf(request), "");
}

}  // namespace
}  // namespace dangol::rpc
