#include "libs/obs/http.h"

#include <atomic>
#include <stdexcept>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "httplib.h"
#include "libs/obs/metrics.h"

namespace dangol::obs {
namespace {

using ::testing::HasSubstr;

TEST(HttpServer, ServesMetricsAndHealth) {
  Metrics metrics;
  metrics.GetCounter("dangol_x_total", "X.").Add(7);
  std::atomic<bool> healthy{true};
  HttpServer server({}, &metrics,
                    [&] { return std::string(healthy ? "" : "DISK_FULL: no space"); });
  const auto port = server.Start();
  ASSERT_TRUE(port.ok()) << port.status();
  httplib::Client client("127.0.0.1", *port);
  const auto reply = client.Get("/metrics");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 200);
  EXPECT_THAT(reply->body, HasSubstr("dangol_x_total 7"));
  EXPECT_EQ(client.Get("/healthz")->status, 200);
  healthy = false;
  EXPECT_EQ(client.Get("/healthz")->status, 503);
  EXPECT_EQ(client.Get("/healthz")->body, "not serving: DISK_FULL: no space\n");
  EXPECT_EQ(client.Get("/nothing")->status, 404);
}

TEST(HttpServer, HealthMayHaveANote) {
  Metrics metrics;
  std::string why, note;
  HttpServer server(
      {}, &metrics, [&] { return why; }, [&] { return note; });
  const auto port = server.Start();
  ASSERT_TRUE(port.ok()) << port.status();
  httplib::Client client("127.0.0.1", *port);
  EXPECT_EQ(client.Get("/healthz")->body, "ok\n");
  note = "a store is away";
  EXPECT_EQ(client.Get("/healthz")->body, "ok\na store is away\n");
  EXPECT_EQ(client.Get("/healthz")->status, 200);
  why = "DISK_FULL";
  EXPECT_EQ(client.Get("/healthz")->body, "not serving: DISK_FULL\n");
}

TEST(HttpServer, ServesOtherPagesAndSurvivesTheirExceptions) {
  Metrics metrics;
  HttpServer server({}, &metrics);
  server.AddHandler("POST", "/hook/(\\w+)", [](const HttpRequest& request) {
    return HttpResponse{202, "application/json", request.path + request.body};
  });
  server.AddHandler("GET", "/throw",
                    [](const HttpRequest&) -> HttpResponse { throw std::runtime_error("x"); });
  const auto port = server.Start();
  ASSERT_TRUE(port.ok()) << port.status();
  httplib::Client client("127.0.0.1", *port);
  const auto reply = client.Post("/hook/a", "!", "text/plain");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 202);
  EXPECT_EQ(reply->body, "/hook/a!");
  EXPECT_EQ(client.Get("/throw")->status, 500);
  EXPECT_EQ(client.Get("/healthz")->status, 200);
}

TEST(HttpServer, SaysThatAPortIsTaken) {
  Metrics metrics;
  HttpServer first({}, &metrics);
  const auto port = first.Start();
  ASSERT_TRUE(port.ok());
  HttpOptions options;
  options.port = *port;
  EXPECT_EQ(HttpServer(options, &metrics).Start().status().code(), absl::StatusCode::kUnavailable);
}

TEST(HttpServer, StopsTwiceAndUnstarted) {
  Metrics metrics;
  HttpServer server({}, &metrics);
  ASSERT_TRUE(server.Start().ok());
  server.Stop();
  server.Stop();
  HttpServer never({}, &metrics);
}

}  // namespace
}  // namespace dangol::obs
