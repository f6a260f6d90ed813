// Seeds of mixed faults while a season runs; then every invariant. See README.md.
#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <map>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "gtest/gtest.h"
#include "libs/base/clock.h"
#include "tests/simulation/invariants.h"
#include "tests/simulation/season.h"
#include "tests/simulation/world.h"

namespace dangol::simulation {
namespace {

uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  uint64_t value = 0;
  return text != nullptr && absl::SimpleAtoi(text, &value) ? value : otherwise;
}

// The faults asked for; nullopt: all.
std::optional<Faults::Names> OnlyFaults() {
  const char* text = std::getenv("DANGOL_SIMULATION_FAULTS");
  if (text == nullptr) return std::nullopt;
  Faults::Names names = absl::StrSplit(text, ',', absl::SkipEmpty());
  return names;
}

WorldOptions Shape(uint64_t seed) {
  WorldOptions options;
  options.seed = seed;
  options.partitions = 1u << (seed % 3);
  options.start = Season::kStart;
  options.only_faults = OnlyFaults();
  options.gaps = seed % 2 == 0;
  return options;
}

// A defect that is only pretended, to try out what finds and shrinks failures: the test fails when
// a fault of each of these kinds has struck.
bool IsPretendedDefect(const std::vector<std::string>& struck) {
  const char* text = std::getenv("DANGOL_SIMULATION_PRETEND");
  if (text == nullptr) return false;
  const std::vector<std::string> kinds = absl::StrSplit(text, ',');
  return std::all_of(kinds.begin(), kinds.end(), [&](const std::string& kind) {
    return std::any_of(struck.begin(), struck.end(), [&](const std::string& name) {
      return name.substr(0, name.find('#')) == kind;
    });
  });
}

// Runs the seeds asked for, up to the first that fails. `fn` returns the world it troubled.
class Seeds {
 public:
  template <typename Fn>
  void Run(uint64_t usual, const Fn& fn) {
    const uint64_t only = FromEnvironment("DANGOL_SIMULATION_SEED", 0);
    const uint64_t first = FromEnvironment("DANGOL_SIMULATION_FIRST", 1);
    const uint64_t count = FromEnvironment("DANGOL_SIMULATION_SEEDS", usual);
    const uint64_t end = only != 0 ? only + 1 : first + count;
    const Micros begin = SteadyMicros();
    for (uint64_t seed = only != 0 ? only : first; seed < end; ++seed) {
      const Micros simulated = One(seed, fn);
      if (::testing::Test::HasFailure()) return;
      simulated_ += simulated;
      ++seeds_;
    }
    Tell(SteadyMicros() - begin);
  }

 private:
  template <typename Fn>
  Micros One(uint64_t seed, const Fn& fn) {
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    SCOPED_TRACE(absl::StrCat("replay with: DANGOL_SIMULATION_SEED=", seed,
                              " build/release/tests/simulation_test --gtest_filter=",
                              test->test_suite_name(), ".", test->name()));
    const std::unique_ptr<World> world = fn(seed);
    if (IsPretendedDefect(world->faults().struck())) ADD_FAILURE() << "a pretended defect";
    if (::testing::Test::HasFailure()) {
      std::cout << "failed: " << test->name() << " " << seed
                << "\nfaults: " << absl::StrJoin(world->faults().struck(), ",") << std::endl;
    }
    for (const std::string& name : world->faults().struck()) {
      ++struck_[name.substr(0, name.find('#'))];
    }
    restored_ += world->restored();
    return world->now() - Season::kStart;
  }

  void Tell(Micros real) const {
    const double seconds = static_cast<double>(real) / kMicrosPerSecond;
    std::cout << absl::StrCat(
        "seeds: ", seeds_, " in ", seconds, " s, ", static_cast<int64_t>(seeds_ / seconds * 3600),
        " an hour; simulated time ", simulated_ / std::max<Micros>(real, 1), " times real time\n");
    std::vector<std::string> kinds;
    for (const auto& [kind, n] : struck_) kinds.push_back(absl::StrCat(kind, " ", n));
    std::cout << "faults struck: " << absl::StrJoin(kinds, ", ")
              << "; scopes that halted over a checkpoint and went on with it restored: "
              << restored_ << std::endl;
  }

  int64_t seeds_ = 0;
  Micros simulated_ = 0;
  int restored_ = 0;
  std::map<std::string, int> struck_;
};

TEST(SimulationTest, FaultsBreakNoInvariant) {
  Seeds seeds;
  seeds.Run(20, [](uint64_t seed) {
    WorldOptions options = Shape(seed);
    options.processes = 1 + static_cast<int>(seed % 2);
    options.mood = Mood::kMoody;
    options.faults = true;
    options.impatient = true;
    options.wrong_clocks = seed % 4 > 1;
    auto world = std::make_unique<World>(options);
    Season season(seed, world.get());
    season.Run();
    CheckAll(*world, season);
    return world;
  });
}

TEST(SimulationTest, MergesAndErasuresLoseNothing) {
  Seeds seeds;
  seeds.Run(10, [](uint64_t seed) {
    WorldOptions options = Shape(seed);
    options.processes = 1 + static_cast<int>(seed % 2);
    options.mood = Mood::kMoody;
    options.faults = seed % 8 != 0;
    options.impatient = true;
    auto world = std::make_unique<World>(options);
    Season season(seed, world.get(), {.merge = true, .erase = seed % 4 > 1});
    season.Run();
    CheckAllWithPeople(*world, season);
    return world;
  });
}

TEST(SimulationTest, FaultsChangeNoResult) {
  Seeds seeds;
  seeds.Run(10, [](uint64_t seed) {
    WorldOptions options = Shape(seed);
    // Whoever reaches for the last gift, or at the same instant for a customer's last contact, may
    // come first or second.
    constexpr int64_t kPlenty = 10'000'000;
    options.tick = kMicrosPerSecond;
    World calm(options);
    Season undisturbed(seed, &calm);
    undisturbed.Run(kPlenty);
    CheckAll(calm, undisturbed);

    options.faults = true;
    options.processes = 2;
    auto troubled = std::make_unique<World>(options);
    Season disturbed(seed, troubled.get());
    disturbed.Run(kPlenty);
    EXPECT_EQ(BusinessState(*troubled), BusinessState(calm));
    return troubled;
  });
}

}  // namespace
}  // namespace dangol::simulation
