// Streams that break: cancelled half-way, a bad item in the middle, a message that is no message.
#include "absl/strings/str_cat.h"
#include "dangol/campaign/v1/campaign_service.pb.h"
#include "dangol/profile/v1/profile_service.pb.h"
#include "google/protobuf/message.h"
#include "gtest/gtest.h"
#include "libs/base/status.h"
#include "tests/integration/rpc_table.h"
#include "tests/integration/server.h"

namespace dangol::integration {
namespace {

using absl::StatusCode;

constexpr char kStream[] = "profile.v1.ProfileService/StreamActivities";
constexpr char kUpload[] = "campaign.v1.CampaignService/UploadAssignments";

class StreamsTest : public testing::Test {
 protected:
  RawAnswer Send(const std::string& path, const std::vector<std::string>& messages,
                 RawOptions options = {}) {
    return CallRaw(world_.ChannelOf(FindRow(*MethodAt(path))->role), "/dangol." + path, messages,
                   options);
  }
  std::string Visits(int first, int count, int bad = -1) {
    profile::v1::StreamActivitiesRequest request;
    for (int i = first; i < first + count; ++i) {
      auto* activity = request.add_activities();
      activity->set_message_id(i == bad ? "" : absl::StrCat("visit-", i));
      activity->set_source("web");
      activity->set_business_unit("shop");
      activity->set_occurred_time_us(world_.now());
      auto* id = activity->add_identifiers();
      id->set_type(common::v1::IDENTIFIER_TYPE_USER_ID);
      id->set_value("u1");
      activity->mutable_visit()->set_place(event::v1::VISIT_PLACE_WEB);
    }
    return request.SerializeAsString();
  }
  std::string Rows(const std::string& campaign, int first, int count) {
    campaign::v1::UploadAssignmentsRequest request;
    request.set_campaign(campaign);
    for (int i = first; i < first + count; ++i) {
      auto* row = request.add_rows();
      auto* id = row->mutable_customer()->mutable_identifier();
      id->set_type(common::v1::IDENTIFIER_TYPE_USER_ID);
      id->set_value(absl::StrCat("u", i));
      row->set_cell("treated");
    }
    return request.SerializeAsString();
  }
  int64_t Activities() {
    world_.Settle();
    profile::v1::Stats stats;
    stats.ParseFromString(world_.Call("profile.v1.ProfileService/GetStats", "").messages.at(0));
    return stats.activities();
  }
  campaign::v1::ListUpload Uploaded() {
    campaign::v1::Campaign campaign;
    campaign.ParseFromString(
        world_.Call("campaign.v1.CampaignService/GetCampaign", R"(name: "listed")").messages.at(0));
    return campaign.list_upload();
  }

