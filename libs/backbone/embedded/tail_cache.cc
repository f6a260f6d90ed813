#include "libs/backbone/embedded/tail_cache.h"

#include <algorithm>

namespace dangol::embedded {

size_t BytesOf(const std::vector<Record>& records) {
  size_t bytes = 0;
  for (const Record& record : records) {
    bytes += sizeof(Record) + record.key.size() + record.value.size();
  }
  return bytes;
}

void TailCache::Add(TopicPartition tp, BatchPtr batch) {
  bytes_ += batch->bytes;
  batches_[tp].push_back(std::move(batch));
  order_.push_back(tp);
  while (bytes_ > limit_bytes_ && !order_.empty()) {
    std::deque<BatchPtr>& oldest = batches_[order_.front()];
    bytes_ -= oldest.front()->bytes;
    oldest.pop_front();
    order_.pop_front();
  }
}

void TailCache::Clear() {
  batches_.clear();
  order_.clear();
  bytes_ = 0;
}

BatchPtr TailCache::Find(TopicPartition tp, uint64_t offset) const {
  const auto it = batches_.find(tp);
  if (it == batches_.end()) return nullptr;
  const std::deque<BatchPtr>& batches = it->second;
  const auto after =
      std::upper_bound(batches.begin(), batches.end(), offset,
                       [](uint64_t wanted, const BatchPtr& batch) { return wanted < batch->base; });
  if (after == batches.begin()) return nullptr;
  const BatchPtr& found = *std::prev(after);
  return offset < found->end() ? found : nullptr;
}

}  // namespace dangol::embedded
