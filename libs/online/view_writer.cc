#include "libs/online/view_writer.h"

#include <algorithm>
#include <chrono>

#include "absl/strings/str_cat.h"
#include "libs/base/clock.h"
#include "libs/base/rng.h"
#include "libs/base/status.h"
#include "libs/online/flusher.h"

namespace dangol::online {
namespace {

absl::Status CheckOptions(const WriterOptions& options) {
  if (options.coalesce_us < 0 || options.coalesce_us > 50 * kMicrosPerMilli)
    return BadField("online.coalesce", absl::StrCat(options.coalesce_us, " us"), "is out of range",
                    "use 0 to 50ms");
  if (options.queue_bytes_max < 1 << 16)
    return BadField("online.queue_bytes_max", absl::StrCat(options.queue_bytes_max), "is small",
                    "use 65536 or more");
  if (options.value_bytes_max < 1 || options.value_bytes_max > options.queue_bytes_max / 4)
    return BadField("online.value_bytes_max", absl::StrCat(options.value_bytes_max),
                    "is out of range", "use 1 to a quarter of online.queue_bytes_max");
  if (options.tombstone_expiry_us < kMicrosPerHour)
    return BadField("online.tombstone_expiry", absl::StrCat(options.tombstone_expiry_us, " us"),
                    "is short", "use an hour or more");
  if (options.check_every_us < kMicrosPerMilli)
    return BadField("online.check_every", absl::StrCat(options.check_every_us, " us"), "is short",
                    "use a millisecond or more");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<ViewWriter>> ViewWriter::Create(Settings settings,
                                                               WriterOptions options,
                                                               MetricsSink* metrics) {
  DANGOL_RETURN_IF_ERROR(CheckOptions(options));
  DANGOL_ASSIGN_OR_RETURN(auto store, Store::Create(std::move(settings)));
  return std::unique_ptr<ViewWriter>(new ViewWriter(std::move(store), options, metrics));
}

ViewWriter::ViewWriter(std::shared_ptr<Store> store, WriterOptions options, MetricsSink* metrics)
    : store_(std::move(store)),
      options_(options),
      metrics_(metrics),
      flusher_(std::make_unique<Flusher>(store_, options.tombstone_expiry_us)),
      retry_delay_(store_->settings.backoff_min_us, store_->settings.backoff_max_us,
                   DeviceRandom()),
      thread_([this] { Loop(); }) {}

ViewWriter::~ViewWriter() {
  {
    MutexLock lock(mu_);
    stopping_ = true;
    wake_.notify_all();
  }
  thread_.join();
}

ScopeQueue* ViewWriter::Find(Scope scope) const {
  const auto it = scopes_.find(scope);
  return it == scopes_.end() ? nullptr : it->second.get();
}

void ViewWriter::Wake(Micros at) {
  if (at >= wake_at_) return;
  wake_at_ = at;
  wake_.notify_all();
}

void ViewWriter::Open(Scope scope, std::string log) {
  MutexLock lock(mu_);
  std::shared_ptr<ScopeQueue>& queue = scopes_[scope];
  if (queue != nullptr && queue->log() == log) return;
  queue = std::make_shared<ScopeQueue>(std::move(log));
  Wake(0);
}

void ViewWriter::Close(Scope scope) {
  MutexLock lock(mu_);
  scopes_.erase(scope);
}

size_t ViewWriter::QueuedBytes() const {
  size_t bytes = taken_bytes_;
  for (const auto& [scope, queue] : scopes_) bytes += queue->bytes();
  return bytes;
}

std::vector<Entry> ViewWriter::EntriesOf(uint64_t offset,
                                         const std::vector<Change>& changes) const {
  std::vector<Entry> entries;
  entries.reserve(changes.size());
  for (const Change& change : changes)
    entries.push_back(EntryOf(store_->settings.prefix, change, offset, options_.value_bytes_max));
  return entries;
}

void ViewWriter::Put(Scope scope, uint64_t offset, std::vector<Change> changes) {
  std::vector<Entry> entries = EntriesOf(offset, changes);
  MutexLock lock(mu_);
  ScopeQueue* const queue = Find(scope);
  if (queue == nullptr) return;
  size_t unchanged = 0;
  for (Entry& entry : entries) unchanged += queue->Put(std::move(entry)) ? 0 : 1;
  metrics_->Add("dangol_online_unchanged_total", {}, static_cast<double>(unchanged));
  queue->Reach(offset);
  if (QueuedBytes() > options_.queue_bytes_max) {
    metrics_->Add("dangol_online_dropped_total", {}, static_cast<double>(queue->pending()));
    queue->Drop();
  }
  // Before it gets tight, gathering ends.
  const bool much = QueuedBytes() > options_.queue_bytes_max / 8;
  Wake(much ? 0 : SteadyMicros() + options_.coalesce_us);
}

std::optional<RewriteNeed> ViewWriter::Need(Scope scope) const {
  MutexLock lock(mu_);
  const ScopeQueue* const queue = Find(scope);
  return queue == nullptr || !failure_.ok() ? std::nullopt : queue->need();
}

absl::Status ViewWriter::Rewrite(Scope scope, uint64_t ticket, uint64_t offset,
                                 std::vector<Change> changes) {
  std::vector<Entry> entries = EntriesOf(offset, changes);
  MutexLock lock(mu_);
  ScopeQueue* const queue = Find(scope);
  const auto need = queue == nullptr ? std::nullopt : queue->need();
  if (!need || need->ticket != ticket)
    return absl::AbortedError("this rewrite has ended; ask Need again");
  if (QueuedBytes() > options_.queue_bytes_max / 2)
    return absl::ResourceExhaustedError("the store does not keep up; later");
  for (Entry& entry : entries) queue->Put(std::move(entry));
  Wake(SteadyMicros() + options_.coalesce_us);
  return absl::OkStatus();
}

absl::Status ViewWriter::FinishRewrite(Scope scope, uint64_t ticket, uint64_t offset) {
  MutexLock lock(mu_);
  ScopeQueue* const queue = Find(scope);
  if (queue == nullptr || !queue->checked() || !queue->Finish(ticket, offset))
    return absl::AbortedError("this rewrite has ended; ask Need again");
  Wake(0);
  return absl::OkStatus();
}

bool ViewWriter::Await(Scope scope, Micros timeout_us) const {
  MutexLock lock(mu_);
  return changed_.wait_for(lock, std::chrono::microseconds(timeout_us), [&] {
    const ScopeQueue* const queue = Find(scope);
    return queue != nullptr && queue->current();
  });
}

uint64_t ViewWriter::Flushed(Scope scope) const {
  MutexLock lock(mu_);
  const ScopeQueue* const queue = Find(scope);
  return queue == nullptr ? 0 : queue->flushed();
}

Health ViewWriter::Health() const {
  MutexLock lock(mu_);
  if (!failure_.ok())
    return {false, absl::StrCat("online store: ", failure_.message(), "; reads go to the owners, ",
                                QueuedBytes(), " bytes of views wait")};
  int behind = 0;
  for (const auto& [scope, queue] : scopes_) behind += queue->need() || !queue->checked();
  if (behind > 0)
    return {false, absl::StrCat("online store: the views of ", behind, " of ", scopes_.size(),
                                " scopes are being rewritten")};
  if (!refused_.ok())
    return {true, absl::StrCat("online store: a view was refused: ", refused_.message())};
  return {};
}

std::vector<std::string> ViewWriter::Report() const {
  MutexLock lock(mu_);
  return report_;
}

}  // namespace dangol::online
