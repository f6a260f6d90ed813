#include "libs/online/settings.h"

#include <functional>

#include "absl/strings/match.h"
#include "gtest/gtest.h"
#include "libs/online/tls.h"

namespace dangol::online {
namespace {

TEST(SettingsTest, DefaultsAreGood) {
  EXPECT_TRUE(Validate({.nodes = {"redis:6379"}}).ok());
  EXPECT_TRUE(Validate({.nodes = {"[::1]:6379", "b:2"}, .cluster = true}).ok());
}

TEST(SettingsTest, BadOnesAreNamed) {
  struct Case {
    const char* field;
    std::function<void(Settings&)> spoil;
  };
  const Case cases[] = {
      {"online.nodes", [](Settings& s) { s.nodes = {}; }},
      {"online.nodes",
       [](Settings& s) {
         s.nodes = {"a:1", "b:1"};
       }},
      {"online.nodes[0]", [](Settings& s) { s.nodes = {"redis"}; }},
      {"online.nodes[0]", [](Settings& s) { s.nodes = {":6379"}; }},
      {"online.nodes[0]", [](Settings& s) { s.nodes = {"::1:6379"}; }},
      {"online.nodes[0]", [](Settings& s) { s.nodes = {"redis:0"}; }},
      {"online.nodes[0]", [](Settings& s) { s.nodes = {"redis://redis:6379"}; }},
      {"online.prefix", [](Settings& s) { s.prefix = ""; }},
      {"online.prefix", [](Settings& s) { s.prefix = "a{b"; }},
      {"online.user", [](Settings& s) { s.user = "ann"; }},
      {"online.ca_file", [](Settings& s) { s.ca_file = "/x"; }},
      {"online.server_name", [](Settings& s) { s.server_name = "x"; }},
      {"online.key_file", [](Settings& s) { s.tls = true, s.cert_file = "/x"; }},
      {"online.connect_timeout", [](Settings& s) { s.connect_timeout_us = 0; }},
      {"online.call_timeout", [](Settings& s) { s.call_timeout_us = -1; }},
      {"online.backoff_max", [](Settings& s) { s.backoff_max_us = s.backoff_min_us - 1; }},
      {"online.reply_bytes_max", [](Settings& s) { s.reply_bytes_max = 0; }},
      {"online.reply_elements_max", [](Settings& s) { s.reply_elements_max = 1; }},
      {"online.pipeline_commands_max", [](Settings& s) { s.pipeline_commands_max = 0; }},
      {"online.pipeline_bytes_max", [](Settings& s) { s.pipeline_bytes_max = 1; }},
      {"online.attempts_max", [](Settings& s) { s.attempts_max = 0; }},
  };
  for (const Case& test : cases) {
    Settings settings{.nodes = {"redis:6379"}};
    test.spoil(settings);
    const absl::Status status = Validate(settings);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << test.field;
    EXPECT_TRUE(absl::StartsWith(status.message(), test.field)) << status;
  }
}

TEST(SettingsTest, TlsIsThereOrRefusedByName) {
  const absl::Status status = Validate({.nodes = {"redis:6379"}, .tls = true});
  EXPECT_EQ(status, TlsSupport());
  if (status.ok()) return;
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(absl::StrContains(status.message(), "online.tls")) << status;
}

}  // namespace
}  // namespace dangol::online
