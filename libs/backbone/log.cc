#include "libs/backbone/log.h"

#include <map>
#include <utility>

namespace dangol {

absl::StatusOr<uint64_t> Log::AppendAsync(std::vector<Emit> records) {
  std::map<TopicPartition, std::vector<Record>> parts;
  for (Emit& emit : records) parts[emit.to].push_back(std::move(emit.record));
  for (auto& [to, part] : parts) {
    if (auto last = Append(to, std::move(part)); !last.ok()) return last.status();
  }
  return 0;
}

Log::Ahead Log::LookAhead(TopicPartition tp, uint64_t) {
  const uint64_t end = EndOffset(tp);
  return {end, end};
}

absl::Status Log::AwaitDurable(uint64_t) { return absl::OkStatus(); }

}  // namespace dangol
