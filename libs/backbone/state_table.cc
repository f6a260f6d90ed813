#include "libs/backbone/state_table.h"

#include <algorithm>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_map.h"

namespace dangol {
namespace {

class OrderedTable final : public StateTable {
 public:
  StateEntry* Find(absl::string_view key) override {
    const auto it = entries_.find(key);
    return it == entries_.end() ? nullptr : &it->second;
  }
  void Prefetch(absl::string_view /*key*/) const override {}  // small: it is near
  StateEntry& FindOrInsert(absl::string_view key) override {
    const auto it = entries_.find(key);
    return it != entries_.end() ? it->second : entries_[std::string(key)];
  }
  void Erase(absl::string_view key) override {
    if (const auto it = entries_.find(key); it != entries_.end()) entries_.erase(it);
  }
  void Visit(absl::string_view from, const VisitFn& fn) override {
    for (auto it = entries_.lower_bound(from); it != entries_.end(); ++it) {
      if (!fn(it->first, it->second)) return;
    }
  }
  void EraseIf(const EvictFn& fn, const std::function<bool()>& done) override {
    for (auto it = entries_.begin(); it != entries_.end() && !done();) {
      it = fn(it->first, it->second) ? entries_.erase(it) : std::next(it);
    }
  }

 private:
  absl::btree_map<std::string, StateEntry> entries_;
};

// `sorted_` and `added_` together hold every key of `entries_` while `indexed_`, and may hold keys
// that are there no more.
class HashedTable final : public StateTable {
 public:
  StateEntry* Find(absl::string_view key) override {
    const auto it = entries_.find(key);
    return it == entries_.end() ? nullptr : &it->second;
  }
  void Prefetch(absl::string_view key) const override { entries_.prefetch(key); }
  StateEntry& FindOrInsert(absl::string_view key) override {
    const auto [it, inserted] = entries_.try_emplace(key);
    if (inserted && indexed_) AddToIndex(key);
    return it->second;
  }
  void Erase(absl::string_view key) override { entries_.erase(key); }

  void Visit(absl::string_view from, const VisitFn& fn) override {
    if (!indexed_ || sorted_.size() > 2 * entries_.size() + kSmall) BuildIndex();
    auto a = std::lower_bound(sorted_.begin(), sorted_.end(), from);
    auto b = added_.lower_bound(from);
    while (a != sorted_.end() || b != added_.end()) {
      const bool take_b = a == sorted_.end() || (b != added_.end() && *b < *a);
      const std::string& key = take_b ? *b : *a;
      if (!take_b && b != added_.end() && *b == key) ++b;  // erased and inserted again
      const auto it = entries_.find(key);
      if (it != entries_.end() && !fn(it->first, it->second)) return;
      if (take_b) {
        ++b;
      } else {
        ++a;
      }
    }
  }

  void EraseIf(const EvictFn& fn, const std::function<bool()>& done) override {
    for (auto it = entries_.begin(); it != entries_.end() && !done();) {
      const auto here = it++;
      if (fn(here->first, here->second)) entries_.erase(here);
    }
  }

 private:
  static constexpr size_t kSmall = 4096;

  void AddToIndex(absl::string_view key) {
    added_.insert(std::string(key));
    if (added_.size() <= std::max(kSmall, sorted_.size() / 4)) return;
    indexed_ = false;  // many new keys: cheaper to sort again when somebody scans
    sorted_ = {};
    added_ = {};
  }

  void BuildIndex() {
    added_.clear();
    sorted_.clear();
    sorted_.reserve(entries_.size());
    for (const auto& [key, entry] : entries_) sorted_.push_back(key);
    std::sort(sorted_.begin(), sorted_.end());
    indexed_ = true;
  }

  absl::flat_hash_map<std::string, StateEntry> entries_;
  bool indexed_ = false;
  std::vector<std::string> sorted_;
  absl::btree_set<std::string> added_;
};

}  // namespace

std::unique_ptr<StateTable> MakeOrderedTable() { return std::make_unique<OrderedTable>(); }
std::unique_ptr<StateTable> MakeHashedTable() { return std::make_unique<HashedTable>(); }

}  // namespace dangol
