// Two toy services for the runtime's tests: a front (as profile) that deduplicates records from
// outside and passes them on, and a back (as campaign) that counts them, sends one effect for each
// an hour later, and takes commands.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "dangol/event/v1/inbox.pb.h"
#include "libs/stream/allotment.h"
#include "libs/stream/effects.h"
#include "libs/stream/emit.h"
#include "libs/stream/processor.h"

namespace dangol::toy {

inline int64_t NumberAt(StateView& view, Table table, absl::string_view key) {
  const std::string* row = view.Get(table, key);
  int64_t n = 0;
  return row != nullptr && absl::SimpleAtoi(*row, &n) ? n : 0;
}

inline int64_t Increment(Context& ctx, Table table, absl::string_view key) {
  const int64_t n = NumberAt(ctx, table, key) + 1;
  ctx.Put(table, key, absl::StrCat(n));
  return n;
}

// What the tests may switch on. Shared by the processors of a system.
struct Behaviour {
  bool crash_on_crash = true;  // a record "crash" throws
};

class Base : public Processor {
 public:
  absl::Status OnAcquire(StateView&) override { return absl::OkStatus(); }
  absl::StatusOr<std::string> HandleCommand(absl::string_view, const Caller&, Context&) override {
    return absl::UnimplementedError("no commands");
  }
  absl::Status HandleInternal(absl::string_view, Context&) override { return absl::OkStatus(); }
  absl::Status HandleOutcome(const event::v1::EffectOutcome&, Context&) override {
    return absl::OkStatus();
  }
  absl::Status OnTimer(const Timer&, Context&) override { return absl::OkStatus(); }
};

// Record: key = customer, value = message id. Passes each message on once.
class Front : public Base {
 public:
  explicit Front(const Behaviour* behaviour) : behaviour_(behaviour) {}

  absl::Status Handle(const Event& event, Context& ctx) override {
    if (ctx.Get(Table::kIndex, event.value) != nullptr) return absl::OkStatus();
    ctx.Put(Table::kIndex, event.value, "");
    ctx.Emit(Topic::kCustomer, ctx.scope().partition, std::string(event.key),
             std::string(event.value));
    ctx.Count("toy_passed", "", 1);
    if (event.value == "poison") return absl::InvalidArgumentError("poison");
    if (event.value == "crash" && behaviour_->crash_on_crash) throw std::runtime_error("crash");
    return absl::OkStatus();
  }

 private:
  const Behaviour* behaviour_;
};

inline constexpr uint32_t kSendTimer = 1;

class Back : public Base {
 public:
  absl::Status Handle(const Event& event, Context& ctx) override {
    if (event.value == "halt") return absl::InternalError("cannot go on");
    Increment(ctx, Table::kCustomer, event.key);
    std::string log = absl::StrCat(Log(ctx, event.key), event.value, "@", ctx.now(), ";");
    ctx.Put(Table::kShared, absl::StrCat("log/", event.key), std::move(log));
    ctx.SetTimer(
        {kSendTimer, std::string(event.value), ctx.now() + kMicrosPerHour, std::string(event.key)});
    return absl::OkStatus();
  }

  absl::Status OnTimer(const Timer& timer, Context& ctx) override {
    Effect effect;
    effect.id = timer.subject;
    effect.channel = "toy";
    effect.payload = timer.data;
    ctx.RequestEffect(std::move(effect));
    return absl::OkStatus();
  }

  absl::Status HandleOutcome(const event::v1::EffectOutcome& outcome, Context& ctx) override {
    Increment(ctx, Table::kIndex, absl::StrCat("outcome/", outcome.effect_id()));
    ctx.FinishEffect(outcome.effect_id());
    ctx.Emit(Topic::kContact, ctx.scope().partition, outcome.effect_id(),
             absl::StrCat(outcome.effect_id(), "@", ctx.now()));
    return absl::OkStatus();
  }

  // "add": counts up and answers the sum; "fail": does something and fails; "tell": writes to all
  // scopes.
  absl::StatusOr<std::string> HandleCommand(absl::string_view body, const Caller&,
                                            Context& ctx) override {
    const int64_t sum = Increment(ctx, Table::kShared, "sum");
    if (body == "fail") return absl::FailedPreconditionError("as asked");
    if (body == "big") ctx.Put(Table::kShared, "big", std::string(9 << 20, 'x'));
    if (body == "tell") {
      for (uint32_t p = 0; p < ctx.partitions(); ++p) {
        EmitInternal(ctx, static_cast<Partition>(p), "told");
      }
    }
    return absl::StrCat(sum);
  }

  absl::Status HandleInternal(absl::string_view body, Context& ctx) override {
    Increment(ctx, Table::kShared, body);
    return absl::OkStatus();
  }

  static std::string Log(StateView& view, absl::string_view key) {
    const std::string* row = view.Get(Table::kShared, absl::StrCat("log/", key));
    return row == nullptr ? "" : *row;
  }
};

inline std::vector<ServiceSpec> Specs(const Behaviour* behaviour) {
  return {{Service::kProfile,
           {Topic::kIngest},
           {Topic::kCustomer},
           [behaviour](Scope) { return std::make_unique<Front>(behaviour); }},
          {Service::kCampaign, {Topic::kCustomer}, {Topic::kContact}, [](Scope) {
             return std::make_unique<Back>();
           }}};
}

// Sends at once, or holds what it is given until Release. One per process; `sent` is the world.
class Performer : public EffectPerformer {
 public:
  using Sent = std::multiset<std::string>;
  explicit Performer(Sent* sent) : sent_(sent) {}

  void Perform(Scope, std::vector<Effect> effects, Micros, const DoneFn& done) override {
    for (const Effect& e : effects) {
      sent_->insert(absl::StrCat(e.id, "#", e.attempt));
      Finish({e.id, e.attempt, EffectResult::kAccepted, "", ""}, done);
    }
  }
  void Recover(Scope, std::vector<Effect> effects, const DoneFn& done) override {
    recovered += effects.size();
    for (const Effect& e : effects) {
      Finish({e.id, e.attempt, EffectResult::kUnknown, "", ""}, done);
    }
  }
  void Release() {
    for (auto& [done, outcome] : std::exchange(held_, {})) done(outcome);
  }

  bool hold = false;
  size_t recovered = 0;

 private:
  void Finish(EffectDone outcome, const DoneFn& done) {
    if (hold) {
      held_.emplace_back(done, std::move(outcome));
    } else {
      done(std::move(outcome));
    }
  }
  Sent* sent_;
  std::vector<std::pair<DoneFn, EffectDone>> held_;
};

}  // namespace dangol::toy
