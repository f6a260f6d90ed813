#include "tests/simulation/world.h"

#include <algorithm>
#include <optional>

#include "absl/strings/match.h"
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

bool SameAnswer(const absl::StatusOr<std::string>& a, const absl::StatusOr<std::string>& b) {
  return a.status() == b.status() && (!a.ok() || *a == *b);
}

}  // namespace

SimLog::Options World::LogOptions(const WorldOptions& options) {
  SimLog::Options log;
  log.partitions = options.partitions;
  log.seed = options.seed;
  log.gaps = options.gaps ? 0.3 : 0;
  log.faults.lagging_sync = options.faults;
  log.faults.sync_chance = 0.3;
  return log;
}

World::World(WorldOptions options)
    : options_(options),
      rng_(options.seed),
      faults_(options.seed, options.faults, options.only_faults),
      clock_(options.start),
      mailroom_(options.seed, options.mood),
      store_(options.seed),
      root_(LogOptions(options)) {
  for (int i = 0; i < options.processes; ++i) processes_.emplace_back(&clock_);
  BootAll();
}

World::~World() { KillAll(); }

// A process may die while it starts.
void World::Boot(Process& process) {
  for (bool lives = false; !lives;) {
    try {
      BootOnce(process);
      lives = true;
    } catch (const ProcessDied&) {
    }
  }
}

void World::BootOnce(Process& process) {
  process.runtime.reset();
  process.asleep_until = 0;
  if (options_.wrong_clocks) {
    auto wrong = faults_.Strike("clock-wrong", 0.3);
    const auto error = static_cast<Micros>(wrong ? wrong->Below(2 * kMicrosPerHour) : 0);
    process.clock.SetAhead(error - (wrong ? kMicrosPerHour : 0));
  }
  process.log = std::make_unique<ProcessLog>(
      root_.NewInstance(), &faults_,
      [this, &process](const Cycle& cycle) { OvertakeBeforeCommit(&process, cycle); });
  process.store = std::make_unique<ProcessStore>(&store_, &faults_);
  process.postman = std::make_unique<Postman>(&mailroom_, &process.clock);
  RuntimeOptions options;
  options.drive = Drive::kManual;
  options.trim_topics = false;  // the checks read every event again
  options.crash_attempts = 1'000'000;
  if (faults_.on()) options.cycle_max_events = 1 + rng_.Below(64);
  if (faults_.on()) options.checkpoint_cycles_manual = 1 + rng_.Below(40);
  if (faults_.Strike("cycles-wait", 0.5)) options.commit_delay = 1;
  if (auto small = faults_.Strike("queue-full", 0.3)) options.lag_limit_records = small->Below(30);
  options.performers[Service::kCampaign] = process.postman.get();
  process.runtime = std::make_unique<Runtime>(process.log.get(), process.store.get(),
                                              &process.clock, Specs(), options);
  EXPECT_TRUE(process.runtime->Start().ok());
}

void World::BootAll() {
  for (Process& process : processes_) Boot(process);
}

void World::KillAll() {
  for (Process& process : processes_) process.runtime.reset();
}

void World::Restart() {
  KillAll();
  BootAll();
}

void World::PowerCut() {
  KillAll();
  root_.CrashLosingUnsynced();
  std::optional<Scope> damaged;
  if (auto how = faults_.Strike("checkpoint-damaged", 0.4)) {
    damaged = Scope{static_cast<Service>(how->Below(kServices)),
                    static_cast<Partition>(how->Below(options_.partitions))};
    const uint64_t kind = how->Below(3);
    if (kind == 0) store_.Lose(*damaged);
    if (kind == 1) store_.Tear(*damaged);
    if (kind == 2) store_.RollBack(*damaged);
  }
  BootAll();
  if (damaged) Restore(*damaged);
}

// A scope whose checkpoint is gone halts, unless its changelog is whole; the others go on. With the
// checkpoint restored it goes on where it stood.
void World::Restore(Scope damaged) {
  const std::vector<std::string> halted = Halted();
  if (halted.empty()) return;
  for (const std::string& why : halted) {
    EXPECT_TRUE(absl::StrContains(why, ToString(damaged))) << why;
    EXPECT_TRUE(absl::StrContains(why, "DATA_LOSS")) << why;
  }
  quiet_ = true;
  for (int i = 0; i < 20; ++i) Step();
  quiet_ = false;
  ++restored_;
  KillAll();
  store_.Restore(damaged);
  BootAll();
  EXPECT_TRUE(Halted().empty());
}

// It misses its heartbeats: its scopes go to others, and it does not know when it wakes.
void World::PutToSleep(Process& process, Rng how) {
  for (const Process& other : processes_) {
    if (Asleep(other)) return;
  }
  for (Scope scope : process.runtime->Owned()) root_.Revoke(scope);
  process.asleep_until = clock_.Now() + (1 + static_cast<Micros>(how.Below(90))) * kMicrosPerSecond;
  process.log->Blind(static_cast<int>(how.Below(10) * kServices));
}

