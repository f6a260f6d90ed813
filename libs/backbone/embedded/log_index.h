// Where every topic partition and scope of the embedded log ends: read once when it opens, kept in
// memory after.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/backbone/embedded/database.h"

namespace dangol::embedded {

struct TopicEnds {
  uint64_t first = 0;
  uint64_t end = 0;
};

struct ScopeEnd {
  uint64_t cycle = 0;
  uint64_t fingerprint = 0;
  uint64_t write_number = 0;
};

// Thread-compatible.
class LogIndex {
 public:
  // DATA_LOSS: the last write is not the one that the directory says it was, so that a log file is
  // missing, or comes before one that was acknowledged.
  static absl::StatusOr<LogIndex> Load(Database& database);

  TopicEnds& topic(TopicPartition tp) {
    return topics_[static_cast<size_t>(tp.topic) * partitions_ + tp.partition];
  }
  ScopeEnd& scope(Scope scope) {
    return scopes_[static_cast<size_t>(scope.service) * partitions_ + scope.partition];
  }
  uint64_t last_write() const { return last_write_; }
  void set_last_write(uint64_t number) { last_write_ = number; }

 private:
  explicit LogIndex(uint32_t partitions)
      : partitions_(partitions), topics_(kTopics * partitions), scopes_(kServices * partitions) {}
  absl::Status LoadTopic(Database& database, TopicPartition tp);
  absl::Status LoadScope(Database& database, Scope scope);

  uint32_t partitions_;
  std::vector<TopicEnds> topics_;
  std::vector<ScopeEnd> scopes_;
  uint64_t last_write_ = 0;
};

}  // namespace dangol::embedded
