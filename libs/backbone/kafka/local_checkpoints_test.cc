// Checkpoints on the local disk of a cluster's process: which are used and which are dropped.
#include "libs/backbone/kafka/local_checkpoints.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <map>

#include "absl/strings/str_cat.h"

namespace dangol::kafka {
namespace {

constexpr Scope kA{Service::kProfile, 0};
constexpr Scope kB{Service::kProfile, 1};
constexpr Micros kStart = 1'000'000 * kMicrosPerSecond;

class FakeMarks final : public ChangelogMarks {
 public:
  absl::StatusOr<std::string> IdOf(Scope) override { return id; }
  uint64_t SealOffset(Scope scope, uint64_t cycle) override { return seals.UpTo(scope, cycle); }
  void ReplayFrom(Scope scope, uint64_t offset) override { from[scope] = offset; }
  bool Acquiring(Scope) override { return acquiring; }

  absl::StatusOr<std::string> id = "one";
  bool acquiring = false;
  SealOffsets seals;
  std::map<Scope, uint64_t> from;
};

class LocalCheckpointsTest : public testing::Test {
 protected:
  LocalCheckpointsTest()
      : dir_(std::filesystem::path(testing::TempDir()) /
             absl::StrCat("dangol_local_checkpoints_", getpid())) {
    std::filesystem::remove_all(dir_);
    Open();
  }
  ~LocalCheckpointsTest() override {
    store_ = nullptr;
    std::filesystem::remove_all(dir_);
  }
  // As after a restart: scopes are acquired.
  void Open() {
    store_ = nullptr;
    auto store = LocalCheckpoints::Open(dir_.string(), 4, &marks_, &clock_);
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
    marks_.from.clear();
  }
  void Write(Scope scope, uint64_t cycle) {
    Checkpoint::Part part{scope, {cycle, 5, {}}, {{Table::kMeta, "k", absl::StrCat(cycle)}}};
    ASSERT_EQ(store_->Ingest({{part}}), absl::OkStatus());
  }
  uint64_t CycleOf(Scope scope) {
    const auto seal = store_->SealOf(scope);
    EXPECT_TRUE(seal.ok()) << seal.status();
    return seal->has_value() ? (*seal)->cycle : 0;
  }

  const std::filesystem::path dir_;
  ManualClock clock_{kStart};
  FakeMarks marks_;
  std::unique_ptr<LocalCheckpoints> store_;
};

TEST_F(LocalCheckpointsTest, AReplayBeginsAtTheSealOfTheCheckpoint) {
  marks_.seals.Note(kA, 1, 10);
  marks_.seals.Note(kA, 2, 20);
  marks_.seals.Note(kA, 4, 40);
  Write(kA, 3);
  Write(kB, 7);  // whose seal nobody noted
  Open();
  marks_.acquiring = true;
  EXPECT_EQ(CycleOf(kA), 3u);
  EXPECT_EQ(CycleOf(kB), 7u);
  EXPECT_EQ(marks_.from, (std::map<Scope, uint64_t>{{kA, 20}, {kB, 0}}));
  EXPECT_EQ(store_->Get(kA, Table::kMeta, "k").value(), "3");
}

TEST_F(LocalCheckpointsTest, OneOfAnotherChangelogIsDropped) {
  Write(kA, 3);
  marks_.id = "another";
  Write(kB, 3);
  marks_.acquiring = true;
  EXPECT_EQ(CycleOf(kA), 0u);
  EXPECT_EQ(CycleOf(kB), 3u);
  EXPECT_EQ(store_->dropped(), 1u);
  EXPECT_EQ(store_->Get(kA, Table::kMeta, "k").value(), std::nullopt);
  EXPECT_EQ(store_->Get(kB, Table::kMeta, "k").value(), "3");
}

TEST_F(LocalCheckpointsTest, OneThatIsTooOldIsDroppedButNotWhileItIsUsed) {
  Write(kA, 3);
  clock_.AdvanceTo(kStart + LocalCheckpoints::kOldest);
  marks_.acquiring = true;
  EXPECT_EQ(CycleOf(kA), 3u);
  clock_.AdvanceTo(kStart + LocalCheckpoints::kOldest + 1);
  marks_.acquiring = false;
  EXPECT_EQ(CycleOf(kA), 3u) << "its owner reads evicted records from it";
  marks_.acquiring = true;
  EXPECT_EQ(CycleOf(kA), 0u);
}

TEST_F(LocalCheckpointsTest, NothingIsDroppedWhileTheIdIsNotKnown) {
  Write(kA, 3);
  marks_.id = absl::UnavailableError("no answer");
  marks_.acquiring = true;
  EXPECT_TRUE(absl::IsUnavailable(store_->SealOf(kA).status()));
  marks_.id = "one";
  EXPECT_EQ(CycleOf(kA), 3u);
}

TEST(SealOffsetsTest, KeepsSoManyAndIsNeverAheadOfTheCycle) {
  SealOffsets seals;
  EXPECT_EQ(seals.UpTo(kA, 5), 0u);
  for (uint64_t cycle = 10; cycle < 10'000; ++cycle) seals.Note(kA, cycle, 3 * cycle);
  EXPECT_EQ(seals.UpTo(kA, 9), 0u);
  for (uint64_t cycle = 10; cycle < 12'000; ++cycle) {
    const uint64_t offset = seals.UpTo(kA, cycle);
    ASSERT_LE(offset, 3 * cycle);
    ASSERT_GT(offset, 0u);
    if (cycle > 9'900) {
      ASSERT_EQ(offset, 3 * std::min<uint64_t>(cycle, 9'999));
    }
  }
  seals.Note(kA, 4, 100);  // gained again, from an older position: another changelog
  EXPECT_EQ(seals.UpTo(kA, 9'999), 100u);
  seals.Forget(kA);
  EXPECT_EQ(seals.UpTo(kA, 9'999), 0u);
}

}  // namespace
}  // namespace dangol::kafka
