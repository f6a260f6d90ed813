#include "libs/rpc/server.h"

#include <future>
#include <thread>

#include "gmock/gmock.h"
#include "grpcpp/channel.h"
#include "gtest/gtest.h"
#include "libs/base/status.h"
#include "libs/rpc/grpc_status.h"
#include "libs/rpc/testing_util.h"

namespace dangol::rpc {
namespace {

using ::testing::HasSubstr;
using testing::v1::EchoRequest;
using testing::v1::EchoResponse;
using testing::v1::EchoService;

EchoRequest Saying(const std::string& text) {
  EchoRequest request;
  request.set_text(text);
  return request;
}

EchoRequest Held() {
  EchoRequest request;
  request.set_hold(true);
  return request;
}

TEST(Server, ReportsHealthPerService) {
  TestServer server;
  const auto channel = server.Channel();
  const std::string name = EchoService::service_full_name();
  EXPECT_EQ(HealthOf(channel, ""), "SERVING");
  EXPECT_EQ(HealthOf(channel, name), "SERVING");
  EXPECT_EQ(HealthOf(channel, "nobody"), "NOT_FOUND");
  server.server().SetServing(name, false);
  EXPECT_EQ(HealthOf(channel, name), "NOT_SERVING");
  EXPECT_EQ(HealthOf(channel, ""), "SERVING");
}

TEST(Server, ReflectsItsServices) {
  TestServer server;
  EXPECT_THAT(ReflectedServices(server.Channel()), HasSubstr("dangol.testing.v1.EchoService"));
  // gRPC's own service, of which gRPC has no descriptor.
  EXPECT_THAT(ReflectedServices(server.Channel()), HasSubstr("grpc.health.v1.Health"));
  EXPECT_THAT(ReflectedFile(server.Channel(), "grpc.health.v1.Health"),
              HasSubstr("HealthCheckResponse"));
}

TEST(Server, RefusesToBeOpenBeyondLoopback) {
  struct Case {
    const char* host;
    bool tokens;
    bool tls;
    bool allowed;
  };
  for (const Case& c :
       {Case{"127.0.0.1", false, false, true}, Case{"127.9.9.9", false, false, true},
        Case{"localhost", true, false, true}, Case{"::1", false, true, true},
        Case{"0.0.0.0", false, false, false}, Case{"0.0.0.0", true, false, false},
        Case{"0.0.0.0", false, true, false}, Case{"0.0.0.0", true, true, true},
        Case{"::", false, false, false}, Case{"10.0.0.1", false, false, false},
        Case{"localhost.example.com", false, false, false}, Case{"", false, false, false}}) {
    ServerOptions options;
    options.host = c.host;
    if (c.tokens) options.token_file = "tokens.yaml";
    if (c.tls) options.tls_cert_file = options.tls_key_file = "pem";
    const absl::Status status = ValidateServerOptions(options);
    EXPECT_EQ(status.ok(), c.allowed) << c.host << " " << c.tokens << c.tls << " " << status;
    if (c.allowed) continue;
    EXPECT_EQ(DetailOf(status).fields.at(0).field, "host");
  }
}

TEST(Server, RefusesBadOptions) {
  obs::Metrics metrics;
  ServerOptions options;
  options.tls_cert_file = "only.pem";
  EXPECT_EQ(Server::Create(options, &metrics).status().code(), absl::StatusCode::kInvalidArgument);
  options = {};
  options.threads_max = 1;
  EXPECT_EQ(Server::Create(options, &metrics).status().code(), absl::StatusCode::kInvalidArgument);
  options = {};
  options.token_file = "/no/such/file";
  EXPECT_EQ(Server::Create(options, &metrics).status().code(), absl::StatusCode::kNotFound);
}

TEST(Server, SaysThatAPortIsTaken) {
  TestServer first;
  obs::Metrics metrics;
  ServerOptions options;
  options.port = first.port();
  auto second = Server::Create(options, &metrics);
  ASSERT_TRUE(second.ok());
  EXPECT_EQ((*second)->Start().status().code(), absl::StatusCode::kUnavailable);
}

TEST(Server, SpeaksTls) {
  const PemPair pair = MakeSelfSigned();
  ServerOptions options;
  options.tls_cert_file = WriteTemp("cert.pem", pair.certificate);
  options.tls_key_file = WriteTemp("key.pem", pair.key);
  TestServer server(options);
  ClientOptions client;
  client.tls = true;
  client.tls_ca_file = options.tls_cert_file;
  client.tls_server_name = "localhost";
  EchoResponse response;
  const absl::Status status = CallEcho(server.Channel(client), Saying("hello"), &response);
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(response.text(), "hello");

  client.tls_ca_file = WriteTemp("other.pem", MakeSelfSigned().certificate);
  EXPECT_EQ(CallEcho(server.Channel(client), Saying("x")).code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(CallEcho(server.Channel(), Saying("x")).code(), absl::StatusCode::kUnavailable);
}

TEST(Server, DrainLetsCallsInFlightFinish) {
  TestServer server;
  const auto channel = server.Channel();
  auto call = std::async(std::launch::async, [&] { return CallEcho(channel, Held()); });
  server.echo().WaitUntilHeld(1);
  auto drain = std::async(std::launch::async, [&] { server.server().Drain(); });
  while (HealthOf(channel, "") == "SERVING") std::this_thread::yield();
  // CANCELLED: it came between the health's end and the server's.
  const absl::Status late = CallEcho(server.Channel(), Saying("late"));
  EXPECT_TRUE(absl::IsUnavailable(late) || absl::IsCancelled(late)) << late;
  server.echo().Release();
  const absl::Status status = call.get();
  EXPECT_TRUE(status.ok()) << status;
  drain.get();
  EXPECT_EQ(server.echo().handled(), 1);
  server.server().Drain();  // again does nothing
}

TEST(Server, DrainCancelsWhatDoesNotFinish) {
  ServerOptions options;
  options.drain_timeout_us = 1;
  TestServer server(options);
  const auto channel = server.Channel();
  auto call = std::async(std::launch::async, [&] { return CallEcho(channel, Held()); });
  server.echo().WaitUntilHeld(1);
  server.server().Drain();
  EXPECT_FALSE(call.get().ok());
}

TEST(Server, ThreadsAreBounded) {
  ServerOptions options;
  options.threads_max = 6;
  TestServer server(options);
  const auto channel = server.Channel();
  std::vector<std::future<absl::Status>> calls;
  for (int i = 0; i < 12; ++i) {
    calls.push_back(std::async(std::launch::async, [&] {
      absl::Status status = CallEcho(channel, Held());
      if (status.code() == absl::StatusCode::kResourceExhausted) server.echo().Release();
      return status;
    }));
  }
  int refused = 0;
  for (auto& call : calls) refused += call.get().code() == absl::StatusCode::kResourceExhausted;
  EXPECT_GT(refused, 0);
  EXPECT_LE(server.echo().handled(), 12 - refused);
}

TEST(Server, InProcessCallersNeedNoToken) {
  ServerOptions options;
  options.token_file =
      WriteTemp("tokens.jsonl", "{\"principal\": \"p\", \"token_sha256\": \"" +
                                    std::string(64, 'a') + "\", \"roles\": [\"READER\"]}\n");
  TestServer server(options);
  server.echo().Require(Role::kAdmin);
  EchoResponse response;
  const absl::Status status =
      CallEcho(server.server().InProcessChannel("campaign"), Saying("hi"), &response);
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(response.principal(), "campaign");
  EXPECT_EQ(CallEcho(server.Channel(), Saying("hi")).code(), absl::StatusCode::kUnauthenticated);
}

}  // namespace
}  // namespace dangol::rpc
