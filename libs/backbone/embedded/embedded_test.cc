// What only the embedded log has: a directory, a disk that fails, and bytes that may be damaged.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rocksdb/db.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "libs/backbone/embedded/codec.h"
#include "libs/backbone/embedded/embedded_log.h"
#include "libs/backbone/testing/conformance.h"
#include "libs/base/rng.h"
#include "libs/base/status.h"

namespace dangol {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr Scope kA{Service::kResponse, 1};
constexpr TopicPartition kIngest0{Topic::kIngest, 0};
constexpr TopicPartition kContact1{Topic::kContact, 1};

class EmbeddedLogTest : public testing::Test {
 protected:
  EmbeddedLogTest()
      : dir_((std::filesystem::path(testing::TempDir()) /
              absl::StrCat("dangol_embedded_", getpid(), "_",
                           testing::UnitTest::GetInstance()->current_test_info()->name()))
                 .string()) {
    options_.partitions = kTestPartitions;
  }
  ~EmbeddedLogTest() override {
    log_.reset();
    std::filesystem::remove_all(dir_);
  }
  absl::Status TryOpen() {
    log_.reset();
    absl::StatusOr<std::unique_ptr<EmbeddedLog>> log = EmbeddedLog::Open(dir_, options_);
    if (log.ok()) log_ = *std::move(log);
    return log.status();
  }
  void Open() { ASSERT_EQ(TryOpen(), absl::OkStatus()); }
  // Changes the directory under the log.
  template <typename Fn>
  void WithRocks(const Fn& fn) {
    log_.reset();
    std::vector<rocksdb::ColumnFamilyDescriptor> families;
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    for (const char* name : {"default", "days", "forever", "changelog", "state"}) {
      families.emplace_back(name, rocksdb::ColumnFamilyOptions());
    }
    rocksdb::DB* db = nullptr;
    ASSERT_TRUE(rocksdb::DB::Open(rocksdb::DBOptions(), dir_, families, &handles, &db).ok());
    fn(db, handles);
    for (rocksdb::ColumnFamilyHandle* handle : handles) db->DestroyColumnFamilyHandle(handle);
    delete db;
  }

  const std::string dir_;
  EmbeddedLog::Options options_;
  std::unique_ptr<EmbeddedLog> log_;
};

TEST_F(EmbeddedLogTest, ADirectoryInUseIsRefusedByName) {
  Open();
  const absl::Status second = EmbeddedLog::Open(dir_, options_).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(second));
  EXPECT_EQ(DetailOf(second).reason, "DIRECTORY_IN_USE");
  EXPECT_THAT(std::string(second.message()), HasSubstr(dir_));
}

TEST_F(EmbeddedLogTest, ThePartitionCountIsFixedAtCreation) {
  options_.partitions = 3;
  EXPECT_TRUE(absl::IsInvalidArgument(TryOpen()));
  options_.partitions = 8;
  Open();
  options_.partitions = 4;
  const absl::Status other = TryOpen();
  EXPECT_TRUE(absl::IsFailedPrecondition(other));
  EXPECT_THAT(std::string(other.message()), HasSubstr("has 8 partitions, not 4"));
  options_.partitions = 0;
  Open();
  EXPECT_EQ(log_->partitions(), 8u);
}

TEST_F(EmbeddedLogTest, ANewerFormatIsRefused) {
  Open();
  WithRocks([](rocksdb::DB* db, const auto&) {
    ASSERT_TRUE(db->Put(rocksdb::WriteOptions(), "format", "2").ok());
  });
  EXPECT_EQ(DetailOf(TryOpen()).reason, "NEWER_FORMAT");
}

TEST_F(EmbeddedLogTest, AMissingLastWriteHaltsAtOpen) {
  Open();
  CommitUntilOk(*log_, {MakePart(kA, 1, {{kContact1, MakeRecord("k", "v")}})});
  CommitUntilOk(*log_, {MakePart(kA, 2, {{kContact1, MakeRecord("k", "w")}})});
  WithRocks([](rocksdb::DB* db, const auto& families) {
    ASSERT_TRUE(
        db->Delete(rocksdb::WriteOptions(), families[2], embedded::TopicKey(kContact1, 1)).ok());
    ASSERT_TRUE(
        db->Delete(rocksdb::WriteOptions(), families[3], embedded::ChangelogKey(kA, 2)).ok());
  });
  EXPECT_TRUE(absl::IsDataLoss(TryOpen()));
}

TEST_F(EmbeddedLogTest, DamagedAndMissingRowsAreErrorsNeverSkips) {
  Open();
  for (int i = 1; i <= 3; ++i) {
    CommitUntilOk(*log_, {MakePart(kA, i, {{kContact1, MakeRecord("k", absl::StrCat(i))}})});
  }
  WithRocks([](rocksdb::DB* db, const auto& families) {
    const rocksdb::WriteOptions write;
    ASSERT_TRUE(db->Delete(write, families[2], embedded::TopicKey(kContact1, 1)).ok());
    std::string row;
    ASSERT_TRUE(
        db->Get(rocksdb::ReadOptions(), families[3], embedded::ChangelogKey(kA, 2), &row).ok());
    row.back() = static_cast<char>(row.back() ^ 1);
    ASSERT_TRUE(db->Put(write, families[3], embedded::ChangelogKey(kA, 2), row).ok());
  });
  Open();
  std::vector<StoredRecord> got;
  EXPECT_TRUE(absl::IsOutOfRange(log_->Read(kContact1, 0, 10, 1000, &got).status()));
  EXPECT_TRUE(absl::IsDataLoss(log_->Replay(kA, 0, [](const auto&, const auto&) {}).status()));
}

