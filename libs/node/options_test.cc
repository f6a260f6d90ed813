#include "libs/node/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <vector>

#include "dangol/config/v1/node.pb.h"
#include "libs/base/status.h"
#include "libs/node/online_config.h"

namespace dangol::node {
namespace {

using ::testing::HasSubstr;

absl::StatusOr<config::v1::NodeConfig> Parse(const std::string& service,
                                             std::vector<const char*> args,
                                             std::string* help = nullptr) {
  std::string unread;
  args.insert(args.begin(), "dangol");
  return ParseOptions(
      service, static_cast<int>(args.size()), args.data(),
      [](const char*) -> const char* { return nullptr; }, help == nullptr ? &unread : help);
}

TEST(NodeOptionsTest, Defaults) {
  const auto config = Parse("offer", {"--kafka-bootstrap-servers=k:9092", "--profile=p:7070"});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->data_dir(), "dangol-offer");
  EXPECT_EQ(config->drop_root(), "dangol-offer/drop");
  EXPECT_EQ(config->kafka().prefix(), "dangol");
  EXPECT_EQ(config->port(), 7070);
}

TEST(NodeOptionsTest, WhatIsMissingIsNamed) {
  EXPECT_THAT(std::string(Parse("profile", {}).status().message()),
              HasSubstr("kafka.bootstrap_servers"));
  const char* kafka = "--kafka-bootstrap-servers=k:9092";
  EXPECT_TRUE(Parse("profile", {kafka}).ok()) << "profile needs no other";
  EXPECT_THAT(std::string(Parse("offer", {kafka}).status().message()), HasSubstr("profile"));
}

TEST(NodeOptionsTest, TheOnlineStoreBySettings) {
  const std::string folder = ::testing::TempDir();
  const std::string password = folder + "/password", empty = folder + "/empty";
  std::ofstream(password) << "secret\n";
  std::ofstream(empty) << "\n";
  const std::string flag = "--online-password-file=";
  const auto parse = [](std::vector<std::string> online) {
    std::vector<const char*> flags = {"--kafka-bootstrap-servers=k:9092"};
    for (const std::string& each : online) flags.push_back(each.c_str());
    return Parse("profile", flags);
  };
  EXPECT_FALSE(HasOnlineStore(*parse({})));
  const auto config = parse({"--online-nodes=a:1, b:2", "--online-cluster=true",
                             "--online-user=dangol", flag + password, "--online-prefix=shop",
                             "--online-call-timeout=1s", "--online-coalesce=0s",
                             "--online-check-every=100ms", "--online-queue-bytes-max=1000000"});
  ASSERT_TRUE(config.ok()) << config.status();
  ASSERT_TRUE(HasOnlineStore(*config));
  const auto settings = OnlineSettingsOf(config->online());
  ASSERT_TRUE(settings.ok()) << settings.status();
  EXPECT_THAT(settings->nodes, ::testing::ElementsAre("a:1", "b:2"));
  EXPECT_TRUE(settings->cluster);
  EXPECT_EQ(settings->user, "dangol");
  EXPECT_EQ(settings->password, "secret");
  EXPECT_EQ(settings->prefix, "shop");
  EXPECT_EQ(settings->call_timeout_us, kMicrosPerSecond);
  EXPECT_EQ(settings->connect_timeout_us, online::Settings().connect_timeout_us);
  const online::WriterOptions options = WriterOptionsOf(config->online());
  EXPECT_EQ(options.coalesce_us, 0);
  EXPECT_EQ(options.check_every_us, 100 * kMicrosPerMilli);
  EXPECT_EQ(options.queue_bytes_max, 1'000'000u);
  EXPECT_EQ(options.value_bytes_max, online::WriterOptions().value_bytes_max);

  for (const auto& [bad, field] :
       {std::pair<std::vector<std::string>, const char*>{{"--online-nodes=redis"},
                                                         "online.nodes[0]"},
        {{"--online-nodes=a:1,b:2"}, "online.nodes"},
        {{"--online-nodes=a:1", flag + empty}, "online.password_file"},
        {{"--online-nodes=a:1", flag + folder + "/none"}, "online.password_file"},
        {{"--online-nodes=a:1", "--online-user=ann"}, "online.user"},
        {{"--online-nodes=a:1", "--online-ca-file=x"}, "online.ca_file"},
        {{"--online-nodes=a:1", "--online-call-timeout=2h"}, "online.call_timeout"}}) {
    EXPECT_THAT(std::string(parse(bad).status().message()), ::testing::StartsWith(field));
  }
}

TEST(NodeOptionsTest, AVirtualClockIsRefused) {
  EXPECT_THAT(std::string(Parse("offer", {"--clock=virtual"}).status().message()),
              HasSubstr("rehearse with dangold"));
  const char* const argv[] = {"dangol"};
  std::string help;
  const auto environment = [](absl::string_view name) {
    return name == "DANGOL_CLOCK" ? "virtual" : nullptr;
  };
  EXPECT_THAT(std::string(ParseOptions("offer", 1, argv, environment, &help).status().message()),
              HasSubstr("rehearse with dangold"));
}

TEST(NodeOptionsTest, Help) {
  std::string help;
  ASSERT_TRUE(Parse("offer", {"--help"}, &help).ok());
  EXPECT_THAT(help, HasSubstr("dangol-offer"));
}

}  // namespace
}  // namespace dangol::node
