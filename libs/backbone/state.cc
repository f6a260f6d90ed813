#include "libs/backbone/state.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/backbone/state_table.h"
#include "libs/base/status.h"

namespace dangol {
namespace {

// What an entry costs beside its bytes: the map's slot and two allocations.
constexpr size_t kEntryOverhead = 64;

size_t Bytes(absl::string_view key, const StateEntry& entry) {
  return key.size() + entry.value.size() + kEntryOverhead;
}

// The first bytes of a key as a number, so that most comparisons touch no key.
uint64_t Leading(absl::string_view key) {
  uint64_t number = 0;
  for (size_t i = 0; i < 8; ++i) {
    number = number << 8 | (i < key.size() ? static_cast<uint8_t>(key[i]) : 0);
  }
  return number;
}

std::vector<std::string*> InOrder(std::vector<std::string>& keys) {
  struct Item {
    uint64_t first, second;
    std::string* key;
    bool operator<(const Item& other) const {
      if (first != other.first) return first < other.first;
      return second != other.second ? second < other.second : *key < *other.key;
    }
  };
  std::vector<Item> items;
  items.reserve(keys.size());
  for (std::string& key : keys) {
    const absl::string_view bytes = key;
    items.push_back(
        {Leading(bytes), Leading(bytes.substr(std::min<size_t>(8, bytes.size()))), &key});
  }
  std::sort(items.begin(), items.end());
  std::vector<std::string*> order;
  order.reserve(items.size());
  for (const Item& item : items) order.push_back(item.key);
  return order;
}

// `fn(key, entry)` for each key, all of which are in the table. They are far apart in memory, so
// several are fetched at once.
template <typename Fn>
void ForEachEntry(StateTable& table, const std::vector<std::string*>& keys, const Fn& fn) {
  constexpr size_t kAtOnce = 16;
  std::array<StateEntry*, kAtOnce> entries;
  for (size_t from = 0; from < keys.size(); from += kAtOnce) {
    const size_t end = std::min(from + kAtOnce, keys.size());
    for (size_t i = from; i < end; ++i) table.Prefetch(*keys[i]);
    for (size_t i = from; i < end; ++i) {
      entries[i - from] = table.Find(*keys[i]);
      __builtin_prefetch(entries[i - from]->value.data());
    }
    for (size_t i = from; i < end; ++i) fn(*keys[i], *entries[i - from]);
  }
}

constexpr bool MayOutgrowMemory(Table table) {
  return table == Table::kCustomer || table == Table::kIndex;
}

class MemoryState final : public State {
 public:
  MemoryState(Scope scope, CheckpointStore& store, Options options)
      : scope_(scope), store_(store), options_(options), sweep_at_(options.memory_limit_bytes) {
    for (int t = 0; t < kTables; ++t) {
      rows_[t].table =
          MayOutgrowMemory(static_cast<Table>(t)) ? MakeHashedTable() : MakeOrderedTable();
    }
  }

  absl::Status Load(Log& log) {
    DANGOL_ASSIGN_OR_RETURN(const std::optional<Seal> held, store_.SealOf(scope_));
    if (held) {
      for (int t = 0; t < kTables; ++t) DANGOL_RETURN_IF_ERROR(LoadTable(static_cast<Table>(t)));
      seal_ = *held;
      checkpointed_ = held->cycle;
    }
    const uint64_t after = held ? held->cycle : 0;
    DANGOL_ASSIGN_OR_RETURN(
        const Seal last,
        log.Replay(scope_, after, [this](const std::vector<Change>& changes, const Seal& seal) {
          Apply(changes, seal);
        }));
    if (last != seal_) {
      return absl::DataLossError(absl::StrCat(ToString(scope_), ": the checkpoint of cycle ", after,
                                              " is not of this log, whose last cycle is ",
                                              last.cycle));
    }
    return status_;
  }

  const Seal& seal() const override { return seal_; }
  const absl::Status& status() const override { return status_; }

  const std::string* Get(Table table, absl::string_view key) override {
    StateEntry* entry = FindOrLoad(table, key);
    if (entry == nullptr || !entry->live) return nullptr;
    entry->touched = true;
    return &entry->value;
  }

  void Put(Table table, absl::string_view key, std::string value) override {
    Set(table, key, std::move(value));
  }

  void Delete(Table table, absl::string_view key) override {
    const StateEntry* entry = FindOrLoad(table, key);
    if (entry != nullptr && entry->live) Set(table, key, std::nullopt);
  }

  void Scan(Table table, absl::string_view from, const CheckpointStore::ScanFn& fn) override {
    Visit(table, from, true, [&](absl::string_view key, auto value, uint64_t /*dirty_cycle*/) {
      return !value || fn(key, *value);
    });
  }
  void ScanChanged(Table table, absl::string_view from, uint64_t since,
                   const ChangedFn& fn) override {
    const bool clean = since < checkpointed_;
    Visit(table, from, clean, [&](absl::string_view key, auto value, uint64_t dirty_cycle) {
      const bool changed = dirty_cycle == 0 ? clean : dirty_cycle > since;
      return !changed || fn(key, value);
    });
  }

