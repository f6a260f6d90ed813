// One table of a scope in memory. Private to state.cc.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"

namespace dangol {

struct StateEntry {
  std::string value;
  uint64_t dirty_cycle = 0;  // of the last change that no checkpoint holds; 0: clean
  bool live = false;         // false: a tombstone that no checkpoint holds yet
  bool pending = false;      // changed since the last TakeChanges
  bool touched = false;      // used since the last eviction sweep
};

// Thread-compatible. References to entries are valid until the next insertion or erasure.
class StateTable {
 public:
  virtual ~StateTable() = default;
  virtual StateEntry* Find(absl::string_view key) = 0;
  // A Find of `key` is to come: begins to fetch what it will look at.
  virtual void Prefetch(absl::string_view key) const = 0;
  virtual StateEntry& FindOrInsert(absl::string_view key) = 0;
  virtual void Erase(absl::string_view key) = 0;
  // In key order from `from` on until `fn` returns false.
  using VisitFn = std::function<bool(absl::string_view key, const StateEntry& entry)>;
  virtual void Visit(absl::string_view from, const VisitFn& fn) = 0;
  // In any order; erases what `fn` answers true for, and stops when `done` does.
  using EvictFn = std::function<bool(absl::string_view key, StateEntry& entry)>;
  virtual void EraseIf(const EvictFn& fn, const std::function<bool()>& done) = 0;
};

// For small tables that are scanned often, such as timers.
std::unique_ptr<StateTable> MakeOrderedTable();
// For large tables that are looked up often; a scan sorts the keys once and keeps them in order.
std::unique_ptr<StateTable> MakeHashedTable();

}  // namespace dangol
