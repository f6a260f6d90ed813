// CSV files through the importer into a running server: what is repeated counts once.
#include "tools/dangol/import/import.h"

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "dangol/config/v1/import.pb.h"
#include "dangol/profile/v1/profile_service.pb.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "tests/integration/server.h"
#include "tools/client/connection.h"

namespace dangol::integration {
namespace {

constexpr char kMapping[] = R"(
  source: "pos" business_unit: "shop"
  records {
    kind: IMPORT_KIND_PURCHASE
    identifiers { type: IDENTIFIER_TYPE_USER_ID column: "id" }
    time { column: "date" }
    money { column: "amount" currency: "KRW" }
    external_id { column: "order" }
  })";

class ImportTest : public testing::Test {
 protected:
  ImportTest() {
    rpc::ClientOptions options;
    options.target = world_.target();
    options.token = "token-TRACKER";
    connection_ = *client::Connection::Open(options);
    google::protobuf::TextFormat::ParseFromString(kMapping, &mapping_);
  }
  ~ImportTest() override {
    connection_.reset();
    for (const auto& path : paths_) std::filesystem::remove(path);
  }

  import::ImportSummary Import(const std::string& name, const std::string& text) {
    const std::string path = testing::TempDir() + "dangol_import_" + name;
  paths_.push_back(path);
  paths_.push_back(path + ".rejects.csv");
  std::ofstream(path, std::ios::binary) << text;
  const auto summary = import::ImportFile(connection_.get(), mapping_, path, {});
  EXPECT_TRUE(summary.ok()) << summary.status();
  world_.Settle();
  return summary.value_or(import::ImportSummary{});
} profile::v1::Stats Stats() {
  profile::v1::Stats stats;
  stats.ParseFromString(world_.Call("profile.v1.ProfileService/GetStats", "").messages.at(0));
  return stats;
}

World world_;
std::unique_ptr<client::Connection> connection_;
config::v1::ImportMapping mapping_;
std::vector<std::string> paths_;
};  // namespace

TEST_F(ImportTest, TheSameFileTwiceAndTheSameRowTwiceCountOnce) {
  const auto before = Stats();
  const std::string text =
      "id,date,amount,order\n"
      "u1,2026-09-01,1000,o-1\n"
      "u2,2026-09-01,2000,o-2\n"
      "u1,2026-09-01,1000,o-1\n"  // the same order again
      "u1,2026-09-01,1000,o-3\n"  // an equal one
      "u3,2026-09-02\n"           // ragged
      "김,2026-09-02,50,o-4\n";
  const auto first = Import("twice.csv", text);
  EXPECT_EQ(first.rows, 6);
  EXPECT_EQ(first.rejected, 1);
  const auto once = Stats();
  EXPECT_EQ(once.activities(), before.activities() + 4);
  const auto second = Import("twice.csv", text);
  EXPECT_EQ(second.imported, first.imported);
  const auto twice = Stats();
  EXPECT_EQ(twice.activities(), once.activities());
  EXPECT_EQ(twice.currencies(0).net_minor(), once.currencies(0).net_minor());
  EXPECT_EQ(twice.customers(), once.customers());
}

TEST_F(ImportTest, TheSameFileInAnotherEncodingIsTheSame) {
  const auto before = Stats();
  Import("kim.csv", "id,date,amount,order\r\n김,2026-09-02,50,o-9\r\n");
  const auto once = Stats();
  EXPECT_EQ(once.activities(), before.activities() + 1);
  Import("kim.csv", "id,date,amount,order\r\n\xB1\xE8,2026-09-02,50,o-9\r\n");  // CP949
  EXPECT_EQ(Stats().activities(), once.activities());
  EXPECT_EQ(Stats().customers(), once.customers());
}

}  // namespace dangol::integration
}  // namespace dangol::integration
