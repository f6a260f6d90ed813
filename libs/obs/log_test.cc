#include "libs/obs/log.h"

#include "gtest/gtest.h"

namespace dangol::obs {
namespace {

TEST(Log, WritesKeysAndValues) {
  EXPECT_EQ(FormatLine(Level::kInfo, "started", {{"port", 7070}, {"service", "profile"}}),
            "info started port=7070 service=profile");
}

TEST(Log, OneEventIsOneLineWhateverTheValue) {
  EXPECT_EQ(FormatLine(Level::kError, "bad\nline", {{"file", "a b\n\"c\"=d"}, {"none", ""}}),
            "error bad\\nline file=\"a b\\n\\\"c\\\"=d\" none=\"\"");
}

TEST(Log, CutsLongValues) {
  EXPECT_LT(FormatLine(Level::kInfo, "m", {{"v", std::string(10'000, 'x')}}).size(), 1'100u);
}

TEST(Log, KnowsItsLevels) {
  EXPECT_TRUE(SetLogLevel("warning"));
  EXPECT_FALSE(SetLogLevel("loud"));
  EXPECT_TRUE(SetLogLevel("info"));
  Log(Level::kDebug, "never seen");
}

}  // namespace
}  // namespace dangol::obs
