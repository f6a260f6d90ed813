#include "libs/online/scope_queue.h"

#include <algorithm>

#include "libs/base/hash.h"

namespace dangol::online {

bool ScopeQueue::Put(Entry entry) {
  const auto it = pending_.find(entry.key);
  if (it != pending_.end()) {
    if (it->second.offset > entry.offset) return true;
    bytes_ += entry.bytes() - it->second.bytes();
    it->second = std::move(entry);
    return true;
  }
  const auto known = known_.find(Hash64(entry.key));
  if (known != known_.end() && entry.kind == Entry::Kind::kValue &&
      known->second == Hash64(entry.value)) {
    return false;
  }
  bytes_ += entry.bytes();
  std::string key = entry.key;
  pending_.emplace(std::move(key), std::move(entry));
  return true;
}

void ScopeQueue::Know(const Entry& entry) {
  const uint64_t key = Hash64(entry.key);
  if (entry.kind != Entry::Kind::kValue) {
    known_.erase(key);
    return;
  }
  if (known_.size() >= kMostKnown) known_.clear();
  known_[key] = Hash64(entry.value);
}

void ScopeQueue::Reach(uint64_t offset) { reached_ = std::max(reached_, offset); }

void ScopeQueue::Drop() {
  pending_.clear();
  bytes_ = 0;
  gap_ = true;
  need_.reset();
  checked_ = false;
  Forget();
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
  if (mark->offset < flushed_) Forget();
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
  Forget();
  need_ = RewriteNeed{++last_ticket_, true, 0};
}

ScopeQueue::Batch ScopeQueue::Take() {
  Batch batch;
  batch.entries.reserve(pending_.size());
  for (auto& [key, entry] : pending_) {
    Know(entry);
    batch.entries.push_back(std::move(entry));
  }
  pending_.clear();
  bytes_ = 0;
  taken_ = true;
  if (MarkDue()) batch.mark = Mark{log_, token_, reached_, true};
  return batch;
}

void ScopeQueue::Settle(std::vector<Entry> unwritten) {
  taken_ = false;
  for (Entry& entry : unwritten) {
    known_.erase(Hash64(entry.key));
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
