#include "libs/node/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "dangol/config/v1/node.pb.h"
#include "libs/base/status.h"

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

TEST(NodeOptionsTest, AVirtualClockIsRefused) {
  EXPECT_THAT(std::string(Parse("offer", {"--clock=virtual"}).status().message()),
              HasSubstr("rehearse with dangold"));
}

TEST(NodeOptionsTest, Help) {
  std::string help;
  ASSERT_TRUE(Parse("offer", {"--help"}, &help).ok());
  EXPECT_THAT(help, HasSubstr("dangol-offer"));
}

}  // namespace
}  // namespace dangol::node
