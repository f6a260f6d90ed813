#include "services/profile/domain/history.h"

#include "dangol/profile/v1/profile_service.pb.h"
#include "dangol/profile/v1/state.pb.h"
#include "gtest/gtest.h"

namespace dangol::profile {
namespace {

constexpr Micros kStart = 20'000 * kMicrosPerDay + 1;

TEST(RecentTest, KeptForSevenDays) {
  v1::HistoryRecord history;
  NoteRecent(1, kStart, &history);
  for (uint64_t i = 0; i < 100; ++i) NoteRecent(1000 + i, kStart + kMicrosPerDay, &history);
  EXPECT_TRUE(SeenRecently(history, 1, kStart + kRecentWindow)) << "to the last instant";
  // Kept to the second, never less than the window.
  EXPECT_FALSE(SeenRecently(history, 1, kStart + kRecentWindow + kMicrosPerSecond));
}

TEST(RecentTest, TheLast64AreKeptForEver) {
  v1::HistoryRecord history;
  for (uint64_t i = 1; i <= 65; ++i) NoteRecent(i, kStart, &history);
  const Micros later = kStart + 365 * kMicrosPerDay;
  EXPECT_FALSE(SeenRecently(history, 1, later));
  EXPECT_TRUE(SeenRecently(history, 2, later));
  NoteRecent(66, later, &history);
  EXPECT_EQ(history.recent_hashes_size(), kRecentMin) << "forgotten";
  EXPECT_EQ(history.recent_seconds_size(), kRecentMin);
  EXPECT_FALSE(SeenRecently(history, 2, later));
  EXPECT_TRUE(SeenRecently(history, 66, later));
}

TEST(RecentTest, EverythingOfTheWindowIsKept) {
  v1::HistoryRecord history;
  for (uint64_t i = 1; i <= 1000; ++i) NoteRecent(i, kStart, &history);
  EXPECT_EQ(history.recent_hashes_size(), 1000);
  EXPECT_TRUE(SeenRecently(history, 1, kStart + kRecentWindow));
}

TEST(TimelineTest, FullHeadsAreMovedOutAndOldChunksDropped) {
  v1::HistoryRecord history;
  int64_t dropped = -1;
  int64_t stored = 0;
  for (int i = 0; i < 20 * kChunkEntries; ++i) {
    v1::TimelineEntry entry;
    entry.set_time_us(i);
    if (auto spill = AppendEntry(&entry, &history)) {
      EXPECT_EQ(spill->full_number, stored);
      v1::TimelineChunk chunk;
      ASSERT_TRUE(chunk.ParseFromString(spill->full));
      ASSERT_EQ(chunk.entries_size(), kChunkEntries);
      EXPECT_EQ(ParseEntry(chunk.entries(0)).time_us(), stored * kChunkEntries);
      ++stored;
      if (spill->drop_number >= 0) dropped = spill->drop_number;
    }
    EXPECT_LT(history.head_size(), kChunkEntries);
    // What is left holds at least the last 200.
    EXPECT_GE((stored - 1 - dropped) * kChunkEntries + history.head_size(),
              std::min(i + 1, kTimelineEntries));
  }
  EXPECT_EQ(stored, 20);
}

TEST(TimelineTest, EntriesCarryTheStageOfThen) {
  v1::HistoryRecord history;
  EXPECT_TRUE(SetStage("shop", "new", 5, &history));
  EXPECT_FALSE(SetStage("shop", "new", 5, &history));
  v1::TimelineEntry entry;
  entry.set_business_unit("shop");
  AppendEntry(&entry, &history);
  EXPECT_TRUE(SetStage("shop", "existing", 9, &history));
  AppendEntry(&entry, &history);
  EXPECT_EQ(ParseEntry(history.head(0)).stage(), "new");
  EXPECT_EQ(ParseEntry(history.head(1)).stage(), "existing");
  EXPECT_EQ(history.lifecycles_size(), 1);
}

}  // namespace
}  // namespace dangol::profile
