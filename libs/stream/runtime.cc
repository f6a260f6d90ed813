#include "libs/stream/runtime.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/rng.h"
#include "libs/base/status.h"
#include "libs/stream/outcomes.h"
#include "libs/stream/rows.h"

namespace dangol {

Runtime::Runtime(Log* log, CheckpointStore* store, const Clock* clock,
                 std::vector<ServiceSpec> specs, RuntimeOptions options)
    : log_(log),
      clock_(clock),
      specs_(std::move(specs)),
      options_(std::move(options)),
      anonymous_prefix_(absl::StrCat(std::string(1, kAnonymousRequestPrefix),
                                     absl::Hex(DeviceRandom(), absl::kZeroPad16), "-")),
      virtual_now_(options_.virtual_start) {
  if (options_.metrics == nullptr) options_.metrics = &null_metrics_;
  for (const ServiceSpec& spec : specs_) {
    auto& questions = questions_[static_cast<int>(spec.service)];
    for (const RawQuestion& question : RowQuestions()) questions[question.name] = question;
    for (const RawQuestion& question : spec.questions) questions[question.name] = question;
  }
  const bool manual = options_.drive == Drive::kManual;
  env_.scope = {log,     store,   &options_, options_.metrics, [this] { return Now(); },
                nullptr, &halted_};
  if (!manual) {
    env_.scope.wake = [this] {
      for (auto& worker : workers_) worker->Wake();
    };
  }
  courier_ = std::make_unique<Courier>(&env_.scope);
  env_.courier = courier_.get();
  env_.waiters = &waiters_;
  env_.background = &background_;
  env_.turns = &turns_;
  env_.steady = manual ? std::function<Micros()>([this] { return Now(); }) : SteadyMicros;
  env_.on_idle = [this] { return OnIdle(); };
  env_.on_lost = [this](Scope scope) {
    MutexLock lock(mu_);
    owners_.erase(scope);
  };
  int workers = options_.workers > 0 ? options_.workers
                                     : static_cast<int>(std::thread::hardware_concurrency());
  if (manual || options_.virtual_time) workers = 1;
  for (int i = 0; i < std::max(1, workers); ++i) {
    workers_.push_back(std::make_unique<Worker>(&env_));
  }
}

Runtime::~Runtime() {
  if (options_.drive == Drive::kThreads) Stop();
}

absl::Status Runtime::Start() {
  if (options_.drive == Drive::kManual) {
    PollOwnership();
    return absl::OkStatus();
  }
  // Gained before the threads start, so that under virtual time every scope knows the clock.
  PollOwnership();
  log_->SetWakeup(env_.scope.wake);
  background_.Start(Executor::Priority::kLow);
  courier_->Start();
  for (auto& worker : workers_) worker->Start();
  for (auto& worker : workers_) RunOn(*worker, [] {});
  control_ = std::thread([this] { ControlLoop(); });
  return absl::OkStatus();
}

void Runtime::Stop() {
  {
    MutexLock lock(mu_);
    stopping_ = true;
    changed_.notify_all();
  }
  if (control_.joinable()) control_.join();
  for (auto& worker : workers_) worker->Stop();
  log_->SetWakeup(nullptr);
  courier_->Stop();
  background_.Stop();
  waiters_.FailAll(absl::UnavailableError("the server is stopping; ask again"));
}

Micros Runtime::Now() const {
  return options_.virtual_time ? virtual_now_.load(std::memory_order_acquire) : clock_->Now();
}

absl::Status Runtime::CheckLag() const {
  uint64_t lag = 0;
  for (const auto& worker : workers_) {
    lag += worker->arrived();
    for (int s = 0; s < kServices; ++s) lag += worker->lag(static_cast<Service>(s));
  }
  if (lag > options_.lag_limit_records) {
    return WithDetail(absl::ResourceExhaustedError(
                          absl::StrCat(lag, " records wait to be handled; retry in a second")),
                      {"LAGGING", {{"retry_delay_ms", "1000"}}, {}});
  }
  return absl::OkStatus();
}

absl::Status Runtime::CheckSize(absl::string_view key, absl::string_view value) const {
  const size_t most = options_.max_record_bytes / 2;
  if (key.size() + value.size() <= most) return absl::OkStatus();
  return BadField("record", absl::StrCat(value.size(), " bytes"), "is too large",
                  absl::StrCat("at most ", most, " bytes"));
}

void Runtime::NoteArrival(Topic topic, Partition partition, size_t records) {
  for (const ServiceSpec& spec : specs_) {
    const bool reads = std::count(spec.inputs.begin(), spec.inputs.end(), topic) > 0;
    Worker* reader = reads ? OwnerOf({spec.service, partition}) : nullptr;
    if (reader != nullptr) reader->Arrived(records);
  }
}

absl::StatusOr<uint64_t> Runtime::Append(Topic topic, Partition partition,
                                         std::vector<KeyedBytes> records) {
  DANGOL_RETURN_IF_ERROR(CheckLag());
  std::vector<Record> out;
  out.reserve(records.size());
  const Micros now = Now();
  for (KeyedBytes& r : records) {
    DANGOL_RETURN_IF_ERROR(CheckSize(r.key, r.value));
    out.push_back({std::move(r.key), std::move(r.value), now, 0});
  }
  const size_t count = out.size();
  absl::StatusOr<uint64_t> last = log_->Append({topic, partition}, std::move(out));
  if (last.ok()) NoteArrival(topic, partition, count);
  return last;
}

absl::StatusOr<uint64_t> Runtime::AppendAsync(Topic topic, std::vector<Routed> records) {
  DANGOL_RETURN_IF_ERROR(CheckLag());
  std::vector<Emit> out;
  out.reserve(records.size());
  const Micros now = Now();
  std::map<Partition, size_t> arrived;
  for (Routed& r : records) {
    DANGOL_RETURN_IF_ERROR(CheckSize(r.key, r.value));
    ++arrived[r.partition];
    out.push_back({{topic, r.partition}, {std::move(r.key), std::move(r.value), now, 0}});
  }
  absl::StatusOr<uint64_t> ticket = log_->AppendAsync(std::move(out));
  if (!ticket.ok()) return ticket;
  for (const auto& [partition, count] : arrived) NoteArrival(topic, partition, count);
  return ticket;
}

bool Runtime::RunOnce() {
  PollOwnership();
  bool progress = courier_->RunOnce();
  progress = background_.RunOne() || progress;
  progress = workers_[0]->RunOnce() || progress;
  return progress || OnIdle();
}

}  // namespace dangol