  World world_;
};

TEST_F(StreamsTest, RejectsAreNamedByTheirPlaceInTheStream) {
  const int64_t before = Activities();
  const RawAnswer answer = Send(kStream, {Visits(0, 5), Visits(5, 5, /*bad=*/7), Visits(10, 5)});
  ASSERT_TRUE(answer.status.ok()) << answer.status;
  ASSERT_EQ(answer.messages.size(), 3u);
  profile::v1::StreamActivitiesResponse second, last;
  ASSERT_TRUE(second.ParseFromString(answer.messages[1]));
  ASSERT_TRUE(last.ParseFromString(answer.messages[2]));
  ASSERT_EQ(second.errors_size(), 1);
  EXPECT_EQ(second.errors(0).index(), 7);
  EXPECT_EQ(second.errors(0).field(), "message_id");
  EXPECT_EQ(last.last_durable_index(), 14);
  EXPECT_EQ(last.accepted(), 14);
  EXPECT_EQ(Activities(), before + 14);
}

TEST_F(StreamsTest, WhatWasAcceptedBeforeAStreamIsCancelledStaysAndIsNotCountedTwice) {
  const int64_t before = Activities();
  const RawAnswer cancelled = Send(kStream, {Visits(0, 5), Visits(5, 5)}, {.cancel = true});
  EXPECT_EQ(cancelled.status.code(), StatusCode::kCancelled);
  ASSERT_TRUE(Send(kStream, {Visits(0, 5), Visits(5, 5)}).status.ok());
  EXPECT_EQ(Activities(), before + 10);
}

TEST_F(StreamsTest, AnEmptyBatchEndsAStream) {
  const RawAnswer answer = Send(kStream, {Visits(0, 5), "", Visits(5, 5)});
  EXPECT_EQ(answer.status.code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(answer.messages.size(), 1u);
}

// Found by this test: gRPC's Read returns false for a message it cannot parse, as at the end.
TEST_F(StreamsTest, AMessageThatIsNotUtf8IsNotTheEndOfAStream) {
  std::string broken = Visits(5, 5);
  broken.replace(broken.find("visit-7"), 7, "visit-\xff");
  const RawAnswer answer = Send(kStream, {Visits(0, 5), broken});
  EXPECT_EQ(answer.status.code(), StatusCode::kInvalidArgument) << answer.status;
  EXPECT_TRUE(answer.has_error_info);
  EXPECT_EQ(answer.messages.size(), 1u);
}

TEST_F(StreamsTest, AMessageThatIsNoProtobufIsNotTheEndOfAStream) {
  const RawAnswer answer = Send(kStream, {Visits(0, 5), "\x0a\xff"});
  EXPECT_EQ(answer.status.code(), StatusCode::kInvalidArgument) << answer.status;
  EXPECT_TRUE(answer.has_error_info);
}

TEST_F(StreamsTest, AMessageAboveTheLimitIsNotTheEndOfAStream) {
  const RawAnswer answer = Send(kStream, {Visits(0, 5), std::string(17 << 20, '\n')});
  EXPECT_EQ(answer.status.code(), StatusCode::kResourceExhausted) << answer.status;
}

TEST_F(StreamsTest, AnUploadIsWholeOrNotAtAll) {
  const std::string good = Rows("listed", 1, 4);
  std::string broken = Rows("listed", 5, 4);
  broken.replace(broken.find("u7"), 2, "u\xff");
  const std::pair<std::string, RawOptions> ends[] = {
      {broken, {}},
      {"\x0a\xff", {}},
      {Rows("listed", 5, 10'001), {}},
      {Rows("listed", 5, 4), {.cancel = true}},
  };
  for (const auto& [second, options] : ends) {
    SCOPED_TRACE(second.substr(0, 20));
    const RawAnswer answer = Send(kUpload, {good, second}, options);
    EXPECT_FALSE(answer.status.ok());
    EXPECT_EQ(Uploaded().sha256(), "");
  }
  EXPECT_TRUE(Send(kUpload, {good, Rows("listed", 5, 4)}).status.ok());
  EXPECT_EQ(Uploaded().counts().at("treated"), 8);
}

// gRPC's Read returns false before the call is known to be cancelled: nearly every try was
// accepted.
TEST_F(StreamsTest, BugAMessageAboveTheLimitCompletedAnUpload) {
  for (int i = 0; i < 15; ++i) {
    const RawAnswer answer = Send(kUpload, {Rows("listed", 1, 4), std::string(17 << 20, '\n')});
    EXPECT_EQ(answer.status.code(), StatusCode::kResourceExhausted) << answer.status;
    ASSERT_EQ(Uploaded().sha256(), "") << "try " << i;
  }
}

TEST_F(StreamsTest, ARowOfAnUploadIsNamed) {
  std::string rows = Rows("listed", 1, 3);
  rows.replace(rows.rfind("treated"), 7, "traeted");
  const RawAnswer answer = Send(kUpload, {Rows("listed", 5, 2), rows});
  EXPECT_EQ(answer.status.code(), StatusCode::kInvalidArgument);
  ASSERT_FALSE(DetailOf(answer.status).fields.empty());
  EXPECT_EQ(DetailOf(answer.status).fields[0].field, "rows[4].cell");
  EXPECT_EQ(Uploaded().sha256(), "");
}

TEST_F(StreamsTest, AWatchThatIsCancelledEnds) {
  const auto before = world_.StateHashes();
  const RawAnswer answer =
      Send("campaign.v1.CampaignService/WatchProgress",
           {campaign::v1::WatchProgressRequest().SerializeAsString()}, {.cancel = true});
  EXPECT_FALSE(answer.status.ok());
  EXPECT_EQ(world_.StateHashes(), before);
}

}  // namespace
}  // namespace dangol::integration
