#include "libs/backbone/embedded/backup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "libs/backbone/embedded/embedded_log.h"
#include "libs/backbone/testing/conformance.h"
#include "libs/base/status.h"

namespace dangol {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;

constexpr Scope kA{Service::kResponse, 1};
constexpr TopicPartition kIngest0{Topic::kIngest, 0};
constexpr TopicPartition kContact1{Topic::kContact, 1};

class BackupTest : public testing::Test {
 protected:
  BackupTest()
      : root_(fs::path(testing::TempDir()) /
              absl::StrCat("dangol_backup_", getpid(), "_",
                           testing::UnitTest::GetInstance()->current_test_info()->name())) {
    fs::create_directories(root_);
    EmbeddedLog::Options options;
    options.partitions = kTestPartitions;
    log_ = EmbeddedLog::Open(Path("data"), options).value();
  }
  ~BackupTest() override {
    log_.reset();
    fs::remove_all(root_);
  }
  std::string Path(const char* name) const { return root_ / name; }
  void Append(const std::string& value) {
    ASSERT_TRUE(log_->Append(kIngest0, {MakeRecord("k", value)}).ok());
  }

  const fs::path root_;
  std::unique_ptr<EmbeddedLog> log_;
};

TEST_F(BackupTest, ARunningLogIsBackedUpAndRestored) {
  Append("one");
  CommitUntilOk(*log_, {MakePart(kA, 1, {{kContact1, MakeRecord("k", "c1")}})});
  EXPECT_EQ(CreateBackup(*log_, Path("backup")).value().id, 1u);
  Append("two");
  EXPECT_EQ(CreateBackup(*log_, Path("backup")).value().id, 2u);
  Append("three");  // after the last
  EXPECT_EQ(CheckBackup(Path("backup")).value().id, 2u);
  EXPECT_EQ(RestoreBackup(Path("backup"), Path("restored")).value().id, 2u);
  auto restored = EmbeddedLog::Open(Path("restored")).value();
  EXPECT_THAT(ValuesOf(*restored, kIngest0), ElementsAre("one", "two"));
  EXPECT_THAT(ValuesOf(*restored, kContact1), ElementsAre("c1"));
  CommitUntilOk(*restored, {MakePart(kA, 2)});
}

TEST_F(BackupTest, WhatIsNoBackupOrNotEmptyOrNewerIsRefused) {
  EXPECT_EQ(DetailOf(CheckBackup(Path("nothing")).status()).reason, "NO_BACKUP");
  EXPECT_EQ(DetailOf(CreateBackup(*log_, Path("data")).status()).reason, "NO_BACKUP");
  ASSERT_TRUE(CreateBackup(*log_, Path("backup")).ok());
  EXPECT_EQ(DetailOf(RestoreBackup(Path("backup"), Path("data")).status()).reason,
            "DIRECTORY_NOT_EMPTY");
  std::ofstream(Path("backup") + "/dangol-backup-format") << "2\n";
  EXPECT_EQ(DetailOf(RestoreBackup(Path("backup"), Path("new")).status()).reason, "NEWER_FORMAT");
  EXPECT_EQ(DetailOf(CreateBackup(*log_, Path("backup")).status()).reason, "NEWER_FORMAT");
}

TEST_F(BackupTest, ADamagedBackupIsNoticedAndNotRestored) {
  Append(std::string(100'000, 'x'));
  ASSERT_TRUE(CreateBackup(*log_, Path("backup")).ok());
  int damaged = 0;
  for (const auto& entry : fs::recursive_directory_iterator(Path("backup"))) {
    if (entry.path().extension() != ".sst" && entry.path().extension() != ".blob") continue;
    std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(fs::file_size(entry) / 2));
    file.put('!');
    ++damaged;
  }
  EXPECT_GT(damaged, 0);
  EXPECT_TRUE(absl::IsDataLoss(CheckBackup(Path("backup")).status()));
  EXPECT_TRUE(absl::IsDataLoss(RestoreBackup(Path("backup"), Path("new")).status()));
  EXPECT_FALSE(fs::exists(Path("new")));
}

}  // namespace
}  // namespace dangol
