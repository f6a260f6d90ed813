#include "libs/rpc/page_token.h"

#include "dangol/testing/v1/echo.pb.h"
#include "grpcpp/support/status.h"
#include "gtest/gtest.h"
#include "libs/base/status.h"
#include "libs/rpc/grpc_status.h"

namespace dangol::rpc {
namespace {

using testing::v1::EchoRequest;

TEST(PageToken, RoundTripsAnyCursor) {
  for (const std::string& cursor : {std::string("x"), std::string("\0\xff", 2), std::string()}) {
    const std::string token = EncodePageToken("query", cursor);
    const auto decoded = DecodePageToken(token, "query");
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    EXPECT_EQ(*decoded, cursor);
  }
  EXPECT_EQ(*DecodePageToken("", "query"), "");
}

TEST(PageToken, RefusesMisuse) {
  const std::string token = EncodePageToken("query", "cursor");
  const auto refused = [](const std::string& text, const std::string& query) {
    const auto decoded = DecodePageToken(text, query);
    return decoded.status().code() == absl::StatusCode::kInvalidArgument &&
           DetailOf(decoded.status()).fields.at(0).field == "page_token";
  };
  EXPECT_TRUE(refused(token, "another query"));
  EXPECT_TRUE(refused("cursor", "query"));
  EXPECT_TRUE(refused("!", "query"));
  for (size_t i = 0; i < token.size(); ++i) {
    std::string damaged = token;
    damaged[i] = damaged[i] == 'A' ? 'B' : 'A';
    EXPECT_TRUE(refused(damaged, "query")) << i;
    EXPECT_TRUE(refused(token.substr(0, i), "query") || i == 0) << i;
  }
}

TEST(PageToken, QueryIsTheRequestWithoutItsPage) {
  EchoRequest request;
  request.set_text("filter");
  const std::string query = QueryOf(request);
  request.set_page_token("t");
  request.set_page_size(7);
  request.set_request_id("r");
  EXPECT_EQ(QueryOf(request), query);
  request.set_text("other");
  EXPECT_NE(QueryOf(request), query);
}

TEST(PageSize, HasDefaultAndMaximum) {
  EXPECT_EQ(*PageSize(0), 50);
  EXPECT_EQ(*PageSize(7), 7);
  EXPECT_EQ(*PageSize(100'000), 1000);
  EXPECT_FALSE(PageSize(-1).ok());
}

TEST(GrpcStatus, RoundTripsDetails) {
  const absl::Status status =
      WithDetail(absl::FailedPreconditionError("m"), {"WHY", {{"k", "v"}}, {{"a.b", "bad"}}});
  const absl::Status back = FromGrpc(ToGrpc(status));
  EXPECT_EQ(back.code(), status.code());
  EXPECT_EQ(DetailOf(back).reason, "WHY");
  EXPECT_EQ(DetailOf(back).metadata.at("k"), "v");
  EXPECT_EQ(DetailOf(back).fields.at(0).field, "a.b");
  EXPECT_TRUE(FromGrpc(ToGrpc(absl::OkStatus())).ok());
  EXPECT_EQ(FromGrpc(grpc::Status(grpc::UNAVAILABLE, "gone")).code(),
            absl::StatusCode::kUnavailable);
}

TEST(GrpcStatus, StaysBelowTheMetadataLimitAndUtf8) {
  ErrorDetail detail{"WHY", {{"big", std::string(9000, 'x')}}, {}};
  for (int i = 0; i < 1000; ++i) detail.fields.push_back({"field", std::string(100, 'y')});
  const grpc::Status status =
      ToGrpc(WithDetail(absl::InvalidArgumentError(std::string(5000, '\xea')), detail));
  EXPECT_LT(status.error_details().size() * 4 / 3 + 3 * status.error_message().size(), 8'000u);
  const ErrorDetail back = DetailOf(FromGrpc(status));
  EXPECT_EQ(back.reason, "WHY");
  EXPECT_GT(back.fields.size(), 10u);
  EXPECT_LT(back.fields.size(), 1000u);
}

}  // namespace
}  // namespace dangol::rpc
