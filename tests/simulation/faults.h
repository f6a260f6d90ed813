// Which faults strike, and how. Each has a name, "kind#n" for the n-th time that the dice of its
// kind fell, so that a failing run can be repeated with only some of its faults, down to the few
// that matter. One thread.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "libs/base/rng.h"

namespace dangol::simulation {

class Faults {
 public:
  using Names = std::set<std::string, std::less<>>;

  // `only`: no other strikes; none given: whatever the dice say.
  Faults(uint64_t seed, bool on, std::optional<Names> only)
      : seed_(seed), on_(on), only_(std::move(only)) {}

  // Randomness for how it strikes; nullopt: it does not, this time. The dice of one kind know
  // nothing of the others'.
  std::optional<Rng> Strike(absl::string_view kind, double chance);

  bool on() const { return on_; }
  void Stop() { on_ = false; }
  // What struck, in order.
  const std::vector<std::string>& struck() const { return struck_; }

 private:
  struct Kind {
    Rng dice;
    int fallen = 0;
  };

  const uint64_t seed_;
  bool on_;
  const std::optional<Names> only_;
  std::map<std::string, Kind, std::less<>> kinds_;
  std::vector<std::string> struck_;
};

}  // namespace dangol::simulation
