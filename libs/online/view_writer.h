// Keeps the views of this process's scopes in the online store, behind their commits.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/base/mutex.h"
#include "libs/base/types.h"
#include "libs/online/client.h"
#include "libs/online/scope_queue.h"
#include "libs/online/view.h"
#include "libs/stream/metrics.h"

namespace dangol::online {

class Flusher;

// Fixed once the writer runs.
struct WriterOptions {
  // How long changes are gathered, so that a customer's many become one. At most 50 ms.
  Micros coalesce_us = 20 * kMicrosPerMilli;
  // What may wait in memory, of all scopes; beyond it a scope's changes are forgotten and a
  // rewrite is asked for. A rewrite uses half of it. Default 64 MiB.
  size_t queue_bytes_max = 64 << 20;
  // A larger value is marked as omitted: readers ask the owner. Default 1 MiB.
  size_t value_bytes_max = 1 << 20;
  // How long a deleted view's version is kept, so that no late writer revives it. Default 7 days.
  Micros tombstone_expiry_us = 7 * kMicrosPerDay;
  // How often the marks are looked at without a cause. Default 5 s.
  Micros check_every_us = 5 * kMicrosPerSecond;
};

// Whether the store keeps up, for the health detail. Never a reason to stop serving.
struct Health {
  bool ok = true;
  std::string detail;  // what is wrong, or is being done
};

// Thread-safe; a thread of its own talks to the store. No method but Await waits for it, and losing
// it is no error of the owner's: changes wait in bounded memory, and a rewrite is asked for when
// they could not, or when the store has lost or may have lost what it had.
//
// The owner's part:
//   Open when a scope is gained, Close when it is lost;
//   Put after each durable commit, in order, with all changes of that commit;
//   when Need() asks: Rewrite in portions, then FinishRewrite. Put goes on meanwhile.
//
// Delivery: at least once, out of order; versions make of it that newer is never overwritten.
class ViewWriter {
 public:
  // As Store::Create; INVALID_ARGUMENT about "online.<option>". `metrics` outlives it.
  static absl::StatusOr<std::unique_ptr<ViewWriter>> Create(Settings settings,
                                                            WriterOptions options,
                                                            MetricsSink* metrics);
  // What is not written yet is forgotten: the marks tell the next owner what to rewrite.
  ~ViewWriter();

  // `log`: the id of the scope's changelog. Idempotent.
  void Open(Scope scope, std::string log);
  void Close(Scope scope);

  // The changes of a durable commit that ends at `offset` of the changelog; none is fine and moves
  // the mark. Idempotent. A scope that is not open is ignored.
  void Put(Scope scope, uint64_t offset, std::vector<Change> changes);

  // What the owner should write again; nullopt: nothing, or the store is not reached.
  std::optional<RewriteNeed> Need(Scope scope) const;
  // A portion of it, with the scope's state as of `offset`. RESOURCE_EXHAUSTED: again, later.
  // ABORTED: the ticket has ended; ask Need again.
  absl::Status Rewrite(Scope scope, uint64_t ticket, uint64_t offset, std::vector<Change> changes);
  // Everything that was asked for was given, as of `offset`. ABORTED: as Rewrite.
  absl::Status FinishRewrite(Scope scope, uint64_t ticket, uint64_t offset);

  // Waits until all that was put is in the store and its mark says so. False: not by then.
  bool Await(Scope scope, Micros timeout_us) const;
  // The changelog offset up to which the store has everything, as far as is known.
  uint64_t Flushed(Scope scope) const;

  dangol::online::Health Health() const;
  // DescribeStore's sentences, once a server was reached.
  std::vector<std::string> Report() const;

 private:
  struct Taken;  // a scope's batch, being written

  ViewWriter(std::shared_ptr<Store> store, WriterOptions options, MetricsSink* metrics);
  std::vector<Entry> EntriesOf(uint64_t offset, const std::vector<Change>& changes) const;

  // Under mu_.
  ScopeQueue* Find(Scope scope) const;
  size_t QueuedBytes() const;
  void Wake(Micros at);
  Micros NextStep() const;

  // The thread's.
  void Loop();
  absl::Status Step();
  absl::Status Check();
  absl::Status CheckScope(Scope scope, ScopeQueue& queue);
  absl::Status WriteAll();
  absl::Status WriteOne(Taken& taken);
  absl::Status SetMark(const Taken& taken);
  void Note(const absl::Status& status);

  const std::shared_ptr<Store> store_;
  const WriterOptions options_;
  MetricsSink* const metrics_;
  const std::unique_ptr<Flusher> flusher_;  // the thread's alone

  mutable Mutex mu_;
  CondVar wake_;                                         // of the thread
  mutable CondVar changed_;                              // after each of its steps
  std::map<Scope, std::shared_ptr<ScopeQueue>> scopes_;  // guarded by mu_, as what they hold
  size_t taken_bytes_ = 0;                               // guarded by mu_: being written
  Micros wake_at_ = kNever;                              // guarded by mu_: for what is pending
  Micros retry_at_ = 0;                                  // guarded by mu_
  Micros check_at_ = 0;                                  // guarded by mu_
  int failures_ = 0;                                     // guarded by mu_: in a row
  RetryDelay retry_delay_;                               // guarded by mu_
  absl::Status failure_;                                 // guarded by mu_: of the last step
  absl::Status refused_;                                 // guarded by mu_: of a single view
  std::vector<std::string> report_;                      // guarded by mu_
  bool stopping_ = false;                                // guarded by mu_
  std::thread thread_;
};

}  // namespace dangol::online
