// Questions and commands to scopes that another instance owns.
#include <functional>
#include <memory>

#include "dangol/stream/v1/questions.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/backbone/testing/sim_log.h"
#include "libs/stream/peers.h"
#include "libs/stream/rows.h"
#include "libs/stream/runtime.h"
#include "libs/stream/testing/toy.h"

namespace dangol {
namespace {

constexpr uint32_t kPartitions = 4;
constexpr Scope kFar = {Service::kCampaign, 3};

Micros Soon() { return SteadyMicros() + 20 * kMicrosPerSecond; }

// The other instance, without a network between.
class FakePeers : public Peers {
 public:
  void Reach(Runtime* other) { other_ = other; }
  // Called at each call, before (and after) the other one has it; false: it is not reached (the
  // answer is lost).
  std::function<bool()> before = [] { return true; };
  std::function<bool()> after = [] { return true; };

  absl::StatusOr<std::string> Ask(Scope scope, absl::string_view question,
                                  const std::string& request, Micros deadline) override {
    return Over(scope, [&] { return other_->AnswerHere(scope, question, request, deadline); });
  }
  absl::StatusOr<std::string> Execute(Scope scope, const std::string& body, const Caller& caller,
                                      Micros deadline) override {
    return Over(scope, [&] { return other_->ExecuteHere(scope, body, caller, deadline); });
  }
  absl::Status Hold(Scope scope, Micros duration, Micros) override {
    return before() ? other_->HoldHere(duration) : NotOwned(scope);
  }

 private:
  absl::StatusOr<std::string> Over(Scope scope,
                                   const std::function<absl::StatusOr<std::string>()>& call) {
    if (!before()) return NotOwned(scope);
    absl::StatusOr<std::string> answer = call();
    return after() ? answer : NotOwned(scope);
  }
  Runtime* other_ = nullptr;
};

// Near owns everything but the partition kFar, which far owns.
class CallsTest : public testing::Test {
 protected:
  CallsTest() {
    near_ = Start(near_log_, &peers_);
    far_ = Start(*far_log_, nullptr);
    peers_.Reach(far_.get());
    Move(kFar, *far_log_, *far_);
  }
  ~CallsTest() override {
    near_->Stop();
    far_->Stop();
  }

  std::unique_ptr<Runtime> Start(SimLog& log, Peers* peers) {
    RuntimeOptions options;
    options.workers = 1;
    options.own_interval = kMicrosPerMilli;
    options.performers[Service::kCampaign] = &performer_;
    options.peers = peers;
    auto runtime =
        std::make_unique<Runtime>(&log, &store_, &clock_, toy::Specs(&behaviour_), options);
    EXPECT_TRUE(runtime->Start().ok());
    return runtime;
  }
  static bool Owns(const Runtime& runtime, Scope scope) {
    const auto owned = runtime.Owned();
    return std::count(owned.begin(), owned.end(), scope) > 0;
  }
  // Returns once it owns the scope, and nobody else thinks so.
  void Move(Scope scope, SimLog& log, Runtime& runtime) {
    near_log_.TransferTo(scope, log);
    Runtime& other = &runtime == near_.get() ? *far_ : *near_;
    while (!Owns(runtime, scope) || Owns(other, scope)) std::this_thread::yield();
  }
  absl::StatusOr<std::optional<std::string>> Sum(Scope scope, Micros deadline = Soon()) {
    return AskRow(*near_, scope, Table::kShared, "sum", deadline);
  }

