#include "libs/online/view_feed.h"

namespace dangol::online {

void ViewFeed::Durable(Scope scope, uint64_t offset, absl::Span<const ViewRecord> records) {
  std::vector<Change> changes;
  for (const ViewRecord& record : records) builder_(record, &changes);
  writer_->Put(scope, offset, std::move(changes));
}

bool ViewFeed::RewriteSome(Scope scope, uint64_t offset, const Scan& scan) {
  const std::optional<RewriteNeed> need = writer_->Need(scope);
  MutexLock lock(mu_);
  if (!need) {
    progress_.erase(scope);
    return false;
  }
  Progress& progress = progress_[scope];
  lock.unlock();
  if (progress.ticket != need->ticket) progress = {.ticket = need->ticket};
  if (progress.portion.empty() && !progress.scanned) {
    progress.as_of = offset;
    progress.scanned =
        !scan(need->all ? 0 : need->since, &progress.cursor,
              [&](const ViewRecord& record) { builder_(record, &progress.portion); });
  }
  return Offer(scope, progress);
}

bool ViewFeed::Offer(Scope scope, Progress& progress) {
  const absl::Status status =
      writer_->Rewrite(scope, progress.ticket, progress.as_of, progress.portion);
  if (absl::IsResourceExhausted(status)) return false;  // again, when there is room
  progress.portion.clear();
  // Aborted: there is another need by now, and the next step begins with it.
  if (status.ok() && progress.scanned)
    writer_->FinishRewrite(scope, progress.ticket, progress.as_of).IgnoreError();
  return true;
}

}  // namespace dangol::online
