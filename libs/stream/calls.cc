// Runtime: commands and questions, to the scopes here and, through Peers, to those elsewhere.
#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "dangol/event/v1/inbox.pb.h"
#include "libs/base/parallel.h"
#include "libs/base/status.h"
#include "libs/stream/outcomes.h"
#include "libs/stream/peers.h"
#include "libs/stream/runtime.h"

namespace dangol {
namespace {

// A scope that moves has a new owner within a few seconds, if its owner left in good order. After
// that the caller is told, who may ask again, and its thread is free for others.
constexpr Micros kLongestSearch = 5 * kMicrosPerSecond;
constexpr Micros kFirstPause = 10 * kMicrosPerMilli;
constexpr Micros kLongestPause = 200 * kMicrosPerMilli;
constexpr size_t kPeersAtOnce = 16;

std::string CommandRecord(const std::string& body, const Caller& caller) {
  event::v1::InboxRecord record;
  auto* command = record.mutable_command();
  command->set_request_id(caller.request_id);
  command->set_principal(caller.principal);
  for (const std::string& role : caller.roles) command->add_roles(role);
  command->set_body(body);
  return record.SerializeAsString();
}

absl::Status DeadlineError(absl::string_view what) {
  return absl::DeadlineExceededError(absl::StrCat(what, " is not answered yet; ask again"));
}

// A wait in slices is never longer than this, so that a steady deadline needs no clock of its own.
std::chrono::microseconds Until(Micros deadline) {
  return std::chrono::microseconds(
      std::max<Micros>(0, std::min(deadline - SteadyMicros(), kMicrosPerHour)));
}

// Pauses between two tries, while there is time for another.
class Search {
 public:
  explicit Search(Micros deadline)
      : give_up_(std::min(deadline, SteadyMicros() + kLongestSearch)) {}

  // False: no more.
  bool Pause() {
    if (SteadyMicros() + pause_ > give_up_) return false;
    absl::SleepFor(absl::Microseconds(pause_));
    pause_ = std::min(2 * pause_, kLongestPause);
    return true;
  }

