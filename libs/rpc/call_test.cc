#include "libs/rpc/call.h"

#include "gmock/gmock.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "gtest/gtest.h"
#include "libs/base/hash.h"
#include "libs/base/status.h"
#include "libs/rpc/grpc_status.h"
#include "libs/rpc/testing_util.h"

namespace dangol::rpc {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using testing::v1::EchoRequest;
using testing::v1::EchoResponse;
using testing::v1::EchoService;

// A token file in which each role has a principal and a token of its name.
std::string TokenPerRole() {
  std::string text = "tokens:\n";
  for (int i = 0; i < kRoles; ++i) {
    const std::string name(RoleName(static_cast<Role>(i)));
    text += "  - principal: " + name + "\n    token_sha256: " + Sha256Hex("token-" + name) +
            "\n    roles: [" + name + "]\n";
  }
  return text;
}

ServerOptions WithTokens() {
  ServerOptions options;
  options.token_file = WriteTemp("roles.yaml", TokenPerRole());
  return options;
}

ClientOptions As(Role role) {
  ClientOptions options;
  options.token = "token-" + std::string(RoleName(role));
  return options;
}

TEST(Guard, EachRoleOpensItsOwnDoorOnly) {
  TestServer server(WithTokens());
  for (int held = 0; held < kRoles; ++held) {
    const auto channel = server.Channel(As(static_cast<Role>(held)));
    for (int needed = 0; needed < kRoles; ++needed) {
      server.echo().Require(static_cast<Role>(needed));
      const int before = server.echo().handled();
      EchoResponse response;
      const absl::Status status = CallEcho(channel, {}, &response);
      const bool allowed = held == needed || static_cast<Role>(held) == Role::kAdmin;
      SCOPED_TRACE(absl::StrCat(RoleName(static_cast<Role>(held)), " at a door for ",
                                RoleName(static_cast<Role>(needed))));
      EXPECT_EQ(status.code(),
                allowed ? absl::StatusCode::kOk : absl::StatusCode::kPermissionDenied);
      EXPECT_EQ(server.echo().handled(), before + (allowed ? 1 : 0));
      if (allowed) {
        EXPECT_EQ(response.principal(), RoleName(static_cast<Role>(held)));
      } else {
        EXPECT_EQ(DetailOf(status).reason, "ROLE_MISSING");
        EXPECT_EQ(DetailOf(status).metadata.at("role"), RoleName(static_cast<Role>(needed)));
      }
    }
  }
}

TEST(Guard, NoTokenOrAWrongOneIsUnauthenticated) {
  TestServer server(WithTokens());
  ClientOptions client;
  client.principal = "ADMIN";  // counts in development mode only
  absl::Status status = CallEcho(server.Channel(client), {});
  EXPECT_EQ(status.code(), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(DetailOf(status).reason, "TOKEN_MISSING");
  client.token = "guess";
  status = CallEcho(server.Channel(client), {});
  EXPECT_EQ(status.code(), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(DetailOf(status).reason, "TOKEN_UNKNOWN");
  EXPECT_EQ(server.echo().handled(), 0);
}

TEST(Guard, DevelopmentCallersNameThemselves) {
  TestServer server;
  server.echo().Require(Role::kAdmin);
  EchoResponse response;
  ASSERT_TRUE(CallEcho(server.Channel(), {}, &response).ok());
  EXPECT_EQ(response.principal(), "local");
  ClientOptions client;
  client.principal = "kim";
  ASSERT_TRUE(CallEcho(server.Channel(client), {}, &response).ok());
  EXPECT_EQ(response.principal(), "kim");
  client.principal = "a b";
  EXPECT_EQ(CallEcho(server.Channel(client), {}).code(), absl::StatusCode::kUnauthenticated);
}

TEST(Guard, AnExpiredDeadlineDoesNoWork) {
  TestServer server;
  grpc::ClientContext context;
  SetTimeout(-kMicrosPerSecond, &context);
  EchoResponse response;
  const auto status = EchoService::NewStub(server.Channel())->Echo(&context, {}, &response);
  EXPECT_EQ(FromGrpc(status).code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(server.echo().handled(), 0);
}

TEST(Guard, ADeadlineThatIsSpentOnArrivalDoesNoWork) {
  ServerOptions options;
  options.guard.default_deadline_us = 1;
  options.guard.max_deadline_us = 1;
  TestServer server(options);
  // One microsecond may be over before the check or after the handler; never does the call succeed
  // after it.
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(CallEcho(server.Channel(), {}).code(), absl::StatusCode::kDeadlineExceeded);
  }
}

TEST(Guard, AppliesDefaultAndMaximumDeadline) {
  ServerOptions options;
  options.guard.default_deadline_us = 5 * kMicrosPerSecond;
  options.guard.max_deadline_us = 7 * kMicrosPerSecond;
  TestServer server(options);
  const auto stub = EchoService::NewStub(server.Channel());
  EchoResponse response;
  grpc::ClientContext without;
  ASSERT_TRUE(stub->Echo(&without, {}, &response).ok());
  EXPECT_GT(response.remaining_us(), 0);
  EXPECT_LE(response.remaining_us(), 5 * kMicrosPerSecond);
  grpc::ClientContext asked;
  SetTimeout(kMicrosPerHour, &asked);
  ASSERT_TRUE(stub->Echo(&asked, {}, &response).ok());
  EXPECT_GT(response.remaining_us(), 5 * kMicrosPerSecond);
  EXPECT_LE(response.remaining_us(), 7 * kMicrosPerSecond);
}

TEST(Guard, StreamsHaveNoDefaultDeadline) {
  TestServer server;
  grpc::ClientContext context;
  auto stream = EchoService::NewStub(server.Channel())->EchoMany(&context);
  EchoResponse response;
  ASSERT_TRUE(stream->Write({}));
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.remaining_us(), kNever);
  stream->WritesDone();
  EXPECT_TRUE(stream->Finish().ok());
}

TEST(Guard, NestedCallsInheritDeadlineAndRequestId) {
  TestServer server;
  server.echo().NestInto(server.server().InProcessChannel());
  EchoRequest request;
  request.set_text("nested");
  request.set_request_id("order-7");
  EchoResponse response;
  grpc::ClientContext context;
  SetTimeout(3 * kMicrosPerSecond, &context);
  ASSERT_TRUE(EchoService::NewStub(server.Channel())->Echo(&context, request, &response).ok());
  EXPECT_EQ(response.text(), "inner");
  EXPECT_EQ(response.request_id(), "order-7");
  EXPECT_GT(response.remaining_us(), 0);
  // gRPC rounds a timeout up on the wire, to three digits.
  EXPECT_LE(response.remaining_us(), 4 * kMicrosPerSecond);
}

TEST(Guard, ErrorsCarryErrorInfoAndBadRequest) {
  TestServer server;
  EchoRequest request;
  request.set_text("단골");
  request.set_fail(EchoRequest::FAIL_BAD_FIELD);
  const absl::Status status = CallEcho(server.Channel(), request);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(), "text: \"단골\" is not polite; say please");
  const ErrorDetail detail = DetailOf(status);
  EXPECT_EQ(detail.reason, "INVALID_FIELD");
  ASSERT_EQ(detail.fields.size(), 1u);
  EXPECT_EQ(detail.fields[0].field, "text");
  EXPECT_EQ(detail.fields[0].description, "\"단골\" is not polite; say please");
}

TEST(Guard, ExhaustedSaysWhenToRetry) {
  TestServer server;
  EchoRequest request;
  request.set_fail(EchoRequest::FAIL_EXHAUSTED);
  EXPECT_EQ(DetailOf(CallEcho(server.Channel(), request)).metadata.at("retry_delay_ms"), "1000");
}

TEST(Guard, AnExceptionIsInternalAndSaysNothingOfItself) {
  TestServer server;
  EchoRequest request;
  request.set_fail(EchoRequest::FAIL_THROW);
  const absl::Status status = CallEcho(server.Channel(), request);
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_THAT(std::string(status.message()), Not(HasSubstr("secret")));
  EXPECT_TRUE(CallEcho(server.Channel(), {}).ok());
}

TEST(Guard, CountsCallsByMethodAndCode) {
  TestServer server;
  EchoRequest request;
  request.set_fail(EchoRequest::FAIL_BAD_FIELD);
  CallEcho(server.Channel(), request).IgnoreError();
  CallEcho(server.Channel(), {}).IgnoreError();
  const std::string text = server.metrics().Render();
  EXPECT_THAT(text, HasSubstr("dangol_rpc_requests_total{code=\"INVALID_ARGUMENT\","
                              "method=\"testing.Echo\"} 1"));
  EXPECT_THAT(text, HasSubstr("dangol_rpc_requests_total{code=\"OK\",method=\"testing.Echo\"} 1"));
  EXPECT_THAT(text, HasSubstr("dangol_rpc_latency_seconds_count{method=\"testing.Echo\"} 2"));
}

TEST(Guard, ReturnsTheRequestId) {
  TestServer server;
  const auto stub = EchoService::NewStub(server.Channel());
  EchoResponse response;
  grpc::ClientContext given;
  given.AddMetadata("x-request-id", "abc-1");
  ASSERT_TRUE(stub->Echo(&given, {}, &response).ok());
  EXPECT_EQ(response.request_id(), "abc-1");
  EXPECT_EQ(given.GetServerTrailingMetadata().count("x-request-id"), 1u);
  grpc::ClientContext none;
  ASSERT_TRUE(stub->Echo(&none, {}, &response).ok());
  EXPECT_EQ(response.request_id().size(), 32u);
  EchoRequest bad;
  bad.set_request_id(std::string(129, 'x'));
  EXPECT_EQ(DetailOf(CallEcho(server.Channel(), bad)).fields.at(0).field, "request_id");
}

TEST(RequestId, ValidatesAndGenerates) {
  EXPECT_TRUE(ValidateRequestId("a").ok());
  EXPECT_TRUE(ValidateRequestId(std::string(128, '~')).ok());
  for (const std::string& bad : {std::string(), std::string(129, 'x'), std::string("a b"),
                                 std::string("단골"), std::string("a\n")}) {
    EXPECT_FALSE(ValidateRequestId(bad).ok()) << bad;
  }
  EXPECT_NE(*RequestIdOrNew(""), *RequestIdOrNew(""));
  EXPECT_EQ(*RequestIdOrNew("x"), "x");
}

}  // namespace
}  // namespace dangol::rpc
