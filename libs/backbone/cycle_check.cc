#include "libs/backbone/cycle_check.h"

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "libs/base/hash.h"

namespace dangol {
namespace {

class Mixer {
 public:
  void Add(uint64_t value) { hash_ = HashCombine(hash_, value); }
  void Add(absl::string_view bytes) { Add(Hash64(bytes)); }
  uint64_t hash() const { return hash_; }

 private:
  uint64_t hash_ = 1;
};

absl::Status BadPartition(absl::string_view what, uint32_t partitions) {
  return absl::InvalidArgumentError(
      absl::StrCat("cycle: ", what, " is not in a log of ", partitions, " partitions"));
}

}  // namespace

absl::Status CheckCycle(const Cycle& cycle, uint32_t partitions) {
  absl::flat_hash_set<Scope> seen;
  for (const ScopeCycle& part : cycle) {
    if (part.scope.partition >= partitions) return BadPartition(ToString(part.scope), partitions);
    if (!seen.insert(part.scope).second) {
      return absl::InvalidArgumentError(
          absl::StrCat("cycle: ", ToString(part.scope), " is in it twice"));
    }
    for (const Emit& emit : part.emits) {
      if (emit.to.partition >= partitions) return BadPartition(ToString(emit.to), partitions);
    }
  }
  return absl::OkStatus();
}

uint64_t Fingerprint(const ScopeCycle& part) {
  Mixer mixer;
  mixer.Add(part.seal.cycle);
  mixer.Add(static_cast<uint64_t>(part.seal.now));
  for (const auto& [topic, offset] : part.seal.next_offsets) {
    mixer.Add(static_cast<uint64_t>(topic));
    mixer.Add(offset);
  }
  mixer.Add(part.emits.size());
  for (const Emit& emit : part.emits) {
    mixer.Add(static_cast<uint64_t>(emit.to.topic) << 16 | emit.to.partition);
    mixer.Add(emit.record.key);
    mixer.Add(emit.record.value);
    mixer.Add(static_cast<uint64_t>(emit.record.emit_time));
    mixer.Add(emit.record.hops);
  }
  for (const Change& change : part.changes) {
    mixer.Add(static_cast<uint64_t>(change.table) << 1 | (change.value ? 1 : 0));
    mixer.Add(change.key);
    if (change.value) mixer.Add(*change.value);
  }
  return mixer.hash();
}

}  // namespace dangol