void World::Trouble() {
  if (!faults_.on() || quiet_) return;
  const bool several = processes_.size() > 1;
  if (auto how = faults_.Strike("crash", 0.0008)) Boot(Random(*how));
  if (faults_.Strike("power-cut", 0.0005)) PowerCut();
  if (auto how = faults_.Strike("revoke", several ? 0.008 : 0)) {
    root_.Revoke({static_cast<Service>(how->Below(kServices)),
                  static_cast<Partition>(how->Below(options_.partitions))});
  }
  if (auto how = faults_.Strike("sleep", several ? 0.0008 : 0)) PutToSleep(Random(*how), *how);
  if (!options_.wrong_clocks) return;
  // Only forward: what a process measures its own delays by never goes back.
  if (auto how = faults_.Strike("clock-jump", 0.0005)) {
    ProcessClock& clock = Random(*how).clock;
    const auto jump = static_cast<Micros>(how->Below(kMicrosPerHour));
    clock.SetAhead(std::min(kClockErrorMax, clock.ahead() + jump));
  }
}

void World::OvertakeBeforeCommit(const Process* victim, const Cycle& cycle) {
  if (quiet_ || processes_.size() < 2) return;
  auto how = faults_.Strike("overtaken", 0.01);
  if (!how) return;
  quiet_ = true;
  for (const ScopeCycle& part : cycle) {
    if (how->Chance(0.5)) root_.Revoke(part.scope);
  }
  for (Process& process : processes_) {
    if (&process == victim || process.runtime == nullptr) continue;
    for (uint64_t i = how->Below(6); i > 0; --i) Turn(process);
  }
  quiet_ = false;
}

bool World::Survives(Process& process, const std::function<void()>& fn) {
  try {
    fn();
    return true;
  } catch (const ProcessDied&) {
    Boot(process);
    return false;
  }
}

bool World::Turn(Process& process) {
  if (Asleep(process)) return false;
  bool moved = false;
  const bool lives = Survives(process, [&] {
    moved = process.runtime->RunOnce();
    moved = process.postman->Turn() || moved;
  });
  return moved || !lives;
}

bool World::Step() {
  bool moved = false;
  for (Process& process : processes_) {
    Trouble();
    moved = Turn(process) || moved;
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
    if (Asleep(process)) {
      next = std::min(next, process.asleep_until);
    } else {
      next = std::min({next, process.runtime->NextTimer(), process.postman->NextAnswer()});
    }
  }
  return next;
}

void World::AdvanceTo(Micros to) {
  while (clock_.Now() < to) {
    if (options_.impatient && faults_.on() && rng_.Chance(0.3)) {
      for (uint64_t i = rng_.Below(10); i > 0; --i) Step();
    } else {
      Settle();
    }
    clock_.AdvanceTo(std::min(to, std::max(NextInstant(), clock_.Now() + options_.tick)));
  }
  Settle();
}

void World::Heal() {
  faults_.Stop();
  root_.SetFaults({});
  for (Process& process : processes_) {
    process.asleep_until = 0;
    process.clock.SetAhead(0);
  }
  root_.Sync();
  Settle();
}

World::Process* World::OwnerOf(Scope scope) {
  for (Process& process : processes_) {
    if (Asleep(process)) continue;
    const std::vector<Scope> owned = process.runtime->Owned();
    if (std::find(owned.begin(), owned.end(), scope) != owned.end()) return &process;
  }
  return nullptr;
}

absl::StatusOr<std::string> World::Execute(Scope scope, const std::string& body,
                                           const std::string& principal,
                                           const std::string& request_id) {
  using Answer = std::optional<absl::StatusOr<std::string>>;
  Answer lost;  // was given, and nobody heard it
  for (int attempt = 0; attempt < 1000; ++attempt) {
    auto answer = std::make_shared<Answer>();
    Process* owner = OwnerOf(scope);
    bool asked = false;
    if (owner != nullptr) {
      Survives(*owner, [&] {
        asked = owner->runtime
                    ->Submit(scope, body, {principal, {}, request_id},
                             [answer](absl::StatusOr<std::string> outcome) { *answer = outcome; })
                    .ok();
      });
    }
    for (int i = 0; i < 100 && asked && !answer->has_value(); ++i) Step();
    if (!asked) Step();
    if (!answer->has_value() || absl::IsUnavailable((*answer)->status())) continue;
    // Whoever asks again is told the same.
    EXPECT_TRUE(!lost || SameAnswer(*lost, **answer)) << request_id;
    if (!faults_.Strike("answer-lost", 0.1)) return **answer;
    lost = **answer;
  }
  return absl::DeadlineExceededError(absl::StrCat("no answer to ", request_id));
}

void World::Append(Partition partition, const std::string& key, const std::string& value) {
  for (int attempt = 0; attempt < 10'000; ++attempt) {
    Process& process = processes_[rng_.Below(processes_.size())];
    if (Asleep(process)) continue;
    absl::Status status = absl::UnavailableError("died");
    Survives(process, [&] {
      status = process.runtime->Append(Topic::kIngest, partition, {{key, value}}).status();
    });
    if (status.ok()) return;
    if (absl::IsResourceExhausted(status)) Step();  // it asks to wait
  }
  ADD_FAILURE() << "no append is taken";
}

void World::Look(Scope scope, const LookFn& fn) {
  for (int attempt = 0; attempt < 100; ++attempt) {
    Process* owner = OwnerOf(scope);
    absl::Status status = absl::UnavailableError("nowhere");
    if (owner != nullptr) {
      Survives(*owner, [&] {
        status = owner->runtime->Read(scope, 0, [&](Processor&, StateView& view) {
          fn(view);
          return absl::OkStatus();
        });
      });
    }
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
