#include "tests/simulation/faults.h"

#include "absl/strings/str_cat.h"
#include "libs/base/hash.h"

namespace dangol::simulation {

std::optional<Rng> Faults::Strike(absl::string_view kind, double chance) {
  if (!on_) return std::nullopt;
  auto it = kinds_.find(kind);
  if (it == kinds_.end()) {
    it = kinds_.emplace(std::string(kind), Kind{Rng(Hash64(kind, seed_))}).first;
  }
  if (!it->second.dice.Chance(chance)) return std::nullopt;
  const std::string name = absl::StrCat(kind, "#", ++it->second.fallen);
  if (only_ && only_->count(name) == 0) return std::nullopt;
  struck_.push_back(name);
  return Rng(Hash64(name, seed_));
}

}  // namespace dangol::simulation
