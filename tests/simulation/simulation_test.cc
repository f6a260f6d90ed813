// Seeds of mixed faults while a season runs; then every invariant. See README.md.
#include <cstdlib>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
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

// Runs the seeds asked for, up to the first that fails.
template <typename Fn>
void ForSeeds(uint64_t usual, const Fn& fn) {
  const uint64_t only = FromEnvironment("DANGOL_SIMULATION_SEED", 0);
  const uint64_t count = only != 0 ? 1 : FromEnvironment("DANGOL_SIMULATION_SEEDS", usual);
  const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
  for (uint64_t i = 1; i <= count && !::testing::Test::HasFailure(); ++i) {
    const uint64_t seed = only != 0 ? only : i;
    SCOPED_TRACE(absl::StrCat("replay with: DANGOL_SIMULATION_SEED=", seed,
                              " build/release/tests/simulation_test --gtest_filter=",
                              test->test_suite_name(), ".", test->name()));
    fn(seed);
  }
}

WorldOptions Shape(uint64_t seed) {
  WorldOptions options;
  options.seed = seed;
  options.partitions = 1u << (seed % 3);
  options.start = Season::kStart;
  return options;
}

TEST(SimulationTest, FaultsBreakNoInvariant) {
  int crashes = 0, zombies = 0;
  ForSeeds(50, [&](uint64_t seed) {
    WorldOptions options = Shape(seed);
    options.processes = 1 + static_cast<int>(seed % 2);
    options.mood = Mood::kMoody;
    options.faults = true;
    options.impatient = true;
    World world(options);
    Season season(seed, &world);
    season.Run();
    CheckAll(world, season);
    crashes += world.crashes();
    zombies += world.zombies();
  });
  EXPECT_GT(crashes + zombies, 0);
}

TEST(SimulationTest, FaultsChangeNoResult) {
  ForSeeds(10, [](uint64_t seed) {
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
    World troubled(options);
    Season disturbed(seed, &troubled);
    disturbed.Run(kPlenty);
    EXPECT_EQ(BusinessState(troubled), BusinessState(calm));
  });
}

}  // namespace
}  // namespace dangol::simulation