 private:
  const Micros give_up_;
  Micros pause_ = kFirstPause;
};

}  // namespace

absl::Status NotOwned(Scope scope) {
  return WithDetail(
      absl::UnavailableError(absl::StrCat(ToString(scope), " has no owner here; ask again")),
      {kNotOwned, {{"scope", ToString(scope)}}, {}});
}

bool IsNotOwned(const absl::Status& status) {
  return absl::IsUnavailable(status) && DetailOf(status).reason == kNotOwned;
}

absl::StatusOr<uint64_t> Runtime::Submit(Scope scope, std::string body, Caller caller,
                                         Waiters::Callback done) {
  if (!caller.request_id.empty() && caller.request_id[0] == kAnonymousRequestPrefix) {
    return BadField("request_id", caller.request_id, "begins with ~", "use another first letter");
  }
  if (body.size() > options_.max_record_bytes / 2) {
    return BadField("body", absl::StrCat(body.size(), " bytes"), "is too large",
                    absl::StrCat("at most ", options_.max_record_bytes / 2, " bytes"));
  }
  if (OwnerOf(scope) == nullptr) return NotOwned(scope);
  if (caller.request_id.empty()) caller.request_id = absl::StrCat(anonymous_prefix_, ++anonymous_);
  const uint64_t id =
      waiters_.Add(scope, caller.request_id, CommandHash(caller.principal, body), std::move(done));
  auto appended = log_->Append({InboxOf(scope.service), scope.partition},
                               {{"", CommandRecord(body, caller), Now(), 0}});
  if (appended.ok()) return id;
  waiters_.Forget(id);
  return appended.status();
}

absl::StatusOr<std::string> Runtime::ExecuteHere(Scope scope, std::string body, Caller caller,
                                                 Micros deadline) {
  struct Call {
    Mutex mu;
    CondVar answered;
    std::optional<absl::StatusOr<std::string>> outcome;
  };
  auto call = std::make_shared<Call>();
  auto id = Submit(scope, std::move(body), std::move(caller),
                   [call](absl::StatusOr<std::string> outcome) {
                     MutexLock lock(call->mu);
                     call->outcome = std::move(outcome);
                     call->answered.notify_all();
                   });
  if (!id.ok()) return id.status();
  if (options_.drive == Drive::kManual) Drive([&] { return call->outcome.has_value(); });
  MutexLock lock(call->mu);
  const auto wait =
      options_.drive == Drive::kManual ? std::chrono::microseconds(0) : Until(deadline);
  if (call->answered.wait_for(lock, wait, [&] { return call->outcome.has_value(); })) {
    return *std::move(call->outcome);
  }
  lock.unlock();
  waiters_.Forget(*id);
  return DeadlineError("the command");
}

absl::StatusOr<std::string> Runtime::Execute(Scope scope, std::string body, Caller caller,
                                             Micros deadline) {
  if (options_.peers == nullptr) {
    return ExecuteHere(scope, std::move(body), std::move(caller), deadline);
  }
  // It may be tried again, so it needs an id whose outcome is kept.
  if (caller.request_id.empty()) {
    caller.request_id = absl::StrCat("of", anonymous_prefix_, ++anonymous_);
  }
  Search search(deadline);
  while (true) {
    auto outcome = ExecuteHere(scope, body, caller, deadline);
    if (!outcome.ok() && IsNotOwned(outcome.status())) {
      CountForwarded(scope.service, 1);
      outcome = options_.peers->Execute(scope, body, caller, deadline);
    }
    if (outcome.ok() || !IsNotOwned(outcome.status()) || !search.Pause()) return outcome;
  }
}

// One read at a worker.
struct Runtime::ReadCall {
  Mutex mu;
  CondVar answered;
  ReadFn fn;                           // guarded by mu; empty: given up
  std::optional<absl::Status> status;  // guarded by mu
};

std::shared_ptr<Runtime::ReadCall> Runtime::BeginRead(Scope scope, ReadFn fn) {
  Worker* worker = OwnerOf(scope);
  if (worker == nullptr) return nullptr;
  auto call = std::make_shared<ReadCall>();
  call->fn = std::move(fn);
  worker->Post([call, worker, scope] {
    // Under the lock, so that a caller who gives up does not leave while `fn` uses what is his.
    auto look = [call](Processor& processor, StateView& state) {
      MutexLock lock(call->mu);
      return call->fn ? call->fn(processor, state) : absl::CancelledError("given up");
    };
    worker->Read(scope, look, [call](absl::Status status) {
      MutexLock lock(call->mu);
      call->status = std::move(status);
      call->answered.notify_all();
    });
  });
  return call;
}

absl::Status Runtime::AwaitRead(ReadCall& call, Micros deadline) {
  const bool manual = options_.drive == Drive::kManual;
  if (manual) Drive([&] { return call.status.has_value(); });
  MutexLock lock(call.mu);
  const auto wait = manual ? std::chrono::microseconds(0) : Until(deadline);
  if (call.answered.wait_for(lock, wait, [&] { return call.status.has_value(); })) {
    return *call.status;
  }
  call.fn = nullptr;
  return DeadlineError("the read");
}

absl::Status Runtime::Read(Scope scope, Micros deadline, ReadFn fn) {
  const auto call = BeginRead(scope, std::move(fn));
  return call == nullptr ? NotOwned(scope) : AwaitRead(*call, deadline);
}

absl::Status Runtime::ReadAll(Service service, Micros deadline, const ReadFn& fn) {
  for (uint32_t p = 0; p < partitions(); ++p) {
    DANGOL_RETURN_IF_ERROR(Read({service, static_cast<Partition>(p)}, deadline, fn));
  }
  return absl::OkStatus();
}

absl::Status Runtime::HoldHere(Micros duration) {
  if (duration < 0 || duration > kLongestHold) {
    return BadField("hold_us", absl::StrCat(duration), "is no time to stand still",
                    absl::StrCat("0 to ", kLongestHold, ", and again before it is over"));
  }
  if (options_.virtual_time) return absl::OkStatus();
  env_.held_until = duration == 0 ? 0 : env_.steady() + duration;
  if (env_.scope.wake) env_.scope.wake();
  return absl::OkStatus();
}

absl::Status Runtime::Hold(Micros duration, Micros deadline) {
  DANGOL_RETURN_IF_ERROR(HoldHere(duration));
  if (options_.peers == nullptr) return absl::OkStatus();
  std::vector<Scope> elsewhere;
  for (const ServiceSpec& spec : specs_) {
    for (uint32_t p = 0; p < partitions(); ++p) {
      const Scope scope{spec.service, static_cast<Partition>(p)};
      if (OwnerOf(scope) == nullptr) elsewhere.push_back(scope);
    }
  }
  std::vector<absl::Status> answers(elsewhere.size());
  ParallelFor(elsewhere.size(), kPeersAtOnce, [&](size_t i) {
    answers[i] = options_.peers->Hold(elsewhere[i], duration, deadline);
  });
  for (const absl::Status& answer : answers) DANGOL_RETURN_IF_ERROR(answer);
  return absl::OkStatus();
}

const RawQuestion* Runtime::FindQuestion(Service service, absl::string_view name) const {
  const auto& questions = questions_[static_cast<int>(service)];
  const auto found = questions.find(name);
  return found == questions.end() ? nullptr : &found->second;
}

absl::StatusOr<std::string> Runtime::AnswerHere(Scope scope, absl::string_view question,
                                                const std::string& request, Micros deadline) {
  const RawQuestion* known = FindQuestion(scope.service, question);
  if (known == nullptr) {
    return absl::UnimplementedError(
        absl::StrCat(question, " is no question that ", ServiceName(scope.service), " knows here"));
  }
  // Kept alive by the read itself: who gives up leaves it behind.
  auto answer = std::make_shared<std::string>();
  const absl::Status status =
      Read(scope, deadline,
           [answer, request, &fn = known->answer](Processor& processor, StateView& state) {
             absl::StatusOr<std::string> bytes = fn(request, processor, state);
             if (bytes.ok()) *answer = *std::move(bytes);
             return bytes.status();
           });
  if (!status.ok()) return status;
  return std::move(*answer);
}

void Runtime::AskAtOnce(absl::Span<Asking> askings, Micros deadline) {
  std::vector<Asking*> open;
  for (Asking& asking : askings) {
    const bool known = FindQuestion(asking.scope.service, asking.question) != nullptr;
    if (known) open.push_back(&asking);
    // Also where it could be answered here: else it would be found out on a cluster only.
    if (!known) asking.status = absl::InternalError(absl::StrCat("unregistered ", asking.question));
  }
  Search search(deadline);
  do {
    AskOnce(open, deadline);
    open.erase(std::remove_if(open.begin(), open.end(),
                              [](Asking* asking) { return !IsNotOwned(asking->status); }),
               open.end());
  } while (!open.empty() && options_.peers != nullptr && search.Pause());
}

void Runtime::AskOnce(const std::vector<Asking*>& askings, Micros deadline) {
  std::vector<std::pair<Asking*, std::shared_ptr<ReadCall>>> here;
  std::vector<Asking*> there;
  for (Asking* asking : askings) {
    if (auto call = BeginRead(asking->scope, asking->here)) {
      here.emplace_back(asking, std::move(call));
    } else {
      there.push_back(asking);
      asking->status = NotOwned(asking->scope);
    }
  }
  if (options_.peers != nullptr && !there.empty()) {
    CountForwarded(there.front()->scope.service, there.size());
    ParallelFor(there.size(), kPeersAtOnce, [&](size_t i) {
      Asking& asking = *there[i];
      const auto answer =
          options_.peers->Ask(asking.scope, asking.question, asking.request(), deadline);
      asking.status = answer.ok() ? asking.take(*answer) : answer.status();
    });
  }
  for (auto& [asking, call] : here) asking->status = AwaitRead(*call, deadline);
}

void Runtime::CountForwarded(Service service, size_t calls) {
  options_.metrics->Add("dangol_calls_forwarded_total", {{{"service", ServiceName(service)}}},
                        static_cast<double>(calls));
}

}  // namespace dangol
