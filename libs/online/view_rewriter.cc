#include "libs/online/view_rewriter.h"

namespace dangol::online {

bool ViewRewriter::RewriteSome(Scope scope, uint64_t offset, const Scan& scan) {
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
    progress.scanned = !scan(need->all ? 0 : need->since, &progress.cursor, &progress.portion);
  }
  return Offer(scope, progress);
}

bool ViewRewriter::Offer(Scope scope, Progress& progress) {
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