  SystemClock clock_;
  SimCheckpoints store_;
  toy::Behaviour behaviour_;
  toy::Performer::Sent sent_;
  toy::Performer performer_{&sent_};
  SimLog near_log_{{.partitions = kPartitions}};
  std::unique_ptr<SimLog> far_log_ = near_log_.NewInstance();
  FakePeers peers_;
  std::unique_ptr<Runtime> near_, far_;
};

TEST_F(CallsTest, CommandsAndQuestionsReachTheOwner) {
  for (uint32_t p = 0; p < kPartitions; ++p) {
    const Scope scope{Service::kCampaign, static_cast<Partition>(p)};
    for (uint32_t i = 0; i <= p; ++i) {
      ASSERT_TRUE(near_->Execute(scope, "add", {"ann", {}, absl::StrCat("r", i)}, Soon()).ok());
    }
  }
  EXPECT_EQ(Sum(kFar).value(), "4");
  EXPECT_EQ(Sum({Service::kCampaign, 1}).value(), "2");
  const auto rows = AskRows(*near_, kFar, {Table::kShared, "sum", "", 0}, Soon());
  ASSERT_TRUE(rows.ok()) << rows.status();
  ASSERT_EQ(rows->rows.size(), 1u);
  EXPECT_EQ(rows->rows[0].value, "4");
  EXPECT_EQ(AskRow(*near_, kFar, Table::kShared, "none", Soon()).value(), std::nullopt);
  const auto record = [&](const char* key) {
    return AskRecord<stream::v1::RowRequest>(*near_, kFar, Table::kShared, key, Soon());
  };
  EXPECT_EQ(record("none").value().has_value(), false);
  EXPECT_EQ(record("sum").status().code(), absl::StatusCode::kDataLoss) << "no such message";
}

TEST_F(CallsTest, WhoIsHeldHandlesNothingAndAnswers) {
  ASSERT_TRUE(near_->Execute(kFar, "add", {"ann", {}, "r1"}, Soon()).ok());
  ASSERT_EQ(near_->Hold(Runtime::kLongestHold, Soon()), absl::OkStatus());
  for (const Scope scope : {kFar, Scope{Service::kCampaign, 0}}) {
    const Micros shortly = SteadyMicros() + 50 * kMicrosPerMilli;
    EXPECT_EQ(near_->Execute(scope, "add", {"ann", {}, "r2"}, shortly).status().code(),
              absl::StatusCode::kDeadlineExceeded);
  }
  EXPECT_EQ(Sum(kFar).value(), "1") << "reads go on";
  ASSERT_EQ(near_->Hold(0, Soon()), absl::OkStatus());
  EXPECT_EQ(near_->Execute(kFar, "add", {"ann", {}, "r2"}, Soon()).value(), "2");
  EXPECT_EQ(near_->Hold(Runtime::kLongestHold + 1, Soon()).code(),
            absl::StatusCode::kInvalidArgument);
  peers_.before = [] { return false; };
  EXPECT_TRUE(absl::IsUnavailable(near_->Hold(1, Soon())));
}

TEST_F(CallsTest, AHoldEndsByItself) {
  ASSERT_EQ(near_->Hold(100 * kMicrosPerMilli, Soon()), absl::OkStatus());
  const Micros held = SteadyMicros();
  EXPECT_TRUE(near_->Execute(kFar, "add", {"ann", {}, "r1"}, Soon()).ok());
  EXPECT_GE(SteadyMicros() - held, 90 * kMicrosPerMilli);
}

TEST_F(CallsTest, TheOwnersErrorIsTheCallers) {
  const auto outcome = near_->Execute(kFar, "fail", {"ann", {}, "r"}, Soon());
  EXPECT_EQ(outcome.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(AskRow(*near_, kFar, static_cast<Table>(99), "", Soon()).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(CallsTest, ACommandWhoseAnswerWasLostTakesEffectOnce) {
  int calls = 0;
  peers_.after = [&] { return ++calls > 2; };
  for (const char* id : {"r1", ""}) {
    calls = 0;
    ASSERT_TRUE(near_->Execute(kFar, "add", {"ann", {}, id}, Soon()).ok());
    EXPECT_EQ(calls, 3);
  }
  EXPECT_EQ(Sum(kFar).value(), "2");
}

TEST_F(CallsTest, CallsFollowAScopeThatMoves) {
  ASSERT_TRUE(near_->Execute(kFar, "add", {"ann", {}, "r"}, Soon()).ok());
  peers_.before = [&] {
    Move(kFar, near_log_, *near_);
    return false;
  };
  EXPECT_EQ(Sum(kFar).value(), "1");
  peers_.before = [] { return true; };
  Move(kFar, *far_log_, *far_);
  EXPECT_EQ(Sum(kFar).value(), "1");
}

TEST_F(CallsTest, WithoutAnOwnerItEndsWithinTheDeadline) {
  peers_.before = [] { return false; };
  const absl::Status status = Sum(kFar, SteadyMicros() + kMicrosPerMilli).status();
  EXPECT_TRUE(IsNotOwned(status)) << status;
  EXPECT_TRUE(IsNotOwned(near_->Execute(kFar, "add", {"ann", {}, "r"}, SteadyMicros()).status()));
}

TEST_F(CallsTest, WhatIsNotRegisteredIsRefusedEverywhere) {
  constexpr Question<stream::v1::RowRequest, stream::v1::RowAnswer> kSecret = {
      "secret", [](const stream::v1::RowRequest&, Processor&, StateView&, stream::v1::RowAnswer*) {
        return absl::OkStatus();
      }};
  EXPECT_EQ(Ask(*near_, {Service::kCampaign, 0}, kSecret, {}, Soon()).status().code(),
            absl::StatusCode::kInternal);
  EXPECT_EQ(far_->AnswerHere(kFar, "secret", "", Soon()).status().code(),
            absl::StatusCode::kUnimplemented);
  EXPECT_TRUE(
      IsNotOwned(far_->AnswerHere({Service::kCampaign, 0}, "stream.Row", "", Soon()).status()));
  EXPECT_EQ(far_->AnswerHere(kFar, "stream.Row", "\xff", Soon()).status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace dangol
