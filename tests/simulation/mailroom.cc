#include "tests/simulation/mailroom.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "dangol/campaign/v1/state.pb.h"
#include "libs/base/hash.h"
#include "libs/base/rng.h"

namespace dangol::simulation {
namespace {

std::string AttemptOf(const Effect& effect) { return absl::StrCat(effect.id, "#", effect.attempt); }

campaign::v1::SendRequest RequestOf(const Effect& effect) {
  campaign::v1::SendRequest request;
  request.ParseFromString(effect.payload);
  return request;
}

}  // namespace

Mailroom::Fate Mailroom::FateOf(const Effect& effect) const {
  if (mood_ == Mood::kReliable) return {EffectResult::kAccepted, true, 0};
  Rng rng(Hash64(AttemptOf(effect), seed_));
  const Micros delay =
      rng.Chance(0.7) ? 0 : static_cast<Micros>(rng.Below(6 * 60)) * kMicrosPerMinute;
  const double dice = rng.Uniform();
  if (dice < 0.70) return {EffectResult::kAccepted, true, delay};
  if (dice < 0.80) return {EffectResult::kFailed, false, delay};
  if (dice < 0.90) return {EffectResult::kUnknown, true, delay};
  return {EffectResult::kUnknown, false, delay};
}

Mailroom::Fate Mailroom::Begin(const Effect& effect) {
  if (++begun_[AttemptOf(effect)] > 1) repeated_.push_back(AttemptOf(effect));
  const Fate fate = FateOf(effect);
  if (!fate.delivered) return fate;
  const campaign::v1::SendRequest request = RequestOf(effect);
  Letter& letter = delivered_[effect.id];
  letter.customer = request.customer_id();
  letter.campaign = request.campaign();
  letter.offer = request.offer();
  letter.content = request.content();
  letter.proof = request.wave() == "proof";
  letter.time = request.contact_time_us();
  letter.idempotent = request.channel().webhook().idempotent();
  ++letter.times;
  return fate;
}

bool Mailroom::Begun(const Effect& effect) const { return begun_.count(AttemptOf(effect)) > 0; }

void Postman::Perform(Scope, std::vector<Effect> effects, Micros not_after, const DoneFn& done) {
  for (Effect& effect : effects) waiting_.push_back({std::move(effect), not_after, done});
}

// Who can tell looks only when the process that had the effect can no longer begin it.
void Postman::Recover(Scope, std::vector<Effect> effects, const DoneFn& done) {
  for (Effect& effect : effects) {
    if (room_.mood_ == Mood::kReliable) {
      waiting_.push_back({std::move(effect), kNever, done});
    } else if (RequestOf(effect).channel().has_file_drop()) {
      look_.emplace(clock_.Now() + kEffectStartLimit + 1, Waiting{std::move(effect), 0, done});
    } else {
      EffectDone outcome{effect.id, effect.attempt, EffectResult::kUnknown, "", "process died"};
      answers_.emplace(clock_.Now(), Answer{std::move(outcome), done});
    }
  }
}

void Postman::Start(const Waiting& waiting, bool looks) {
  const Effect& effect = waiting.effect;
  EffectDone outcome{effect.id, effect.attempt, EffectResult::kFailed, "", "not started"};
  Micros delay = 0;
  if (looks && room_.Begun(effect)) {
    outcome.result = room_.FateOf(effect).answer;
  } else if (clock_.Now() <= waiting.not_after) {
    const Mailroom::Fate fate = room_.Begin(effect);
    outcome.result = fate.answer;
    outcome.detail = "simulated";
    delay = fate.delay;
  }
  answers_.emplace(clock_.Now() + delay, Answer{std::move(outcome), waiting.done});
}

bool Postman::Turn() {
  bool any = !waiting_.empty();
  const bool reliable = room_.mood_ == Mood::kReliable;
  for (const Waiting& waiting : std::exchange(waiting_, {})) Start(waiting, reliable);
  for (; !look_.empty() && look_.begin()->first <= clock_.Now(); look_.erase(look_.begin())) {
    Start(look_.begin()->second, true);
    any = true;
  }
  while (!answers_.empty() && answers_.begin()->first <= clock_.Now()) {
    const Answer answer = std::move(answers_.begin()->second);
    answers_.erase(answers_.begin());
    answer.done(answer.outcome);
    any = true;
  }
  return any;
}

Micros Postman::NextAnswer() const {
  if (!waiting_.empty()) return clock_.Now();
  return std::min(answers_.empty() ? kNever : answers_.begin()->first,
                  look_.empty() ? kNever : look_.begin()->first);
}

}  // namespace dangol::simulation
