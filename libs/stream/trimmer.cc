#include "libs/stream/trimmer.h"

#include <algorithm>

namespace dangol {
namespace {

size_t ReadersOf(Topic topic, const std::vector<ServiceSpec>& specs) {
  size_t readers = 0;
  for (const ServiceSpec& spec : specs) {
    readers += std::count(spec.inputs.begin(), spec.inputs.end(), topic);
    readers += InboxOf(spec.service) == topic ? 1 : 0;
  }
  return readers;
}

// The first offset in [first, limit) whose record is not older than `oldest`; limit: all are. Emit
// times rise along a partition but for small clock differences, which do not matter to days.
absl::StatusOr<uint64_t> FirstToKeep(Log& log, TopicPartition tp, uint64_t first, uint64_t limit,
                                     Micros oldest) {
  std::vector<StoredRecord> one;
  while (first < limit) {
    const uint64_t middle = first + (limit - first) / 2;
    one.clear();
    const auto read_on = log.Read(tp, middle, 1, 1, &one);
    if (!read_on.ok()) return read_on.status();
    // A gap at the end, or what is not near yet: all from the middle on stays.
    if (one.empty() || one.front().record.emit_time >= oldest) {
      limit = middle;
    } else {
      first = one.front().offset + 1;
    }
  }
  return first;
}

absl::Status TrimOne(const ScopeEnv& env, TopicPartition tp, uint64_t limit) {
  const uint64_t first = env.log->FirstOffset(tp);
  if (first >= limit) return absl::OkStatus();
  const Micros oldest = env.now() - env.options->days_retention;
  auto keep = FirstToKeep(*env.log, tp, first, limit, oldest);
  if (!keep.ok()) return keep.status();
  return *keep == first ? absl::OkStatus() : env.log->TrimTopic(tp, *keep);
}

}  // namespace

void ReaderPositions::Add(const ScopeRunner& runner, const Seal& seal) {
  ticket_ = std::max(ticket_, runner.last_ticket());
  for (const auto& [topic, next] : seal.next_offsets) {
    Reader& reader = readers_[{topic, runner.scope().partition}];
    ++reader.count;
    reader.least = std::min(reader.least, next);
  }
}

std::optional<uint64_t> ReaderPositions::Slowest(TopicPartition tp, size_t readers) const {
  auto it = readers_.find(tp);
  if (it == readers_.end() || it->second.count != readers) return std::nullopt;
  return it->second.least;
}

void TrimTopics(const ScopeEnv& env, const std::vector<ServiceSpec>& specs,
                const ReaderPositions& positions) {
  for (int t = 0; t < kTopics; ++t) {
    const auto topic = static_cast<Topic>(t);
    if (RetentionOf(topic) != Retention::kDays) continue;
    const size_t readers = ReadersOf(topic, specs);
    // Without a reader here only what no service reads may go.
    if (readers == 0 && topic != Topic::kDead) continue;
    for (uint32_t p = 0; p < env.log->partitions(); ++p) {
      const TopicPartition tp{topic, static_cast<Partition>(p)};
      const auto limit = readers == 0 ? env.log->EndOffset(tp) : positions.Slowest(tp, readers);
      if (limit && !TrimOne(env, tp, *limit).ok()) {
        env.metrics->Add("dangol_trim_failures_total", {}, 1);
      }
    }
  }
}

}  // namespace dangol
