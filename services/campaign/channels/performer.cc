#include "services/campaign/channels/performer.h"

#include <deque>
#include <iterator>
#include <map>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/clock.h"
#include "libs/base/mutex.h"
#include "services/campaign/channels/file_drop.h"
#include "services/campaign/channels/webhook.h"
#include "services/campaign/send_detail.h"

namespace dangol::campaign {

namespace {

// As many as one look-up of addresses may ask for.
constexpr size_t kAtOnce = 1'000;

}  // namespace

class CampaignPerformer::Impl {
 public:
  Impl(Options options, std::unique_ptr<AddressResolver> resolver)
      : resolver_(std::move(resolver)),
        files_(std::move(options.drop_root)),
        thread_([this] { Run(); }) {}

  ~Impl() {
    {
      MutexLock lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }

  struct Job {
    Scope scope;
    std::vector<Effect> effects;
    Micros not_after = kNever;
    DoneFn done;
    bool recover = false;
  };

  void Push(Job job) {
    {
      MutexLock lock(mutex_);
      jobs_.push_back(std::move(job));
    }
    wake_.notify_all();
  }

 private:
  void Run() {
    while (true) {
      std::vector<Job> jobs = Take();
      if (jobs.empty()) return;  // the rest stays in the ledger and is recovered
      Do(std::move(jobs));
    }
  }

  // All that wait, within limits: a look-up of addresses takes as long for one as for all. None:
  // stopping.
  std::vector<Job> Take() {
    MutexLock lock(mutex_);
    wake_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
    std::vector<Job> taken;
    for (size_t effects = 0; !stopping_ && !jobs_.empty() && effects < kAtOnce; jobs_.pop_front()) {
      effects += jobs_.front().effects.size();
      taken.push_back(std::move(jobs_.front()));
    }
    return taken;
  }

  void Do(std::vector<Job> jobs) {
    std::vector<Outgoing> items;
    for (Job& job : jobs) {
      std::vector<Outgoing> parsed = Parse(&job);
      // What is out already needs no address.
      if (job.recover) parsed = NotYetSent(job.scope.partition, std::move(parsed));
      items.insert(items.end(), std::make_move_iterator(parsed.begin()),
                   std::make_move_iterator(parsed.end()));
    }
    std::map<Partition, std::vector<Outgoing>> files;
    for (Outgoing& item : ResolveAll(std::move(items))) {
      if (item.send.channel().has_file_drop()) {
        files[item.partition].push_back(std::move(item));
      } else {
        webhook_.Send(std::move(item));
      }
    }
    for (const auto& [partition, group] : files) files_.Write(partition, group);
  }

  // Of recovered items, those that have certainly not been sent.
  std::vector<Outgoing> NotYetSent(Partition partition, std::vector<Outgoing> items) {
    std::vector<Outgoing> files;
    for (Outgoing& item : items) {
      if (item.send.channel().has_file_drop()) {
        files.push_back(std::move(item));
      } else {
        item.Finish(EffectResult::kUnknown, kProcessEnded);
      }
    }
    return files_.TakeWritten(partition, std::move(files));
  }

  static std::vector<Outgoing> Parse(Job* job) {
    std::vector<Outgoing> items;
    for (Effect& effect : job->effects) {
      Outgoing item;
      item.partition = job->scope.partition;
      item.attempt = effect.attempt;
      item.not_after = job->not_after;
      item.done = job->done;
      if (!item.send.ParseFromString(effect.payload)) {
        job->done({effect.id, effect.attempt, EffectResult::kFailed, "", "undecodable payload"});
        continue;
      }
      items.push_back(std::move(item));
    }
    return items;
  }

  // The items that have an address, or need none; the others are done.
  std::vector<Outgoing> ResolveAll(std::vector<Outgoing> items) {
    std::map<v1::AddressKind, std::vector<Outgoing>> by_kind;
    for (Outgoing& item : items) by_kind[item.send.channel().address()].push_back(std::move(item));
    std::vector<Outgoing> resolved;
    for (auto& [kind, group] : by_kind) {
      const bool needs = kind != v1::ADDRESS_KIND_NONE && kind != v1::ADDRESS_KIND_UNSPECIFIED;
      if (needs) Fill(kind, &group);
      for (Outgoing& item : group) resolved.push_back(std::move(item));
    }
    return resolved;
  }

  void Fill(v1::AddressKind kind, std::vector<Outgoing>* group) {
    std::vector<CustomerId> customers;
    for (const Outgoing& item : *group) customers.push_back(item.send.customer_id());
    const auto addresses = resolver_->Resolve(kind, customers);
    std::vector<Outgoing> found;
    for (size_t i = 0; i < group->size(); ++i) {
      Outgoing& item = (*group)[i];
      if (!addresses.ok() || addresses->size() != customers.size()) {
        item.Finish(EffectResult::kFailed,
                    absl::StrCat(kNotStarted, ": ", addresses.status().message()));
      } else if ((*addresses)[i].empty()) {
        item.Finish(EffectResult::kFailed, kNoAddress);
      } else {
        item.address = (*addresses)[i];
        found.push_back(std::move(item));
      }
    }
    *group = std::move(found);
  }

  const std::unique_ptr<AddressResolver> resolver_;
  Webhook webhook_;
  FileDrop files_;
  Mutex mutex_;
  CondVar wake_;
  std::deque<Job> jobs_;   // guarded by mutex_
  bool stopping_ = false;  // guarded by mutex_
  std::thread thread_;     // last: everything it uses is there
};

CampaignPerformer::CampaignPerformer(Options options, std::unique_ptr<AddressResolver> resolver)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(resolver))) {}
CampaignPerformer::~CampaignPerformer() = default;

void CampaignPerformer::Perform(Scope scope, std::vector<Effect> effects, Micros not_after,
                                const DoneFn& done) {
  impl_->Push({scope, std::move(effects), not_after, done, false});
}

void CampaignPerformer::Recover(Scope scope, std::vector<Effect> effects, const DoneFn& done) {
  impl_->Push({scope, std::move(effects), kNever, done, true});
}

}  // namespace dangol::campaign
