#include "services/profile/rpc/acknowledger.h"

#include <utility>

namespace dangol::profile {

Acknowledger::Acknowledger(Tracker& tracker, WriteFn write)
    : tracker_(tracker), write_(std::move(write)), thread_([this] { Run(); }) {}

bool Acknowledger::Add(Tracking tracking, int64_t last_index) {
  MutexLock lock(mu_);
  changed_.wait(lock, [&] { return waiting_.size() < kWaitingMax || gone_; });
  if (gone_) return false;
  waiting_.push_back({std::move(tracking), last_index});
  changed_.notify_all();
  return true;
}

void Acknowledger::Finish() {
  {
    MutexLock lock(mu_);
    finishing_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void Acknowledger::Run() {
  MutexLock lock(mu_);
  while (true) {
    changed_.wait(lock, [&] { return !waiting_.empty() || finishing_; });
    if (waiting_.empty()) return;
    Message message = std::move(waiting_.front());
    lock.unlock();
    const bool answered = Answer(std::move(message));
    lock.lock();
    waiting_.pop_front();  // only now: it is bounded by what is under way
    if (!answered) {
      gone_ = true;
      waiting_.clear();
    }
    changed_.notify_all();
  }
}

bool Acknowledger::Answer(Message message) {
  TrackResult result = tracker_.Finish(std::move(message.tracking));
  accepted_ += result.accepted;
  v1::StreamActivitiesResponse answer;
  answer.set_last_durable_index(message.last_index);
  answer.set_accepted(accepted_);
  for (v1::ItemError& error : result.errors) *answer.add_errors() = std::move(error);
  return write_(answer);
}

}  // namespace dangol::profile
