// A scope in memory for processor tests: feed events, look at what came out.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/base/hash.h"
#include "libs/stream/context.h"

namespace dangol {

// What a test may read and set freely. Not rolled back on errors: a test that needs that uses the
// runtime over the simulated log.
class FakeContext : public Context {
 public:
  explicit FakeContext(Scope scope, uint32_t partitions = 1)
      : scope_(scope), partitions_(partitions) {}

  struct Emitted {
    Topic topic;
    Partition partition;
    std::string key;
    std::string value;
  };

  Scope scope() const override { return scope_; }
  uint32_t partitions() const override { return partitions_; }
  Micros now() const override { return now_; }
  const std::string* Get(Table table, absl::string_view key) override {
    auto it = tables_[table].find(std::string(key));
    return it == tables_[table].end() ? nullptr : &it->second;
  }
  void Scan(Table table, absl::string_view from, const ScanFn& fn) override {
    const auto& rows = tables_[table];
    for (auto it = rows.lower_bound(std::string(from)); it != rows.end(); ++it) {
      if (!fn(it->first, it->second)) return;
    }
  }
  void Put(Table table, absl::string_view key, std::string value) override {
    tables_[table][std::string(key)] = std::move(value);
  }
  void Delete(Table table, absl::string_view key) override {
    tables_[table].erase(std::string(key));
  }
  void Emit(Topic topic, Partition partition, std::string key, std::string value) override {
    emitted.push_back({topic, partition, std::move(key), std::move(value)});
  }
  uint32_t hops() const override { return hops_; }
  void SetTimer(Timer timer) override { timers[{timer.kind, timer.subject}] = std::move(timer); }
  void CancelTimer(uint32_t kind, absl::string_view subject) override {
    timers.erase({kind, std::string(subject)});
  }
  void RequestEffect(Effect effect) override { effects.push_back(std::move(effect)); }
  void FinishEffect(absl::string_view id) override { finished.emplace_back(id); }
  Rng Random(uint64_t subject, absl::string_view salt) const override {
    return Rng(HashCombine(Hash64(salt, subject), static_cast<uint64_t>(now_)));
  }
  void Count(absl::string_view name, absl::string_view label, int64_t delta) override {
    counts[absl::StrCat(name, label.empty() ? "" : "/", label)] += delta;
  }

  void SetNow(Micros now) { now_ = now; }
  void SetHops(uint32_t hops) { hops_ = hops; }
  // Removes and returns the earliest timer due by now, if any.
  bool PopDueTimer(Timer* due) {
    auto first = timers.end();
    for (auto it = timers.begin(); it != timers.end(); ++it) {
      if (it->second.at <= now_ && (first == timers.end() || it->second.at < first->second.at)) {
        first = it;
      }
    }
    if (first == timers.end()) return false;
    *due = std::move(first->second);
    timers.erase(first);
    return true;
  }
  // Parsed messages emitted to `topic` so far.
  template <typename Message>
  std::vector<Message> EmittedTo(Topic topic) const {
    std::vector<Message> messages;
    for (const Emitted& e : emitted) {
      if (e.topic == topic) messages.emplace_back().ParseFromString(e.value);
    }
    return messages;
  }

  std::vector<Emitted> emitted;
  std::map<std::pair<uint32_t, std::string>, Timer> timers;
  std::vector<Effect> effects;
  std::vector<std::string> finished;
  std::map<std::string, int64_t> counts;

 private:
  Scope scope_;
  uint32_t partitions_;
  Micros now_ = 0;
  uint32_t hops_ = 0;
  std::map<Table, std::map<std::string, std::string>> tables_;
};

}  // namespace dangol
