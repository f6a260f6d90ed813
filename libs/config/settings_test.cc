#include "libs/config/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "dangol/config/v1/dangold.pb.h"
#include "dangol/config/v1/node.pb.h"

namespace dangol::config {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

GetEnvironment Of(const std::map<std::string, std::string>& set) {
  return [&set](const char* name) {
    const auto it = set.find(name);
    return it == set.end() ? nullptr : it->second.c_str();
  };
}

TEST(SettingsTest, AreTheScalarFieldsAsYamlWritesThem) {
  EXPECT_THAT(SettingPaths(*v1::NodeConfig::descriptor()),
              AllOf(Contains("data_dir"), Contains("kafka.bootstrap_servers"),
                    Not(Contains("kafka.properties"))));
  EXPECT_THAT(SettingPaths(*v1::DangoldConfig::descriptor()),
              AllOf(Contains("clock_step"), Contains("virtual_start_time")));
}

TEST(SettingsTest, NamesOfOne) {
  EXPECT_EQ(FlagOf("kafka.bootstrap_servers"), "--kafka-bootstrap-servers");
  EXPECT_EQ(EnvironmentOf("kafka.bootstrap_servers"), "DANGOL_KAFKA_BOOTSTRAP_SERVERS");
}

TEST(SettingsTest, TheEnvironmentSetsThem) {
  const std::map<std::string, std::string> set = {
      {"DANGOL_KAFKA_BOOTSTRAP_SERVERS", "kafka:9092"},
      {"DANGOL_PORT", "7"},
      {"DANGOL_DATA_DIR", ""},
      {"DANGOL_UNHEARD_OF", "1"},
  };
  v1::NodeConfig config;
  config.set_data_dir("kept");
  ASSERT_TRUE(ApplyEnvironment(Of(set), &config).ok());
  EXPECT_EQ(config.kafka().bootstrap_servers(), "kafka:9092");
  EXPECT_EQ(config.port(), 7);
  EXPECT_EQ(config.data_dir(), "kept") << "an empty variable is none";
}

TEST(SettingsTest, ReadableFormsAndEnumsAsInYaml) {
  v1::DangoldConfig config;
  ASSERT_TRUE(ApplySetting("clock_step", "--clock-step", "1m", &config).ok());
  ASSERT_TRUE(ApplySetting("clock", "--clock", "virtual", &config).ok());
  EXPECT_EQ(config.clock_step_us(), 60'000'000);
  EXPECT_EQ(config.clock(), v1::CLOCK_KIND_VIRTUAL);
}

TEST(SettingsTest, AnErrorNamesOriginValueAndFix) {
  v1::NodeConfig config;
  const absl::Status status = ApplyEnvironment(
      [](const char* name) { return std::string(name) == "DANGOL_PORT" ? "many" : nullptr; },
      &config);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("DANGOL_PORT"), HasSubstr("\"many\""), HasSubstr("write")));
  EXPECT_FALSE(ApplySetting("no.such", "--no-such", "1", &config).ok());
}

}  // namespace
}  // namespace dangol::config
