#include "libs/backbone/testing/conformance.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "absl/status/status.h"

namespace dangol {

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
  for (uint64_t from = log.FirstOffset(tp); from < log.EndOffset(tp);) {
    const size_t before = records.size();
    const absl::Status read = log.Read(tp, from, 3, 1 << 20, &records);
    EXPECT_TRUE(read.ok()) << read;
    if (!read.ok() || records.size() == before) break;
    EXPECT_GE(records[before].offset, from);
    from = records.back().offset + 1;
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
