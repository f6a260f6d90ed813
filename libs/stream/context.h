// What a processor sees of the world while it handles one event: its own scope, and nothing else.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "libs/backbone/log.h"
#include "libs/base/rng.h"
#include "libs/base/types.h"

namespace dangol {

// Read access to a scope's tables, as of the last handled event.
class StateView {
 public:
  virtual ~StateView() = default;
  virtual Scope scope() const = 0;
  virtual uint32_t partitions() const = 0;
  // The scope's time; never goes back.
  virtual Micros now() const = 0;
  // nullptr where there is none. Valid until the next call on this object: copy or parse at once.
  virtual const std::string* Get(Table table, absl::string_view key) = 0;
  // In key order from `from` on until `fn` returns false. `fn` must not change the state.
  using ScanFn = std::function<bool(absl::string_view key, absl::string_view value)>;
  virtual void Scan(Table table, absl::string_view from, const ScanFn& fn) = 0;
};

// One timer of a scope. (kind, subject) is its name: setting it again moves it.
struct Timer {
  uint32_t kind = 0;    // the processor's own
  std::string subject;  // e.g. EncodeKey(customer)
  Micros at = 0;
  std::string data;
};

// Something that leaves the system, done after the cycle that requests it is durable.
struct Effect {
  std::string id;       // idempotency key; for contacts, the contact id
  std::string channel;  // who performs it
  std::string payload;  // the performer's own message
  int32_t attempt = 1;
};

// Everything done through a Context belongs to the event being handled: if Handle returns an error,
// none of it happens.
class Context : public StateView {
 public:
  virtual void Put(Table table, absl::string_view key, std::string value) = 0;
  virtual void Delete(Table table, absl::string_view key) = 0;

  // Emits at the scope's time with one hop more than the event handled.
  virtual void Emit(Topic topic, Partition partition, std::string key, std::string value) = 0;
  // Hops of the event handled: beyond kMaxHops a proposal is suppressed as REFLEXIVE.
  virtual uint32_t hops() const = 0;

  // Fires at the first cycle whose time has reached `at`, in order of (at, kind, subject).
  virtual void SetTimer(Timer timer) = 0;
  virtual void CancelTimer(uint32_t kind, absl::string_view subject) = 0;

  // Records the effect in the send ledger; it is dispatched once this cycle is durable, and ends
  // with exactly one HandleOutcome for (id, attempt). Requesting an id again starts a new attempt.
  virtual void RequestEffect(Effect effect) = 0;
  // Removes it from the ledger: its outcome is final.
  virtual void FinishEffect(absl::string_view id) = 0;

  // Seeded by (salt, subject, scope time), never by partition or history.
  virtual Rng Random(uint64_t subject, absl::string_view salt) const = 0;

  // Adds to the counter dangol_<name>_total{service=…}; `label` is its "reason", may be empty.
  virtual void Count(absl::string_view name, absl::string_view label, int64_t delta = 1) = 0;
};

inline constexpr uint32_t kMaxHops = 32;

// The partition of a customer, and emits keyed by it.
inline Partition PartitionOf(const StateView& view, CustomerId id) {
  return PartitionOfCustomer(id, view.partitions());
}

}  // namespace dangol
