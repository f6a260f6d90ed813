// The timers of a scope in the order in which they fire. The rows of Table::kTimer are the truth:
// key = kind (4 bytes, big-endian) + subject, value = at (8 bytes, big-endian) + data; the queue is
// rebuilt from them when a scope is acquired.
#pragma once

#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include "absl/container/btree_set.h"
#include "absl/strings/string_view.h"
#include "libs/base/types.h"
#include "libs/stream/context.h"

namespace dangol {

std::string TimerKey(uint32_t kind, absl::string_view subject);
std::string TimerValue(const Timer& timer);
Timer DecodeTimer(absl::string_view key, absl::string_view value);
inline Micros TimerAt(absl::string_view value) {
  return static_cast<Micros>(DecodeKey(value.substr(0, 8)));
}

// Not thread-safe.
class TimerQueue {
 public:
  void Insert(Micros at, std::string key) { order_.emplace(at, std::move(key)); }
  void Erase(Micros at, const std::string& key) { order_.erase({at, key}); }
  // When the next one fires; kNever: there is none.
  Micros Next() const { return order_.empty() ? kNever : order_.begin()->first; }
  // Copies the keys of at most `limit` timers due at `now`, in order of (at, kind, subject).
  void Due(Micros now, size_t limit, std::vector<std::string>* keys) const;
  size_t size() const { return order_.size(); }

 private:
  absl::btree_set<std::pair<Micros, std::string>> order_;
};

}  // namespace dangol