  size_t size(Table table) const override {
    const Rows& rows = Of(table);
    return rows.live + rows.evicted;
  }

  std::vector<Change> TakeChanges(Seal seal) override;
  Checkpoint::Part CutCheckpoint() override;
  void MarkCheckpointed(uint64_t cycle) override;
  size_t dirty_bytes() const override { return dirty_bytes_; }
  size_t memory_bytes() const override { return memory_bytes_; }

 private:
  struct Rows {
    std::unique_ptr<StateTable> table;
    size_t live = 0;                   // in memory and not a tombstone
    size_t evicted = 0;                // in the store only
    std::vector<std::string> pending;  // keys of pending entries
    std::vector<std::string> dirty;    // keys of dirty entries
  };
  Rows& Of(Table table) { return rows_[static_cast<int>(table)]; }
  const Rows& Of(Table table) const { return rows_[static_cast<int>(table)]; }

  absl::Status LoadTable(Table table);
  using VisitFn = std::function<bool(absl::string_view key, std::optional<absl::string_view> value,
                                     uint64_t dirty_cycle)>;
  // What is there and (nullopt) the tombstones that no checkpoint holds, in key order; with what is
  // evicted, if `stored`.
  void Visit(Table table, absl::string_view from, bool stored, const VisitFn& fn);
  void Apply(const std::vector<Change>& changes, const Seal& seal);
  StateEntry* FindOrLoad(Table table, absl::string_view key);
  void MovesEntries() { last_found_.entry = nullptr; }
  StateEntry& InsertClean(Table table, absl::string_view key, absl::string_view value);
  void Set(Table table, absl::string_view key, std::optional<std::string> value);
  void EvictIfOver();
  void Fail(absl::Status status) {
    if (status_.ok()) status_ = std::move(status);
  }

