// The newest batches of all topic partitions, decoded, so that readers at the tail do not touch the
// disk.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "libs/backbone/log.h"

namespace dangol::embedded {

struct Batch {
  uint64_t base = 0;
  std::vector<Record> records;
  size_t bytes = 0;
  uint64_t end() const { return base + records.size(); }
};
using BatchPtr = std::shared_ptr<const Batch>;

size_t BytesOf(const std::vector<Record>& records);

// Thread-compatible. Invariant: a partition's cached batches are contiguous and end at its end.
class TailCache {
 public:
  explicit TailCache(size_t limit_bytes) : limit_bytes_(limit_bytes) {}

  // `batch` follows the last one of `tp`.
  void Add(TopicPartition tp, BatchPtr batch);
  void Clear();
  // The batch that holds `offset`; nullptr: not here.
  BatchPtr Find(TopicPartition tp, uint64_t offset) const;

 private:
  const size_t limit_bytes_;
  size_t bytes_ = 0;
  absl::flat_hash_map<TopicPartition, std::deque<BatchPtr>> batches_;
  std::deque<TopicPartition> order_;  // whose batch is the next oldest
};

}  // namespace dangol::embedded