TEST_F(EmbeddedLogTest, TrimmingFreesTheDisk) {
  options_.write_buffer_bytes = 1 << 20;
  Open();
  Rng rng(1);
  for (int i = 0; i < 20; ++i) {
    std::string noise;
    while (noise.size() < 500'000) absl::StrAppend(&noise, EncodeKey(rng.Next()));
    ASSERT_TRUE(log_->Append(kIngest0, {MakeRecord("k", noise)}).ok());
  }
  Open();  // no write-ahead log of them is left
  const uint64_t before = log_->stats().bytes_on_disk;
  EXPECT_GT(before, 9'000'000u);
  ASSERT_TRUE(log_->TrimTopic(kIngest0, 19).ok());
  ASSERT_TRUE(log_->FreeTrimmed().ok());
  Open();
  EXPECT_LT(log_->stats().bytes_on_disk, before / 4);
  EXPECT_EQ(ValuesOf(*log_, kIngest0).size(), 1u);
}

TEST_F(EmbeddedLogTest, WithoutSyncsTicketsDoNotWait) {
  options_.durability = EmbeddedLog::Durability::kOs;
  Open();
  const uint64_t ticket = CommitUntilOk(*log_, {MakePart(kA, 1)}).ticket;
  EXPECT_GE(log_->DurableTicket(), ticket);
  ASSERT_TRUE(log_->Append(kIngest0, {MakeRecord("k", "v")}).ok());
  EXPECT_EQ(log_->stats().wal_syncs, 0u);
}

// No file of this process may grow beyond a limit: a full disk, as far as RocksDB can tell.
TEST_F(EmbeddedLogTest, ADiskThatRefusesWritesLosesNothingThatWasAcknowledged) {
  Open();
  ASSERT_TRUE(log_->Append(kIngest0, {MakeRecord("k", "before")}).ok());
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit limit{};
  getrlimit(RLIMIT_FSIZE, &limit);
  const rlimit old = limit;
  limit.rlim_cur = 100'000;
  setrlimit(RLIMIT_FSIZE, &limit);
  Rng rng(1);
  std::string noise;
  while (noise.size() < 300'000) absl::StrAppend(&noise, EncodeKey(rng.Next()));
  const absl::Status refused = log_->Append(kIngest0, {MakeRecord("k", noise)}).status();
  const absl::Status still = log_->Append(kIngest0, {MakeRecord("k", "small")}).status();
  const uint64_t errors = log_->stats().write_errors + log_->stats().wal_sync_errors;
  setrlimit(RLIMIT_FSIZE, &old);
  EXPECT_TRUE(absl::IsUnavailable(refused)) << refused;
  EXPECT_TRUE(absl::IsUnavailable(still)) << still;
  EXPECT_THAT(std::string(refused.message()), HasSubstr("File too large"));
  EXPECT_GE(errors, 1u);
  Open();
  EXPECT_EQ(ValuesOf(*log_, kIngest0).front(), "before");
  EXPECT_TRUE(log_->Append(kIngest0, {MakeRecord("k", "after")}).ok());
}

TEST(EmbeddedCodecTest, EveryTruncationAndFlippedByteIsNoticed) {
  const Record record = MakeRecord("key", "value");
  std::string packed = embedded::PackFrame(1, embedded::EncodeRecords({&record})).value();
  embedded::StampFrame(7, &packed);
  const embedded::Frame frame = embedded::UnpackFrame(packed).value();
  EXPECT_EQ(frame.write_number, 7u);
  EXPECT_EQ(embedded::DecodeRecords(frame.body).value().front().emit_time, -17);
  for (size_t i = 0; i < packed.size(); ++i) {
    std::string flipped = packed;
    flipped[i] = static_cast<char>(flipped[i] ^ 0x40);
    EXPECT_FALSE(embedded::UnpackFrame(flipped).ok()) << i;
    EXPECT_FALSE(embedded::UnpackFrame(packed.substr(0, i)).ok()) << i;
  }
  const std::string changelog = embedded::EncodeChangelog(
      MakePart(kA, 9).seal, {MakePut(Table::kIndex, "k", "v"), MakeDelete(Table::kMeta, "m")});
  EXPECT_EQ(embedded::DecodeChangelog(changelog).value().changes.size(), 2u);
  for (size_t i = 0; i < frame.body.size(); ++i) {
    EXPECT_FALSE(embedded::DecodeRecords(absl::string_view(frame.body).substr(0, i)).ok());
  }
  for (size_t i = 0; i < changelog.size(); ++i) {
    EXPECT_FALSE(embedded::DecodeChangelog(absl::string_view(changelog).substr(0, i)).ok());
  }
}

}  // namespace
}  // namespace dangol
