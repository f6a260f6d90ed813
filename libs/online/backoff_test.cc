#include "libs/online/backoff.h"

#include "gtest/gtest.h"

namespace dangol::online {
namespace {

const Address kNode{"a", 1};
const absl::Status kDown = absl::UnavailableError("refused");

TEST(RetryDelayTest, DoublesWithJitterUpToItsMost) {
  RetryDelay delay(100, 1000, 7);
  for (int round = 0; round < 100; ++round) {
    for (const auto& [failures, full] :
         {std::pair{1, 100}, {2, 200}, {4, 800}, {5, 1000}, {99, 1000}}) {
      const Micros after = delay.After(failures);
      EXPECT_GE(after, full / 2);
      EXPECT_LE(after, full);
    }
  }
}

TEST(BackoffTest, OneTriesWhenTheTimeHasCome) {
  Backoff backoff(100, 1000, 7);
  EXPECT_TRUE(backoff.MayTry(kNode, 0).ok());
  backoff.Failed(kNode, kDown, 0);
  const absl::Status refused = backoff.MayTry(kNode, 10);
  EXPECT_EQ(refused.code(), absl::StatusCode::kUnavailable);
  EXPECT_NE(std::string(refused.message()).find("refused"), std::string::npos);
  EXPECT_LE(backoff.NextTry(10), 100);
  EXPECT_GT(backoff.NextTry(10), 10);
  EXPECT_TRUE(backoff.MayTry(kNode, 100).ok());
  EXPECT_FALSE(backoff.MayTry(kNode, 100).ok());  // another caller, meanwhile
  backoff.Succeeded(kNode);
  EXPECT_TRUE(backoff.MayTry(kNode, 100).ok());
  EXPECT_EQ(backoff.NextTry(100), 100);
}

TEST(BackoffTest, NodesAreApart) {
  Backoff backoff(100, 1000, 7);
  backoff.Failed(kNode, absl::UnauthenticatedError("wrong"), 0);
  EXPECT_EQ(backoff.MayTry(kNode, 1).code(), absl::StatusCode::kUnauthenticated);
  EXPECT_TRUE(backoff.MayTry({"b", 1}, 1).ok());
}

}  // namespace
}  // namespace dangol::online
