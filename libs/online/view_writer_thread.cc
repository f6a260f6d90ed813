// The writer's thread: looks whether the store is still the one it wrote to, then writes.
#include <algorithm>
#include <chrono>

#include "absl/strings/str_cat.h"
#include "libs/base/clock.h"
#include "libs/base/status.h"
#include "libs/online/flusher.h"
#include "libs/online/view_writer.h"

namespace dangol::online {

struct ViewWriter::Taken {
  Scope scope;
  std::shared_ptr<ScopeQueue> queue;
  ScopeQueue::Batch batch;
  size_t bytes = 0;
};

void ViewWriter::Loop() {
  MutexLock lock(mu_);
  for (;;) {
    while (!stopping_) {
      const Micros left = NextStep() - SteadyMicros();
      if (left <= 0) break;
      wake_.wait_for(lock, std::chrono::microseconds(left));
    }
    if (stopping_) return;
    wake_at_ = kNever;
    lock.unlock();
    const absl::Status status = Step();
    Note(status);
    lock.lock();
  }
}

Micros ViewWriter::NextStep() const { return std::max(std::min(wake_at_, check_at_), retry_at_); }

absl::Status ViewWriter::Step() {
  DANGOL_RETURN_IF_ERROR(Check());
  return WriteAll();
}

absl::Status ViewWriter::Check() {
  std::vector<std::pair<Scope, std::shared_ptr<ScopeQueue>>> unchecked;
  {
    MutexLock lock(mu_);
    const bool doubt = flusher_->Reconnected() || SteadyMicros() >= check_at_;
    if (doubt) check_at_ = 0;  // until every scope was looked at
    for (const auto& [scope, queue] : scopes_)
      if (doubt || !queue->checked()) unchecked.emplace_back(scope, queue);
    if (!doubt && unchecked.empty()) return absl::OkStatus();
  }
  DANGOL_RETURN_IF_ERROR(flusher_->Look());
  for (const auto& [scope, queue] : unchecked) DANGOL_RETURN_IF_ERROR(CheckScope(scope, *queue));
  MutexLock lock(mu_);
  check_at_ = SteadyMicros() + options_.check_every_us;
  if (!report_.empty()) return absl::OkStatus();
  lock.unlock();
  auto report = flusher_->Describe();
  lock.lock();
  if (report.ok()) report_ = *std::move(report);
  return absl::OkStatus();
}

absl::Status ViewWriter::CheckScope(Scope scope, ScopeQueue& queue) {
  DANGOL_ASSIGN_OR_RETURN(const std::optional<Mark> mark, flusher_->ReadMark(scope));
  std::string log;
  {
    MutexLock lock(mu_);
    const auto before = queue.need();
    queue.Doubt();
    if (queue.Checked(mark)) {
      if (const auto need = queue.need(); need && (!before || before->ticket != need->ticket))
        metrics_->Add("dangol_online_rewrites_total", {{{"extent", need->all ? "all" : "since"}}},
                      1);
      return absl::OkStatus();
    }
    if (Find(scope) != &queue) return absl::OkStatus();  // closed: its mark is another's now
    log = queue.log();
  }
  DANGOL_ASSIGN_OR_RETURN(std::string token, flusher_->BeginMark(scope, log));
  MutexLock lock(mu_);
  queue.Begun(std::move(token));
  metrics_->Add("dangol_online_rewrites_total", {{{"extent", "all"}}}, 1);
  return absl::OkStatus();
}

absl::Status ViewWriter::WriteAll() {
  std::vector<Taken> all;
  {
    MutexLock lock(mu_);
    for (const auto& [scope, queue] : scopes_) {
      if (!queue->has_batch()) continue;
      const size_t bytes = queue->bytes();
      all.push_back({scope, queue, queue->Take(), bytes});
      taken_bytes_ += bytes;
    }
  }
  absl::Status status;
  // After a failure the rest is settled unwritten, not tried.
  for (Taken& taken : all) {
    if (status.ok()) {
      status = WriteOne(taken);
    } else {
      MutexLock lock(mu_);
      taken.queue->Settle(std::move(taken.batch.entries));
    }
    MutexLock lock(mu_);
    taken_bytes_ -= taken.bytes;
    if (stopping_) status.Update(absl::CancelledError("the writer stops"));
  }
  return status;
}

absl::Status ViewWriter::WriteOne(Taken& taken) {
  const Micros start = SteadyMicros();
  Flusher::Written written = flusher_->Write(taken.queue->log(), std::move(taken.batch.entries));
  metrics_->Add("dangol_online_written_total", {}, static_cast<double>(written.written));
  metrics_->Add("dangol_online_as_new_total", {}, static_cast<double>(written.as_new));
  metrics_->Add("dangol_online_refused_total", {}, static_cast<double>(written.refused));
  metrics_->Observe("dangol_online_write_seconds", {},
                    static_cast<double>(SteadyMicros() - start) / kMicrosPerSecond);
  {
    MutexLock lock(mu_);
    taken.queue->Settle(std::move(written.unwritten));
    if (written.refused > 0 || written.as_new > 0) taken.queue->Forget();
    refused_.Update(written.why_refused);
  }
  DANGOL_RETURN_IF_ERROR(written.why);
  return taken.batch.mark ? SetMark(taken) : absl::OkStatus();
}

absl::Status ViewWriter::SetMark(const Taken& taken) {
  // What was written may have gone to a server that replaced another: look first.
  if (flusher_->Reconnected()) return absl::OkStatus();
  DANGOL_ASSIGN_OR_RETURN(const bool set, flusher_->Advance(taken.scope, *taken.batch.mark));
  MutexLock lock(mu_);
  if (set) {
    taken.queue->Marked(*taken.batch.mark);
  } else {
    taken.queue->Doubt();
  }
  return absl::OkStatus();
}

void ViewWriter::Note(const absl::Status& status) {
  MutexLock lock(mu_);
  failure_ = status;
  const Micros now = SteadyMicros();
  if (status.ok()) {
    failures_ = 0;
    retry_at_ = 0;
    // What was not settled, given or begun in this step is the next one's.
    for (const auto& [scope, queue] : scopes_)
      if (!queue->checked() || queue->has_batch()) wake_at_ = std::min(wake_at_, now);
    if (flusher_->Reconnected()) check_at_ = now;
  } else {
    ++failures_;
    retry_at_ = std::max(now + retry_delay_.After(failures_), store_->backoff.NextTry(now));
    wake_at_ = now;
    metrics_->Add("dangol_online_failures_total",
                  {{{"code", absl::StatusCodeToString(status.code())}}}, 1);
  }
  int behind = 0;
  for (const auto& [scope, queue] : scopes_) behind += queue->need() || !queue->checked();
  metrics_->Set("dangol_online_up", {}, status.ok() ? 1 : 0);
  metrics_->Set("dangol_online_scopes_behind", {}, behind);
  metrics_->Set("dangol_online_queue_bytes", {}, static_cast<double>(QueuedBytes()));
  changed_.notify_all();
}

}  // namespace dangol::online
