// The courier beside a disk that takes its time.
#include "libs/stream/courier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <set>

#include "libs/base/mutex.h"

namespace dangol {
namespace {

using ::testing::ElementsAre;

// Takes appends at once; they are durable once Finish was called.
class SlowLog final : public Log {
 public:
  void Finish() { finish_.set_value(); }
  void AwaitBegun() { begun_.get_future().wait(); }
  // The number of records of each write.
  std::vector<size_t> writes() const {
    MutexLock lock(mu_);
    return writes_;
  }

  absl::StatusOr<uint64_t> AppendAsync(std::vector<Emit> records) override {
    MutexLock lock(mu_);
    writes_.push_back(records.size());
    return writes_.size();
  }
  absl::Status AwaitDurable(uint64_t ticket) override {
    if (ticket == 1) begun_.set_value();
    finished_.wait();
    return absl::OkStatus();
  }
  absl::StatusOr<uint64_t> Append(TopicPartition to, std::vector<Record> records) override {
    std::vector<Emit> emits;
    for (Record& record : records) emits.push_back({to, std::move(record)});
    auto ticket = AppendAsync(std::move(emits));
    return AwaitDurable(*ticket).ok() ? ticket : absl::UnavailableError("closed");
  }

  uint32_t partitions() const override { return 4; }
  absl::StatusOr<Ownership> Own(Service) override { return Ownership(); }
  absl::StatusOr<Seal> Replay(Scope, uint64_t, const ReplayFn&) override { return Seal(); }
  absl::StatusOr<uint64_t> Read(TopicPartition, uint64_t, size_t, size_t,
                                std::vector<StoredRecord>*) override {
    return 0;
  }
  uint64_t EndOffset(TopicPartition) const override { return 0; }
  uint64_t FirstOffset(TopicPartition) const override { return 0; }
  absl::StatusOr<CommitResult> Commit(const Cycle&) override { return CommitResult(); }
  uint64_t DurableTicket() const override { return 0; }
  void SetWakeup(std::function<void()>) override {}
  absl::Status TrimTopic(TopicPartition, uint64_t) override { return absl::OkStatus(); }
  absl::Status TrimChangelog(Scope, uint64_t) override { return absl::OkStatus(); }

 private:
  std::promise<void> begun_, finish_;
  const std::shared_future<void> finished_ = finish_.get_future().share();
  mutable Mutex mu_;
  std::vector<size_t> writes_;  // guarded by mu_
};

// Everything is accepted at once.
class QuickPerformer final : public EffectPerformer {
 public:
  void Perform(Scope, std::vector<Effect> effects, Micros, const DoneFn& done) override {
    for (const Effect& effect : effects) {
      done({effect.id, effect.attempt, EffectResult::kAccepted, "", ""});
      MutexLock lock(mu_);
      performed_.insert(effect.id);
      changed_.notify_all();
    }
  }
  void Recover(Scope, std::vector<Effect>, const DoneFn&) override {}
  std::set<std::string> performed() const {
    MutexLock lock(mu_);
    return performed_;
  }
  bool Await(size_t count) {
    MutexLock lock(mu_);
    return changed_.wait_for(lock, std::chrono::seconds(30),
                             [&] { return performed_.size() == count; });
  }

 private:
  mutable Mutex mu_;
  CondVar changed_;
  std::set<std::string> performed_;  // guarded by mu_
};

TEST(CourierTest, BugASendWaitedWhileOutcomesOfOthersWereSynced) {
  SlowLog log;
  QuickPerformer performer;
  RuntimeOptions options;
  options.performers[Service::kCampaign] = &performer;
  ScopeEnv env;
  env.log = &log;
  env.options = &options;
  env.now = [] { return Micros{0}; };
  std::promise<void> done;
  Courier courier(&env);
  env.wake = [&] {
    if (courier.in_flight() == 0) done.set_value();
  };
  courier.Start();
  const auto send = [&](Partition p, const char* id) {
    courier.Dispatch({Service::kCampaign, p}, {{id, "", "", 1}}, kNever);
  };
  send(0, "a");
  log.AwaitBegun();  // the disk is busy with a's outcome
  send(1, "b");
  send(2, "c");
  send(3, "d");
  EXPECT_TRUE(performer.Await(4));
  log.Finish();
  done.get_future().wait();
  courier.Stop();
  // Outcomes of all partitions that came meanwhile share one write, and one sync.
  EXPECT_THAT(log.writes(), ElementsAre(1, 3));
}

TEST(CourierTest, WhatALostScopeHandedInAndHasNotBegunNeverBegins) {
  SlowLog log;
  log.Finish();
  QuickPerformer performer;
  RuntimeOptions options;
  options.performers[Service::kCampaign] = &performer;
  ScopeEnv env;
  env.log = &log;
  env.options = &options;
  env.now = [] { return Micros{0}; };
  Courier courier(&env);  // no threads: the test turns it
  const Scope lost{Service::kCampaign, 0}, kept{Service::kCampaign, 1};
  courier.Dispatch(lost, {{"a", "", "", 1}}, kNever);
  courier.Dispatch(kept, {{"b", "", "", 1}}, kNever);
  courier.Forget(lost);
  courier.Dispatch(lost, {{"c", "", "", 1}}, kNever);  // gained again
  while (courier.RunOnce()) {
  }
  EXPECT_THAT(performer.performed(), ElementsAre("b", "c"));
  EXPECT_EQ(courier.in_flight(), 0);
}

}  // namespace
}  // namespace dangol
