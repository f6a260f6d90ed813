#include "libs/backbone/testing/conformance.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "absl/status/status.h"
#include "libs/base/clock.h"

namespace dangol {

constexpr Micros kPatience = 60 * kMicrosPerSecond;

Record MakeRecord(std::string key, std::string value) {
  return {std::move(key), std::move(value), -17, 3};
}
Change MakePut(Table table, std::string key, std::string value) {
  return {table, std::move(key), std::move(value)};
}
Change MakeDelete(Table table, std::string key) { return {table, std::move(key), std::nullopt}; }

ScopeCycle MakePart(Scope scope, uint64_t cycle, std::vector<Emit> emits,
                    std::vector<Change> changes) {
  Seal seal{cycle, static_cast<Micros>(1000 * cycle), {{Topic::kIngest, cycle}}};
  return {scope, std::move(seal), std::move(emits), std::move(changes)};
}

std::vector<StoredRecord> RecordsOf(Log& log, TopicPartition tp) {
  std::vector<StoredRecord> records;
  const Micros until = SteadyMicros() + kPatience;
  for (uint64_t from = log.FirstOffset(tp); from < log.EndOffset(tp);) {
    const size_t before = records.size();
    const absl::StatusOr<uint64_t> read_on = log.Read(tp, from, 3, 1 << 20, &records);
    EXPECT_TRUE(read_on.ok()) << read_on.status();
    // A log that fetches may not have come so far yet.
    if (!read_on.ok() || (*read_on == from && SteadyMicros() > until)) break;
    if (records.size() > before) {
      EXPECT_GE(records[before].offset, from);
      EXPECT_LT(records.back().offset, *read_on);
    }
    from = *read_on;
  }
  return records;
}

std::vector<std::string> ValuesOf(Log& log, TopicPartition tp) {
  std::vector<std::string> values;
  for (StoredRecord& stored : RecordsOf(log, tp)) values.push_back(std::move(stored.record.value));
  return values;
}

void OwnAll(Log& log) {
  for (int s = 0; s < kServices; ++s) {
    const absl::StatusOr<Ownership> owned = log.Own(static_cast<Service>(s));
    ASSERT_TRUE(owned.ok()) << owned.status();
  }
}

CommitResult CommitUntilOk(Log& log, const Cycle& cycle) {
  absl::StatusOr<CommitResult> result = log.Commit(cycle);
  for (int n = 0; n < 1000 && absl::IsUnavailable(result.status()); ++n) result = log.Commit(cycle);
  EXPECT_TRUE(result.ok()) << result.status();
  if (!result.ok()) return {};
  for (const ScopeCycle& part : cycle) {
    const auto& lost = result->lost;
    if (std::find(lost.begin(), lost.end(), part.scope) == lost.end()) AwaitShown(log, part);
  }
  return *std::move(result);
}

}  // namespace dangol
