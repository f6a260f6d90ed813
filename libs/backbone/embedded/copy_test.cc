// A log copied into a directory goes on there as it would have gone on itself.
#include "libs/backbone/copy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "libs/backbone/embedded/seeder.h"
#include "libs/backbone/state.h"
#include "libs/backbone/testing/conformance.h"
#include "libs/backbone/testing/sim_log.h"
#include "libs/base/status.h"

namespace dangol {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
namespace fs = std::filesystem;

constexpr Scope kA{Service::kSegmentation, 1};
constexpr TopicPartition kCustomer1{Topic::kCustomer, 1}, kSegment1{Topic::kSegment, 1},
    kInbox1{Topic::kInboxSegmentation, 1};

SimLog::Options WithGaps() {
  SimLog::Options options;
  options.partitions = kTestPartitions;
  options.gaps = 0.7;
  return options;
}

class CopyTest : public testing::Test {
 protected:
  CopyTest()
      : dir_((fs::path(testing::TempDir()) /
              absl::StrCat("dangol_copy_", getpid(), "_",
                           testing::UnitTest::GetInstance()->current_test_info()->name()))
                 .string()) {
    OwnAll(from_);
  }
  ~CopyTest() override {
    fs::remove_all(dir_);
    fs::remove_all(dir_ + ".part");
  }

  void Append(TopicPartition tp, const std::vector<std::string>& values) {
    for (const std::string& value : values) {
      ASSERT_TRUE(from_.Append(tp, {MakeRecord("k", value)}).ok());
    }
  }
  // The offset behind the first `count` records.
  uint64_t Behind(TopicPartition tp, size_t count) {
    std::vector<StoredRecord> records;
    for (uint64_t next = from_.FirstOffset(tp); next < from_.EndOffset(tp);) {
      next = from_.Read(tp, next, 1, 1, &records).value();
      if (records.size() == count) return next;
    }
    return from_.EndOffset(tp);
  }
  // Every scope of the partition has committed, so that what each reads is known.
  void CommitAll() {
    for (int s = 0; s < kServices; ++s) {
      const Scope scope{static_cast<Service>(s), 1};
      if (scope != kA) CommitUntilOk(from_, {MakePart(scope, 1)});
    }
  }
  std::unique_ptr<EmbeddedLog> CopyAndOpen() {
    auto seeder = Seeder::Open(dir_, kTestPartitions).value();
    const auto counts = CopyLog(from_, checkpoints_, seeder.get());
    EXPECT_TRUE(counts.ok()) << counts.status();
    counts_ = *counts;
    EXPECT_EQ(seeder->Finish("a test"), absl::OkStatus());
    auto log = EmbeddedLog::Open(dir_);
    EXPECT_TRUE(log.ok()) << log.status();
    return *std::move(log);
  }
  static std::vector<std::string> From(Log& log, TopicPartition tp, uint64_t next) {
    std::vector<StoredRecord> records;
    while (next < log.EndOffset(tp)) next = log.Read(tp, next, 10, 1 << 20, &records).value();
    std::vector<std::string> values;
    for (const StoredRecord& record : records) values.push_back(record.record.value);
    return values;
  }

  const std::string dir_;
  SimLog from_{WithGaps()};
  SimCheckpoints checkpoints_;
  CopyCounts counts_;
};

TEST_F(CopyTest, ScopesGoOnWhereTheyWere) {
  Append(kCustomer1, {"c1", "c2", "c3"});
  Append(kInbox1, {"i1", "i2", "i3", "i4"});
  Append(kSegment1, {"s1"});
  CommitAll();
  ScopeCycle part = MakePart(kA, 1);
  part.seal.now = 77;
  part.changes = {MakePut(Table::kCustomer, "a", "1"), MakePut(Table::kCustomer, "gone", "1")};
  CommitUntilOk(from_, {part});
  ++part.seal.cycle;
  part.seal.next_offsets = {{Topic::kCustomer, Behind(kCustomer1, 2)},
                            {Topic::kInboxSegmentation, Behind(kInbox1, 3)}};
  part.changes = {MakePut(Table::kIndex, "b", "2"), {Table::kCustomer, "gone", std::nullopt}};
  CommitUntilOk(from_, {part});

  const auto log = CopyAndOpen();
  EXPECT_EQ(log->partitions(), kTestPartitions);
  EXPECT_EQ(counts_.values, 2u);
  const auto state = State::Acquire(kA, *log, log->checkpoints(), {});
  ASSERT_TRUE(state.ok()) << state.status();
  const Seal seal = (*state)->seal();
  EXPECT_EQ(seal.cycle, 3u);
  EXPECT_EQ(seal.now, 77);
  EXPECT_EQ(*(*state)->Get(Table::kCustomer, "a"), "1");
  EXPECT_EQ(*(*state)->Get(Table::kIndex, "b"), "2");
  EXPECT_EQ((*state)->Get(Table::kCustomer, "gone"), nullptr);
  EXPECT_THAT(ValuesOf(*log, kCustomer1), ElementsAre("c1", "c2", "c3")) << "kept for ever";
  EXPECT_THAT(From(*log, kCustomer1, seal.next_offsets.at(Topic::kCustomer)), ElementsAre("c3"));
  EXPECT_THAT(ValuesOf(*log, kInbox1), ElementsAre("i4")) << "what is yet to be read";
  EXPECT_EQ(seal.next_offsets.at(Topic::kInboxSegmentation), 0u);
  EXPECT_THAT(ValuesOf(*log, kSegment1), IsEmpty()) << "nobody reads it";
  // It goes on, and is there when it is opened again.
  OwnAll(*log);
  EXPECT_THAT(CommitUntilOk(*log, {MakePart(kA, 4)}).lost, IsEmpty());
}

TEST_F(CopyTest, WhereAScopeHasNeverCommittedItsPartitionIsCopiedWhole) {
  Append(kInbox1, {"i1", "i2"});
  Append(kSegment1, {"s1"});
  const auto log = CopyAndOpen();
  EXPECT_EQ(counts_.scopes, 0u);
  EXPECT_THAT(ValuesOf(*log, kInbox1), ElementsAre("i1", "i2"));
  EXPECT_THAT(ValuesOf(*log, kSegment1), ElementsAre("s1"));
  EXPECT_EQ(State::Acquire(kA, *log, log->checkpoints(), {}).value()->seal().cycle, 0u);
}

TEST_F(CopyTest, ACopySaysSoUntilItIsTold) {
  auto log = CopyAndOpen();
  EXPECT_EQ(CopyOf(*log).value(), "a test");
  EXPECT_EQ(NoCopyAnyMore(*log), absl::OkStatus());
  log = nullptr;
  log = EmbeddedLog::Open(dir_).value();
  EXPECT_EQ(CopyOf(*log).value(), "");
}

TEST_F(CopyTest, NothingIsOverwrittenAndNothingHalfIsLeft) {
  fs::create_directories(dir_);
  { const auto given_up = Seeder::Open(dir_, kTestPartitions).value(); }
  EXPECT_FALSE(fs::exists(dir_ + ".part"));
  CopyAndOpen();
  EXPECT_EQ(DetailOf(Seeder::Open(dir_, kTestPartitions).status()).reason, "NOT_EMPTY");
}

}  // namespace
}  // namespace dangol
