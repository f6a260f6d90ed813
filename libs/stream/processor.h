// A service's state machine for one scope. Pure: same state, event and time give the same result.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/backbone/topics.h"
#include "libs/stream/context.h"

namespace dangol {

namespace event::v1 {
class EffectOutcome;
}

// An event as handed to Handle; the bytes live until it returns.
struct Event {
  Topic topic;
  uint64_t offset = 0;  // 0 where it was sent on after a merge
  Micros emit_time = 0;
  absl::string_view key;
  absl::string_view value;
  // Whose event it is, on topics keyed by customer (0 for a mark or an acknowledgement, and on
  // other topics). After a merge not the one that the payload names: state is kept under this one.
  CustomerId customer = 0;
};

// Who sent a command.
struct Caller {
  std::string principal;
  std::vector<std::string> roles;
  std::string request_id;
};

// One object per scope, called by one thread at a time. It may keep caches derived from its tables
// (compiled definitions); it must be able to rebuild them in OnAcquire, and must not change them
// before everything in the call that can fail has passed.
class Processor {
 public:
  virtual ~Processor() = default;

  // Once, before anything else: the tables are loaded.
  virtual absl::Status OnAcquire(StateView& state) = 0;

  // An event of one of the service's input topics (not its inbox). An error makes an external event
  // a dead letter, and halts the scope on an internal one.
  virtual absl::Status Handle(const Event& event, Context& ctx) = 0;

  // A command of a caller. The answer, error or response bytes, is its outcome; an error leaves the
  // state as it was.
  virtual absl::StatusOr<std::string> HandleCommand(absl::string_view body, const Caller& caller,
                                                    Context& ctx) = 0;

  // A message of another scope of the same service (sent by EmitInternal).
  virtual absl::Status HandleInternal(absl::string_view body, Context& ctx) = 0;

  // What became of an effect.
  virtual absl::Status HandleOutcome(const event::v1::EffectOutcome& outcome, Context& ctx) = 0;

  // What this service kept of `from`, as it gave it to HandOverCustomer; `into` is it from now on.
  // Indifferent to order: several customers may be merged into one, before, between and after its
  // own events, of which `into` may have had none.
  virtual absl::Status Merge(CustomerId /*into*/, CustomerId /*from*/, absl::string_view /*state*/,
                             Context& /*ctx*/) {
    return absl::InternalError("a hand-over to a service that hands nothing over");
  }

  // An event of a customer of whom nothing may be kept, which was on its way when that was decided.
  // Only for sums and budgets that must agree with another service's books.
  virtual absl::Status HandleErased(const Event& /*event*/, Context& /*ctx*/) {
    return absl::OkStatus();
  }

  // As Merge, but `into` was erased while the hand-over was on its way, so nothing of `from` may be
  // kept either. For the same sums and budgets as HandleErased.
  virtual absl::Status MergeErased(CustomerId /*into*/, CustomerId /*from*/,
                                   absl::string_view /*state*/, Context& /*ctx*/) {
    return absl::OkStatus();
  }

  virtual absl::Status OnTimer(const Timer& timer, Context& ctx) = 0;

  // More of an allotment may be spendable: a grant arrived, or something came free.
  virtual absl::Status OnGrant(absl::string_view /*allotment*/, Context& /*ctx*/) {
    return absl::OkStatus();
  }
};

// A read of a scope's state as it is asked from afar (question.h): messages are bytes. On the
// scope's worker, between two events; it changes nothing.
struct RawQuestion {
  std::string name;
  std::function<absl::StatusOr<std::string>(absl::string_view request, Processor& processor,
                                            StateView& state)>
      answer;
};

// A service as the runtime knows it. The topics are the event graph of ARCHITECTURE.md; every
// service also reads and writes its own inbox, and may write `dead`.
struct ServiceSpec {
  Service service;
  std::vector<Topic> inputs;
  std::vector<Topic> outputs;
  std::function<std::unique_ptr<Processor>(Scope)> make;
  // Besides those of rows.h, which every service answers.
  std::vector<RawQuestion> questions = {};
};

}  // namespace dangol
