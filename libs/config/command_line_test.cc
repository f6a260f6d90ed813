#include "libs/config/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>

#include "dangol/config/v1/node.pb.h"

namespace dangol::config {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

const CommandLine kLine = {"a server", "more", {{"tls_cert_file", "PEM", "--tls-cert"}}};

class CommandLineTest : public ::testing::Test {
 protected:
  absl::Status Parse(std::vector<const char*> args, const GetEnvironment& get = &Nothing) {
    args.insert(args.begin(), "server");
    return ParseCommandLine(kLine, static_cast<int>(args.size()), args.data(), get, &config_,
                            &help_);
  }
  static const char* Nothing(const char*) { return nullptr; }

  v1::NodeConfig config_;
  std::string help_;
};

TEST_F(CommandLineTest, FlagsOverrideTheEnvironmentAndThatTheFile) {
  const std::string file = ::testing::TempDir() + "/node.yaml";
  std::ofstream(file) << "host: of-file\ndata_dir: of-file\nlog_level: of-file\n";
  const auto get = [](const char* name) -> const char* {
    const std::string asked = name;
    return asked == "DANGOL_HOST" || asked == "DANGOL_DATA_DIR" ? "of-environment" : nullptr;
  };
  ASSERT_TRUE(Parse({"--host=of-flag", "--config", file.c_str()}, get).ok());
  EXPECT_EQ(config_.host(), "of-flag");
  EXPECT_EQ(config_.data_dir(), "of-environment");
  EXPECT_EQ(config_.log_level(), "of-file");
  std::remove(file.c_str());
}

TEST_F(CommandLineTest, AShortFlagIsTheSame) {
  ASSERT_TRUE(Parse({"--tls-cert=a.pem"}).ok());
  EXPECT_EQ(config_.tls_cert_file(), "a.pem");
  ASSERT_TRUE(Parse({"--tls-cert-file=b.pem"}).ok());
  EXPECT_EQ(config_.tls_cert_file(), "b.pem");
}

TEST_F(CommandLineTest, HelpNamesEverySetting) {
  ASSERT_TRUE(Parse({"--help"}).ok());
  EXPECT_THAT(help_, AllOf(HasSubstr("a server"), HasSubstr("--kafka-bootstrap-servers"),
                           HasSubstr("--config"), HasSubstr("more")));
}

TEST_F(CommandLineTest, ErrorsNameTheFlag) {
  EXPECT_THAT(std::string(Parse({"--port=many"}).message()), HasSubstr("--port: \"many\""));
  EXPECT_THAT(std::string(Parse({"--prot=1"}).message()), HasSubstr("--prot=1"));
  EXPECT_THAT(std::string(Parse({"--config=/no/such"}).message()), HasSubstr("/no/such"));
}

}  // namespace
}  // namespace dangol::config
