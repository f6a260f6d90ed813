// Drops records of days topics that are past their retention and that every reader has passed.
#pragma once

#include <map>
#include <vector>

#include "libs/stream/scope_runner.h"

namespace dangol {

// How far the readers of each topic partition are, and the ticket that makes it durable.
class ReaderPositions {
 public:
  void Add(const ScopeRunner& runner, const Seal& seal);
  uint64_t ticket() const { return ticket_; }
  // The least position, if all `readers` of the topic were added.
  std::optional<uint64_t> Slowest(TopicPartition tp, size_t readers) const;

 private:
  struct Reader {
    size_t count = 0;
    uint64_t least = UINT64_MAX;
  };
  std::map<TopicPartition, Reader> readers_;
  uint64_t ticket_ = 0;
};

// `positions` are durable. Idempotent; an error of one partition is counted and tried again the
// next time.
void TrimTopics(const ScopeEnv& env, const std::vector<ServiceSpec>& specs,
                const ReaderPositions& positions);

}  // namespace dangol
