// The embedded log on a disk that is full, read-only, slow or broken: what it refuses and with
// which words, that it loses nothing that was acknowledged, and that it goes on by itself.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <future>
#include <thread>

#include "absl/strings/str_cat.h"
#include "libs/backbone/embedded/embedded_log.h"
#include "libs/backbone/embedded/testing/fault_disk.h"
#include "libs/backbone/testing/conformance.h"
#include "libs/base/status.h"

namespace dangol {
namespace {

using embedded::FaultDisk;
using ::testing::Contains;
using ::testing::ElementsAre;

constexpr Scope kA{Service::kResponse, 1};
constexpr TopicPartition kIngest0{Topic::kIngest, 0};
constexpr TopicPartition kInbox1{Topic::kInboxResponse, 1};
constexpr TopicPartition kContact1{Topic::kContact, 1};

class DiskTest : public testing::Test {
 protected:
  DiskTest()
      : dir_((std::filesystem::path(testing::TempDir()) /
              absl::StrCat("dangol_disk_", getpid(), "_", Name()))
                 .string()) {
    options_.partitions = kTestPartitions;
    options_.sync_interval_us = 0;
    options_.env = disk_.env();
    options_.free_bytes = [this] { return disk_.free_bytes(); };
    Open();
  }
  ~DiskTest() override {
    log_.reset();
    std::filesystem::remove_all(dir_);
  }
  static std::string Name() {
    std::string name = testing::UnitTest::GetInstance()->current_test_info()->name();
    std::replace(name.begin(), name.end(), '/', '_');
    return name;
  }
  void Open() {
    log_.reset();
    auto log = EmbeddedLog::Open(dir_, options_);
    ASSERT_EQ(log.status(), absl::OkStatus());
    log_ = *std::move(log);
  }
  absl::Status Append(const std::string& value, TopicPartition to = kIngest0) {
    return log_->Append(to, {MakeRecord("k", value)}).status();
  }
  static std::string Reason(const absl::Status& status) { return DetailOf(status).reason; }
  // The log is asked until it takes records again: it recovers in a thread of its own.
  void AwaitWell() {
    while (!log_->Health().ok()) std::this_thread::yield();
  }

