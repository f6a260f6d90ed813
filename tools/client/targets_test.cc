#include "tools/client/targets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dangol::client {
namespace {

using ::testing::HasSubstr;

TEST(TargetsTest, OneServerForAll) {
  const auto targets = ParseTargets("127.0.0.1:7070");
  ASSERT_TRUE(targets.ok());
  EXPECT_EQ(targets->size(), 5u);
  EXPECT_EQ(targets->at("response"), "127.0.0.1:7070");
}

TEST(TargetsTest, OneForEach) {
  const auto targets =
      ParseTargets("profile=a:1,segmentation=b:2,offer=c:3,campaign=d:4,response=[::1]:5");
  ASSERT_TRUE(targets.ok()) << targets.status();
  EXPECT_EQ(targets->at("segmentation"), "b:2");
  EXPECT_EQ(targets->at("response"), "[::1]:5");
}

TEST(TargetsTest, WhatIsWrongIsNamed) {
  const auto complaint = [](const char* text) {
    return std::string(ParseTargets(text).status().message());
  };
  EXPECT_THAT(complaint("profile=a:1,segmentation=b:2,offer=c:3,campaign=d:4"),
              HasSubstr("nothing of response"));
  EXPECT_THAT(complaint("profil=a:1"), HasSubstr("\"profil\" is no service"));
  EXPECT_THAT(complaint("profile=a:1,profile=b:1"), HasSubstr("given twice"));
  EXPECT_THAT(complaint("profile="), HasSubstr("no host:port"));
}

}  // namespace
}  // namespace dangol::client
