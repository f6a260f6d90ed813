#include "libs/online/scope_queue.h"

#include <algorithm>

namespace dangol::online {

void ScopeQueue::Put(Entry entry) {
  const auto it = pending_.find(entry.key);
  if (it == pending_.end()) {
    bytes_ += entry.bytes();
    std::string key = entry.key;
    pending_.emplace(std::move(key), std::move(entry));
  } else if (it->second.offset <= entry.offset) {
    bytes_ += entry.bytes() - it->second.bytes();
    it->second = std::move(entry);
  }
}

void ScopeQueue::Reach(uint64_t offset) { reached_ = std::max(reached_, offset); }

void ScopeQueue::Drop() {
  pending_.clear();
  bytes_ = 0;
  gap_ = true;
  need_.reset();
  checked_ = false;
}

std::optional<RewriteNeed> ScopeQueue::need() const { return checked_ ? need_ : std::nullopt; }

bool ScopeQueue::Finish(uint64_t ticket, uint64_t offset) {
  if (!need_ || need_->ticket != ticket) return false;
  need_.reset();
  Reach(offset);
  return true;
}

bool ScopeQueue::Checked(const std::optional<Mark>& mark) {
  if (!mark || mark->log != log_) return false;
  if (token_.empty() ? !mark->complete : mark->token != token_) return false;
  checked_ = true;
  token_ = mark->token;
  flushed_ = mark->offset;
  complete_ = mark->complete;
  if (gap_) need_ = RewriteNeed{++last_ticket_, !complete_, flushed_};
  gap_ = false;
  return true;
}

void ScopeQueue::Begun(std::string token) {
  checked_ = true;
  token_ = std::move(token);
  flushed_ = 0;
  complete_ = false;
  gap_ = false;
  need_ = RewriteNeed{++last_ticket_, true, 0};
}

ScopeQueue::Batch ScopeQueue::Take() {
  Batch batch;
  batch.entries.reserve(pending_.size());
  for (auto& [key, entry] : pending_) batch.entries.push_back(std::move(entry));
  pending_.clear();
  bytes_ = 0;
  taken_ = true;
  if (MarkDue()) batch.mark = Mark{log_, token_, reached_, true};
  return batch;
}

void ScopeQueue::Settle(std::vector<Entry> unwritten) {
  taken_ = false;
  for (Entry& entry : unwritten) {
    const auto it = pending_.find(entry.key);
    if (it == pending_.end()) Put(std::move(entry));  // else it was superseded meanwhile
  }
}

void ScopeQueue::Marked(const Mark& mark) {
  if (mark.token != token_) return;
  flushed_ = std::max(flushed_, mark.offset);
  complete_ = true;
}

}  // namespace dangol::online