  const Scope scope_;
  CheckpointStore& store_;
  const Options options_;
  Seal seal_;
  uint64_t checkpointed_ = 0;  // the cycle that the last checkpoint reaches
  absl::Status status_;
  std::array<Rows, kTables> rows_;
  // A change mostly follows a look at the same key. Forgotten before entries can move.
  struct {
    Table table;
    std::string key;
    StateEntry* entry = nullptr;
  } last_found_;
  size_t memory_bytes_ = 0;
  size_t dirty_bytes_ = 0;
  size_t sweep_at_;  // memory_bytes_ beyond which a sweep is worth its while
};

absl::Status MemoryState::LoadTable(Table table) {
  return store_.Scan(scope_, table, "", [&](absl::string_view key, absl::string_view value) {
    const bool full = options_.memory_limit_bytes > 0 && MayOutgrowMemory(table) &&
                      memory_bytes_ >= options_.memory_limit_bytes;
    if (full) {
      ++Of(table).evicted;
    } else {
      InsertClean(table, key, value);
    }
    return true;
  });
}

void MemoryState::Apply(const std::vector<Change>& changes, const Seal& seal) {
  for (const Change& change : changes) Set(change.table, change.key, change.value);
  TakeChanges(seal);  // they are in the log already
}

StateEntry& MemoryState::InsertClean(Table table, absl::string_view key, absl::string_view value) {
  MovesEntries();
  StateEntry& entry = Of(table).table->FindOrInsert(key);
  entry.value = std::string(value);
  entry.live = true;
  ++Of(table).live;
  memory_bytes_ += Bytes(key, entry);
  return entry;
}

// What is not in memory is clean, so the store has its latest value.
StateEntry* MemoryState::FindOrLoad(Table table, absl::string_view key) {
  auto& last = last_found_;
  if (last.entry != nullptr && last.table == table && last.key == key) return last.entry;
  Rows& rows = Of(table);
  StateEntry* entry = rows.table->Find(key);
  if (entry != nullptr) {
    last.table = table;
    last.key.assign(key.data(), key.size());
    last.entry = entry;
    return entry;
  }
  if (rows.evicted == 0) return nullptr;
  const absl::StatusOr<std::optional<std::string>> stored = store_.Get(scope_, table, key);
  if (!stored.ok()) {
    Fail(stored.status());
    return nullptr;
  }
  if (!*stored) return nullptr;
  --rows.evicted;
  return &InsertClean(table, key, **stored);
}

void MemoryState::Set(Table table, absl::string_view key, std::optional<std::string> value) {
  Rows& rows = Of(table);
  StateEntry* found = FindOrLoad(table, key);
  const bool inserted = found == nullptr;
  if (inserted) MovesEntries();
  StateEntry& entry = inserted ? rows.table->FindOrInsert(key) : *found;
  const bool was_dirty = entry.dirty_cycle > 0;
  const size_t before = inserted ? 0 : Bytes(key, entry);
  rows.live += (value ? 1 : 0) - (entry.live ? 1 : 0);
  entry.live = value.has_value();
  entry.value = value ? *std::move(value) : std::string();
  entry.touched = true;
  if (!was_dirty) rows.dirty.emplace_back(key);
  if (!entry.pending) rows.pending.emplace_back(key);
  entry.dirty_cycle = seal_.cycle + 1;
  entry.pending = true;
  memory_bytes_ += Bytes(key, entry) - before;
  dirty_bytes_ += Bytes(key, entry) - (was_dirty ? before : 0);
}

// Merges memory and the store where something is evicted: memory knows better.
void MemoryState::Visit(Table table, absl::string_view from, bool stored, const VisitFn& fn) {
  Rows& rows = Of(table);
  bool stopped = false;
  const auto visit = [&](absl::string_view key, const StateEntry& entry) {
    stopped = !fn(key, entry.live ? std::optional<absl::string_view>(entry.value) : std::nullopt,
                  entry.dirty_cycle);
    return !stopped;
  };
  if (rows.evicted == 0 || !stored) {
    rows.table->Visit(from, visit);
    return;
  }
  std::string next(from);  // memory is told up to here
  const auto memory_below = [&](absl::string_view end) {
    rows.table->Visit(next, [&](absl::string_view key, const StateEntry& entry) {
      return key < end && visit(key, entry);
    });
  };
  const absl::Status read =
      store_.Scan(scope_, table, from, [&](absl::string_view key, absl::string_view value) {
        memory_below(key);
        if (stopped) return false;
        const StateEntry* entry = rows.table->Find(key);
        if (entry == nullptr) {
          stopped = !fn(key, value, 0);
        } else {
          visit(key, *entry);
        }
        next = absl::StrCat(key, absl::string_view("\0", 1));  // the least key after this one
        return !stopped;
      });
  if (!read.ok()) return Fail(read);
  if (!stopped) rows.table->Visit(next, visit);
}

std::vector<Change> MemoryState::TakeChanges(Seal seal) {
  std::vector<Change> changes;
  size_t count = 0;
  for (const Rows& rows : rows_) count += rows.pending.size();
  changes.reserve(count);
  for (int t = 0; t < kTables; ++t) {
    Rows& rows = rows_[t];
    ForEachEntry(*rows.table, InOrder(rows.pending), [&](std::string& key, StateEntry& entry) {
      entry.pending = false;
      entry.dirty_cycle = seal.cycle;
      Change change{static_cast<Table>(t), std::move(key), std::nullopt};
      if (entry.live) change.value = entry.value;
      changes.push_back(std::move(change));
    });
    rows.pending.clear();
  }
  seal_ = std::move(seal);
  EvictIfOver();
  return changes;
}

Checkpoint::Part MemoryState::CutCheckpoint() {
  Checkpoint::Part part{scope_, seal_, {}};
  for (int t = 0; t < kTables; ++t) {
    Rows& rows = rows_[t];
    ForEachEntry(*rows.table, InOrder(rows.dirty), [&](std::string& key, StateEntry& entry) {
      Change change{static_cast<Table>(t), key, std::nullopt};
      if (entry.live) change.value = entry.value;
      part.changes.push_back(std::move(change));
    });
  }
  return part;
}

void MemoryState::MarkCheckpointed(uint64_t cycle) {
  MovesEntries();
  checkpointed_ = std::max(checkpointed_, cycle);
  for (Rows& rows : rows_) {
    std::erase_if(rows.dirty, [&](const std::string& key) {
      StateEntry& entry = *rows.table->Find(key);
      if (entry.dirty_cycle > cycle) return false;
      dirty_bytes_ -= Bytes(key, entry);
      entry.dirty_cycle = 0;
      if (!entry.live) {
        memory_bytes_ -= Bytes(key, entry);
        rows.table->Erase(key);
      }
      return true;
    });
  }
  sweep_at_ = options_.memory_limit_bytes;
  EvictIfOver();
}

// Second chance: an entry used since the last sweep stays for this one. Down to 7/8 of the limit,
// so that the cost of a sweep is spread over many loads.
void MemoryState::EvictIfOver() {
  const size_t limit = options_.memory_limit_bytes;
  if (limit == 0 || memory_bytes_ <= sweep_at_) return;
  MovesEntries();
  const size_t target = limit - limit / 8;
  const auto enough = [&] { return memory_bytes_ <= target; };
  for (int pass = 0; pass < 2 && !enough(); ++pass) {
    for (const Table table : {Table::kCustomer, Table::kIndex}) {
      Rows& rows = Of(table);
      const auto evict = [&](absl::string_view key, StateEntry& entry) {
        if (entry.dirty_cycle > 0 || std::exchange(entry.touched, false)) return false;
        memory_bytes_ -= Bytes(key, entry);
        --rows.live;
        ++rows.evicted;
        return true;
      };
      rows.table->EraseIf(evict, enough);
    }
  }
  sweep_at_ = std::max(limit, memory_bytes_ + limit / 8);
}

}  // namespace

absl::StatusOr<std::unique_ptr<State>> State::Acquire(Scope scope, Log& log, CheckpointStore& store,
                                                      Options options) {
  auto state = std::make_unique<MemoryState>(scope, store, options);
  DANGOL_RETURN_IF_ERROR(state->Load(log));
  return state;
}

}  // namespace dangol