  FaultDisk disk_;
  const std::string dir_;
  EmbeddedLog::Options options_;
  std::unique_ptr<EmbeddedLog> log_;
};

struct Case {
  const char* name;
  FaultDisk::Fault fault;
  const char* reason;
};

class FailingDiskTest : public DiskTest, public testing::WithParamInterface<Case> {};

// Regression: after an I/O error other than a full disk, writes were refused until a restart.
TEST_P(FailingDiskTest, RefusesWithTheReasonLosesNothingAndGoesOnByItself) {
  ASSERT_TRUE(Append("before").ok());
  CommitUntilOk(*log_, {MakePart(kA, 1, {{kContact1, MakeRecord("k", "first")}})});
  disk_.FailWrites(GetParam().fault);
  const absl::Status refused = Append("torn");
  EXPECT_TRUE(absl::IsUnavailable(refused)) << refused;
  EXPECT_EQ(Reason(refused), GetParam().reason) << refused;
  EXPECT_EQ(DetailOf(refused).metadata["retry_delay_ms"], "2000");
  EXPECT_EQ(Reason(log_->Health()), GetParam().reason);
  const Cycle second = {MakePart(kA, 2, {{kContact1, MakeRecord("k", "second")}})};
  EXPECT_TRUE(absl::IsUnavailable(log_->Commit(second).status()));
  EXPECT_EQ(ValuesOf(*log_, kContact1), std::vector<std::string>{"first"});  // reads go on
  disk_.FailWrites(FaultDisk::Fault::kNone);
  AwaitWell();
  CommitUntilOk(*log_, second);
  ASSERT_TRUE(Append("after").ok());
  EXPECT_EQ(log_->stats().recoveries, 1u);
  for (int opened = 0; opened < 2; ++opened, Open()) {
    const std::vector<std::string> values = ValuesOf(*log_, kIngest0);
    EXPECT_EQ(values.front(), "before");
    EXPECT_EQ(values.back(), "after");
    EXPECT_LE(values.size(), 3u);  // what was refused may be there: nobody knew
    EXPECT_THAT(ValuesOf(*log_, kContact1), ElementsAre("first", "second"));
  }
}

INSTANTIATE_TEST_SUITE_P(Disk, FailingDiskTest,
                         testing::Values(Case{"Full", FaultDisk::Fault::kNoSpace, "DISK_FULL"},
                                         Case{"ReadOnly", FaultDisk::Fault::kReadOnly,
                                              "DISK_READ_ONLY"},
                                         Case{"Broken", FaultDisk::Fault::kIoError, "DISK_ERROR"}),
                         [](const auto& info) { return std::string(info.param.name); });

// The disk fails after 0, 1, 2 … further changes of it, each time in the middle of a cycle, a sync
// or a file of RocksDB's; then all is as if it had not.
TEST_F(DiskTest, AFaultAtAnyPointEndsInTheStateWithoutIt) {
  std::vector<std::string> contacts, changes;
  uint64_t cycle = 0;
  for (uint64_t more = 0; more < 12; ++more) {
    disk_.FailWrites(FaultDisk::Fault::kIoError, more);
    uint64_t refused = disk_.refused();
    for (int n = 0; disk_.refused() == refused; ++n) {
      contacts.push_back(absl::StrCat(more, "/", n));
      ++cycle;
      const Cycle next = {MakePart(kA, cycle, {{kContact1, MakeRecord("k", contacts.back())}},
                                   {MakePut(Table::kMeta, "k", contacts.back())})};
      absl::StatusOr<CommitResult> done = log_->Commit(next);
      while (done.ok() && log_->DurableTicket() < done->ticket && log_->Health().ok()) {
        std::this_thread::yield();
      }
      if (done.ok() && log_->Health().ok()) continue;
      disk_.FailWrites(FaultDisk::Fault::kNone);
      AwaitWell();
      CommitUntilOk(*log_, next);
      break;
    }
  }
  EXPECT_GE(log_->stats().recoveries, 10u);
  for (int opened = 0; opened < 2; ++opened, Open()) {
    EXPECT_EQ(ValuesOf(*log_, kContact1), contacts);
    std::vector<std::string> replayed;
    const auto seal = log_->Replay(kA, 0, [&](const std::vector<Change>& all, const Seal&) {
      replayed.push_back(*all.front().value);
    });
    EXPECT_EQ(seal.value().cycle, cycle);
    EXPECT_EQ(replayed, contacts);
  }
}

// RocksDB met a write after a flush that had failed, and before it had noted that, with an
// assertion.
TEST_F(DiskTest, BugAWriteBesideAFlushThatFailedEndedTheProcess) {
  constexpr int kRounds = 30;
  for (int round = 0; round < kRounds; ++round) {
    ASSERT_TRUE(Append("well").ok());
    disk_.FailWrites(FaultDisk::Fault::kNoSpace);
    while (log_->AppendAsync({{kIngest0, MakeRecord("k", "beside")}}).ok()) {
    }
    disk_.FailWrites(FaultDisk::Fault::kNone);
    AwaitWell();
  }
  EXPECT_EQ(log_->stats().recoveries, kRounds);
}

// A write beside a sync that failed was refused with RocksDB's "previous error", not with the
// sync's reason.
TEST_F(DiskTest, BugAWriteBesideASyncThatFailedDidNotSayWhy) {
  for (int round = 0; round < 10; ++round) {
    ASSERT_TRUE(Append("well").ok());
    disk_.HoldSyncs(true);
    ASSERT_TRUE(log_->AppendAsync({{kIngest0, MakeRecord("k", "synced in vain")}}).ok());
    while (!disk_.sync_waits()) std::this_thread::yield();
    disk_.FailWrites(FaultDisk::Fault::kNoSpace);
    disk_.HoldSyncs(false);
    absl::Status refused;
    while (refused.ok()) {
      refused = log_->AppendAsync({{kIngest0, MakeRecord("k", "beside")}}).status();
    }
    EXPECT_EQ(Reason(refused), "DISK_FULL") << refused;
    EXPECT_EQ(Reason(log_->Health()), "DISK_FULL") << log_->Health();
    disk_.FailWrites(FaultDisk::Fault::kNone);
    AwaitWell();
  }
}

TEST_F(DiskTest, WhatReadersSawBeforeAFailedSyncIsWrittenAgain) {
  ASSERT_TRUE(Append("before").ok());
  disk_.FailSyncs(true);
  const uint64_t ticket =
      log_->Commit({MakePart(kA, 1, {{kContact1, MakeRecord("k", "seen")}})}).value().ticket;
  EXPECT_THAT(ValuesOf(*log_, kContact1), ElementsAre("seen"));
  while (log_->Health().ok()) std::this_thread::yield();
  EXPECT_EQ(Reason(log_->Health()), "DISK_ERROR");
  EXPECT_LT(log_->DurableTicket(), ticket);
  disk_.FailSyncs(false);
  AwaitWell();
  EXPECT_GE(log_->DurableTicket(), ticket);
  EXPECT_THAT(ValuesOf(*log_, kContact1), ElementsAre("seen"));
  CommitUntilOk(*log_, {MakePart(kA, 2, {{kContact1, MakeRecord("k", "next")}})});
  Open();
  EXPECT_THAT(ValuesOf(*log_, kContact1), ElementsAre("seen", "next"));
}

TEST_F(DiskTest, BelowTheLowWaterMarkNewWorkWaitsAndTheRestGoesOn) {
  disk_.set_free_bytes(options_.min_free_bytes - 1);
  while (log_->Health().ok()) std::this_thread::yield();
  const absl::Status refused = Append("new");
  EXPECT_TRUE(absl::IsResourceExhausted(refused)) << refused;
  EXPECT_EQ(Reason(refused), "DISK_FULL");
  EXPECT_TRUE(Append("outcome", kInbox1).ok());
  CommitUntilOk(*log_, {MakePart(kA, 1, {{kContact1, MakeRecord("k", "v")}})});
  disk_.set_free_bytes(options_.min_free_bytes / 4 - 1);
  const Cycle second = {MakePart(kA, 2, {{kContact1, MakeRecord("k", "w")}})};
  while (Append("outcome", kInbox1).ok()) std::this_thread::yield();
  const absl::Status commit = log_->Commit(second).status();
  EXPECT_TRUE(absl::IsUnavailable(commit)) << commit;
  EXPECT_EQ(Reason(commit), "DISK_FULL");
  disk_.set_free_bytes(options_.min_free_bytes);
  AwaitWell();
  CommitUntilOk(*log_, second);
  EXPECT_TRUE(Append("new").ok());
  EXPECT_EQ(log_->stats().recoveries, 0u);  // RocksDB never saw a full disk
}

TEST_F(DiskTest, ASlowDiskIsSaidAndCallersAreLetGo) {
  options_.slow_sync_us = 20 * kMicrosPerMilli;
  Open();
  disk_.HoldSyncs(true);
  const absl::Status waited = Append("slow");
  EXPECT_EQ(Reason(waited), "DISK_SLOW") << waited;
  // The sync may have begun later than the caller's wait.
  while (log_->Health().ok()) std::this_thread::yield();
  EXPECT_EQ(Reason(log_->Health()), "DISK_SLOW");
  EXPECT_EQ(Reason(Append("not even tried")), "DISK_SLOW");
  EXPECT_EQ(log_->stats().refused_appends, 1u);
  disk_.HoldSyncs(false);
  AwaitWell();
  ASSERT_TRUE(Append("fast").ok());
  EXPECT_THAT(ValuesOf(*log_, kIngest0), ElementsAre("slow", "fast"));
}

TEST_F(DiskTest, AReadThatFailsIsTriedAgain) {
  Checkpoint checkpoint;
  checkpoint.parts.push_back(
      {kA, {}, {MakePut(Table::kShared, "a", "1"), MakePut(Table::kShared, "b", "2")}});
  checkpoint.parts.front().seal.cycle = 1;
  ASSERT_TRUE(log_->checkpoints().Ingest(checkpoint).ok());
  Open();
  disk_.FailReads(2);
  EXPECT_EQ(log_->checkpoints().Get(kA, Table::kShared, "a").value(), "1");
  Open();
  disk_.FailReads(2);
  std::string scanned;
  ASSERT_TRUE(log_->checkpoints()
                  .Scan(kA, Table::kShared, "",
                        [&](absl::string_view key, absl::string_view value) {
                          absl::StrAppend(&scanned, key, value);
                          return true;
                        })
                  .ok());
  EXPECT_EQ(scanned, "a1b2");
}

// Regression: a trim waited for a disk that could not be read with the lock that recovery needs, so
// that both took a minute, after which readers give up.
TEST_F(DiskTest, ATrimDoesNotHoldUpTheRecoveryThatItWaitsFor) {
  for (const char* value : {"a", "b", "c"}) ASSERT_TRUE(Append(value, kContact1).ok());
  // The disk takes the probe and fails while the database is opened: it stays closed.
  constexpr uint64_t kChangesOfAProbe = 4;
  disk_.FailSyncs(true);
  Append("refused").IgnoreError();
  while (log_->Health().ok()) std::this_thread::yield();
  disk_.FailWrites(FaultDisk::Fault::kIoError, kChangesOfAProbe);
  disk_.FailSyncs(false);
  while (disk_.refused() == 0) std::this_thread::yield();
  auto trimmed = std::async(std::launch::async, [&] { return log_->TrimTopic(kContact1, 2); });
  EXPECT_EQ(trimmed.wait_for(std::chrono::milliseconds(300)), std::future_status::timeout);
  disk_.FailWrites(FaultDisk::Fault::kNone);
  EXPECT_EQ(trimmed.wait_for(std::chrono::seconds(20)), std::future_status::ready);
  AwaitWell();
  EXPECT_TRUE(trimmed.get().ok());
  EXPECT_EQ(log_->FirstOffset(kContact1), 2u);
}

// Regression: recovery made a new, empty database where the directory was gone for a while.
TEST_F(DiskTest, ADiskThatIsNotMountedForAWhileIsWaitedFor) {
  ASSERT_TRUE(Append("before").ok());
  std::filesystem::rename(dir_, dir_ + "_unmounted");
  std::filesystem::create_directory(dir_);
  disk_.FailSyncs(true);
  Append("refused").IgnoreError();
  while (log_->Health().ok()) std::this_thread::yield();
  disk_.FailSyncs(false);
  const uint64_t tries = log_->stats().wal_sync_errors + 2;
  while (log_->stats().wal_sync_errors < tries) std::this_thread::yield();
  EXPECT_EQ(Reason(log_->Health()), "DISK_ERROR") << log_->Health();
  EXPECT_FALSE(std::filesystem::exists(dir_ + "/CURRENT"));
  std::filesystem::remove_all(dir_);
  std::filesystem::rename(dir_ + "_unmounted", dir_);
  AwaitWell();
  EXPECT_TRUE(Append("after").ok());
  EXPECT_EQ(ValuesOf(*log_, kIngest0).front(), "before");
}

// Regression: an error of the disk whose text has "lock" in it was taken for another process.
TEST_F(DiskTest, APathThatSaysLockIsNotADirectoryInUse) {
  const std::string dir = dir_ + "/block";
  std::filesystem::create_directories(dir + "/CURRENT");  // cannot be read as a file
  EXPECT_EQ(Reason(EmbeddedLog::Open(dir, options_).status()), "DISK_ERROR");
}

TEST_F(DiskTest, ACheckpointThatTheDiskRefusesLeavesTheOldOne) {
  Checkpoint checkpoint;
  checkpoint.parts.push_back({kA, {}, {MakePut(Table::kShared, "a", "1")}});
  checkpoint.parts.front().seal.cycle = 1;
  ASSERT_TRUE(log_->checkpoints().Ingest(checkpoint).ok());
  checkpoint.parts.front().changes.front().value = "2";
  checkpoint.parts.front().seal.cycle = 2;
  for (uint64_t more = 0; more < 6; ++more) {
    disk_.FailWrites(FaultDisk::Fault::kIoError, more);
    if (log_->checkpoints().Ingest(checkpoint).ok()) break;
    EXPECT_EQ(log_->checkpoints().SealOf(kA).value()->cycle, 1u) << more;
    EXPECT_EQ(log_->checkpoints().Get(kA, Table::kShared, "a").value(), "1") << more;
    disk_.FailWrites(FaultDisk::Fault::kNone);
    Append("wakes what the failed manifest left behind").IgnoreError();
    AwaitWell();
  }
  disk_.FailWrites(FaultDisk::Fault::kNone);
  ASSERT_TRUE(log_->checkpoints().Ingest(checkpoint).ok());
  EXPECT_EQ(log_->checkpoints().SealOf(kA).value()->cycle, 2u);
}

}  // namespace
}  // namespace dangol
