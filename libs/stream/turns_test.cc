#include "libs/stream/turns.h"

#include <gtest/gtest.h>

namespace dangol {
namespace {

const int a = 0, b = 0;  // two workers

TEST(TurnsTest, CyclesAreComputedSideBySide) {
  Turns turns;
  EXPECT_TRUE(turns.Begin(&a));
  EXPECT_TRUE(turns.Begin(&b));
  EXPECT_TRUE(turns.Begin(&a));
  EXPECT_FALSE(turns.End(&a));  // nobody waits
}

TEST(TurnsTest, WhoIsAloneWaitsForOthersAndTheyForIt) {
  Turns turns;
  EXPECT_TRUE(turns.Begin(&a));
  EXPECT_FALSE(turns.BeginAlone(&b));
  EXPECT_FALSE(turns.Begin(&a));  // what it has computed is its last
  EXPECT_FALSE(turns.BeginAlone(&a));
  EXPECT_TRUE(turns.End(&a));
  EXPECT_FALSE(turns.Begin(&a));
  EXPECT_TRUE(turns.BeginAlone(&b));
  EXPECT_TRUE(turns.Begin(&b));
  EXPECT_TRUE(turns.End(&b));
  EXPECT_TRUE(turns.Begin(&a));
}

}  // namespace
}  // namespace dangol
