// The outside of the simulation: providers that accept, refuse, stay silent or answer late, by
// seed, and remember every contact that reached a customer.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "libs/base/clock.h"
#include "libs/stream/effects.h"

namespace dangol::simulation {

enum class Mood {
  kReliable,  // accepts everything and can tell what it did: outcomes do not depend on crashes
  kMoody,     // everything that may happen to a send
};

// The world: outlives every process. What a provider does with an attempt depends on the seed, the
// contact and the attempt alone.
class Mailroom {
 public:
  Mailroom(uint64_t seed, Mood mood) : seed_(seed), mood_(mood) {}

  struct Letter {
    CustomerId customer = 0;
    std::string campaign;
    std::string offer;
    std::string content;
    bool proof = false;
    Micros time = 0;          // of the contact
    bool idempotent = false;  // the receiver takes a second one with the same key for the first
    int times = 0;
  };
  // What reached a customer, by contact id.
  const std::map<std::string, Letter>& delivered() const { return delivered_; }
  // Attempts begun more than once.
  const std::vector<std::string>& repeated() const { return repeated_; }

 private:
  friend class Postman;
  struct Fate {
    EffectResult answer;
    bool delivered;
    Micros delay;
  };
  Fate FateOf(const Effect& effect) const;
  // The first byte leaves. Returns what the provider will say, and after how long.
  Fate Begin(const Effect& effect);
  bool Begun(const Effect& effect) const;

  const uint64_t seed_;
  const Mood mood_;
  std::map<std::string, Letter> delivered_;
  std::map<std::string, int> begun_;  // by "contact#attempt"
  std::vector<std::string> repeated_;
};

// The performer of one process: dies with it, and with it what was not begun or not yet answered.
class Postman : public EffectPerformer {
 public:
  Postman(Mailroom* room, const Clock* clock) : room_(*room), clock_(*clock) {}

  void Perform(Scope scope, std::vector<Effect> effects, Micros not_after,
               const DoneFn& done) override;
  void Recover(Scope scope, std::vector<Effect> effects, const DoneFn& done) override;

  // Begins what waits and answers what is due. True if there was anything.
  bool Turn();
  // When the next answer is due; kNever: none is waited for.
  Micros NextAnswer() const;

 private:
  struct Waiting {
    Effect effect;
    Micros not_after;
    DoneFn done;
  };
  struct Answer {
    EffectDone outcome;
    DoneFn done;
  };
  // `looks`: asks the provider first whether it has the attempt already.
  void Start(const Waiting& waiting, bool looks);

  Mailroom& room_;
  const Clock& clock_;
  std::vector<Waiting> waiting_;
  std::multimap<Micros, Waiting> look_;
  std::multimap<Micros, Answer> answers_;
};

}  // namespace dangol::simulation
