#include "tests/simulation/world.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "services/campaign/processor.h"
#include "services/offer/processor.h"
#include "services/profile/processor.h"
#include "services/response/processor.h"
#include "services/segmentation/processor.h"

namespace dangol::simulation {
namespace {

constexpr int kStepsMax = 200'000;  // without the clock moving: more is a livelock

std::vector<ServiceSpec> Specs() {
  segmentation::Options small;
  small.chunk_customers = 20;  // so that evaluations take several calls
  campaign::SendLimits limits;
  limits.attempting_max = 8;  // so that sends queue
  return {profile::Spec(), segmentation::Spec(small), offer::Spec(), campaign::Spec(limits),
          response::Spec()};
}

SimLog::Faults LogFaults() {
  SimLog::Faults faults;
  faults.commit_unavailable = 0.03;
  faults.append_unavailable = 0.03;
  faults.lagging_sync = true;
  faults.sync_chance = 0.3;
  return faults;
}

}  // namespace

SimLog::Options World::LogOptions(const WorldOptions& options) {
  SimLog::Options log;
  log.partitions = options.partitions;
  log.seed = options.seed;
  if (options.faults) log.faults = LogFaults();
  return log;
}

World::World(WorldOptions options)
    : options_(options),
      rng_(options.seed),
      clock_(options.start),
      mailroom_(options.seed, options.mood),
      store_(options.seed, {.ingest_unavailable = options.faults ? 0.2 : 0.0}),
      root_(LogOptions(options)),
      processes_(static_cast<size_t>(options.processes)),
      trouble_(options.faults) {
  for (Process& process : processes_) Boot(process);
}

void World::Boot(Process& process) {
  process.runtime.reset();
  process.log = std::make_unique<ZombieLog>(
      root_.NewInstance(),
      [this, &process](const Cycle& cycle) { OvertakeBeforeCommit(&process, cycle); });
  process.postman = std::make_unique<Postman>(&mailroom_, &clock_);
  RuntimeOptions options;
  options.drive = Drive::kManual;
  options.trim_topics = false;  // the checks read every event again
  options.crash_attempts = 1'000'000;
  if (trouble_) options.cycle_max_events = 1 + rng_.Below(64);
  if (trouble_) options.checkpoint_cycles_manual = 1 + rng_.Below(40);
  options.performers[Service::kCampaign] = process.postman.get();
  process.runtime =
      std::make_unique<Runtime>(process.log.get(), &store_, &clock_, Specs(), options);
  EXPECT_TRUE(process.runtime->Start().ok());
}

void World::PowerCut() {
  for (Process& process : processes_) process.runtime.reset();
  root_.CrashLosingUnsynced();
  for (Process& process : processes_) Boot(process);
}

void World::Restart() {
  for (Process& process : processes_) process.runtime.reset();
  for (Process& process : processes_) Boot(process);
}

void World::Trouble() {
  if (!trouble_ || overtaking_) return;
  const double dice = rng_.Uniform();
  if (dice < 0.0015) {
    ++crashes_;
    Boot(processes_[rng_.Below(processes_.size())]);
  } else if (dice < 0.0020) {
    ++crashes_;
    PowerCut();
  } else if (dice < 0.0100 && processes_.size() > 1) {
    root_.Revoke({static_cast<Service>(rng_.Below(kServices)),
                  static_cast<Partition>(rng_.Below(options_.partitions))});
  }
}

void World::OvertakeBeforeCommit(const Process* victim, const Cycle& cycle) {
  if (!trouble_ || overtaking_ || processes_.size() < 2 || !rng_.Chance(0.01)) return;
  overtaking_ = true;
  ++zombies_;
  for (const ScopeCycle& part : cycle) {
    if (rng_.Chance(0.5)) root_.Revoke(part.scope);
  }
  for (Process& process : processes_) {
    if (&process == victim || process.runtime == nullptr) continue;
    for (uint64_t i = rng_.Below(6); i > 0; --i) process.runtime->RunOnce();
  }
  overtaking_ = false;
}

bool World::Step() {
  bool moved = false;
  for (size_t i = 0; i < processes_.size(); ++i) {
    Trouble();
    moved = processes_[i].runtime->RunOnce() || moved;
    moved = processes_[i].postman->Turn() || moved;
  }
  if (moved) return true;
  if (root_.CommittedTicket() == root_.DurableTicket()) return false;
  root_.Step();
  return true;
}

void World::Settle() {
  for (int i = 0; i < kStepsMax; ++i) {
    if (!Step() && !Step()) return;
  }
  ADD_FAILURE() << "does not come to rest at " << clock_.Now();
}

Micros World::NextInstant() const {
  Micros next = kNever;
  for (const Process& process : processes_) {
    next = std::min({next, process.runtime->NextTimer(), process.postman->NextAnswer()});
  }
  return next;
}

void World::AdvanceTo(Micros to) {
  while (clock_.Now() < to) {
    if (options_.impatient && trouble_ && rng_.Chance(0.3)) {
      for (uint64_t i = rng_.Below(10); i > 0; --i) Step();
    } else {
      Settle();
    }
    clock_.AdvanceTo(std::min(to, std::max(NextInstant(), clock_.Now() + options_.tick)));
  }
  Settle();
}

void World::Heal() {
  trouble_ = false;
  root_.SetFaults({});
  root_.Sync();
  Settle();
}

World::Process* World::OwnerOf(Scope scope) {
  for (Process& process : processes_) {
    const std::vector<Scope> owned = process.runtime->Owned();
    if (std::find(owned.begin(), owned.end(), scope) != owned.end()) return &process;
  }
  return nullptr;
}

absl::StatusOr<std::string> World::Execute(Scope scope, const std::string& body,
                                           const std::string& principal,
                                           const std::string& request_id) {
  for (int attempt = 0; attempt < 1000; ++attempt) {
    auto answer = std::make_shared<std::optional<absl::StatusOr<std::string>>>();
    Process* owner = OwnerOf(scope);
    const bool asked =
        owner != nullptr &&
        owner->runtime
            ->Submit(scope, body, {principal, {}, request_id},
                     [answer](absl::StatusOr<std::string> outcome) { *answer = outcome; })
            .ok();
    for (int i = 0; i < 100 && asked && !answer->has_value(); ++i) Step();
    if (!asked) Step();
    if (answer->has_value() && !absl::IsUnavailable((*answer)->status())) return **answer;
  }
  return absl::DeadlineExceededError(absl::StrCat("no answer to ", request_id));
}

void World::Append(Partition partition, const std::string& key, const std::string& value) {
  for (int attempt = 0; attempt < 1000; ++attempt) {
    Process& process = processes_[rng_.Below(processes_.size())];
    if (process.runtime->Append(Topic::kIngest, partition, {{key, value}}).ok()) return;
  }
  ADD_FAILURE() << "no append is taken";
}

void World::Look(Scope scope, const LookFn& fn) {
  for (int attempt = 0; attempt < 100; ++attempt) {
    Process* owner = OwnerOf(scope);
    absl::Status status = owner == nullptr
                              ? absl::UnavailableError("nowhere")
                              : owner->runtime->Read(scope, 0, [&](Processor&, StateView& view) {
                                  fn(view);
                                  return absl::OkStatus();
                                });
    if (status.ok()) return;
    Step();
  }
  ADD_FAILURE() << ToString(scope) << " is nowhere";
}

void World::LookAll(Service service, const LookFn& fn) {
  for (uint32_t p = 0; p < options_.partitions; ++p) Look({service, static_cast<Partition>(p)}, fn);
}

std::vector<std::string> World::Halted() {
  std::vector<std::string> all;
  for (Process& process : processes_) {
    for (std::string& why : process.runtime->Halted()) all.push_back(std::move(why));
  }
  return all;
}

}  // namespace dangol::simulation
