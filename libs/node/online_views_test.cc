// A runtime that keeps its customers' views in a real Redis: while it commits, from before the
// store was there, and after processes and stores were lost.
#include "libs/node/online_views.h"

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "libs/backbone/testing/sim_log.h"
#include "libs/base/clock.h"
#include "libs/online/testing/fixtures.h"
#include "libs/online/view_reader.h"
#include "libs/stream/emit.h"
#include "libs/stream/merge.h"
#include "libs/stream/runtime.h"
#include "libs/stream/testing/toy.h"

namespace dangol::node {
namespace {

using online::Found;
using online::View;
using online::testing::Eventually;
using online::testing::kPatience;
using online::testing::RedisServer;

// Key = customer, value = its new text, which is its identifier, too; "gone" erases it.
class Keeper : public toy::Base {
 public:
  absl::Status Handle(const Event& event, Context& ctx) override {
    if (const std::string* before = ctx.Get(Table::kCustomer, event.key)) {
      ctx.Delete(Table::kIndex, absl::StrCat("email:", *before));
    }
    if (event.value == "gone") {
      ctx.Delete(Table::kCustomer, event.key);
      MarkErased(ctx, DecodeKey(event.key));
      return absl::OkStatus();
    }
    ctx.Put(Table::kCustomer, event.key, std::string(event.value));
    ctx.Put(Table::kIndex, absl::StrCat("email:", event.value), std::string(event.key));
    return absl::OkStatus();
  }
};

online::ViewBuilder Builder() {
  online::ViewBuilder builder;
  builder.view = [](StateView& state, CustomerId id, std::vector<online::Change>* changes) {
    const std::string* text = state.Get(Table::kCustomer, EncodeKey(id));
    changes->push_back(text != nullptr ? PutView(View::kProfile, id, *text)
                                       : DeleteView(View::kProfile, id));
  };
  builder.customer_of_index = [](absl::string_view) { return CustomerId{0}; };
  builder.index = [](absl::string_view key, std::optional<absl::string_view> owner,
                     std::vector<online::Change>* changes) {
    changes->push_back(owner ? online::PutIdentifier(std::string(key), DecodeKey(*owner))
                             : online::DeleteIdentifier(std::string(key)));
  };
  return builder;
}

class OnlineViewsTest : public online::testing::RedisTest {
 protected:
  void Run() {
    auto views = OnlineViews::Create(
        server_.settings(), {.check_every_us = 20 * kMicrosPerMilli}, Builder(),
        [this](Scope) -> absl::StatusOr<std::string> {
          if (id_known_) return std::string("log");
          return absl::UnavailableError("no answer");
        },
        &metrics_);
    ASSERT_TRUE(views.ok()) << views.status();
    views_ = *std::move(views);
    RuntimeOptions options;
    options.drive = Drive::kManual;
    options.checkpoint_cycles_manual = 5;
    options.observer = views_.get();
    runtime_ = std::make_unique<Runtime>(
        log_.get(), &store_, &clock_,
        std::vector<ServiceSpec>{{Service::kProfile,
                                  {Topic::kIngest},
                                  {},
                                  [](Scope) { return std::make_unique<Keeper>(); }}},
        options);
    ASSERT_TRUE(runtime_->Start().ok());
  }
  // The process dies; another takes its place on the same log.
  void Die() {
    runtime_.reset();
    views_.reset();
    auto next = log_->NewInstance();
    log_ = std::move(next);
  }
  void Set(CustomerId id, const std::string& text) {
    const Partition p = PartitionOfCustomer(id, log_->partitions());
    ASSERT_TRUE(runtime_->Append(Topic::kIngest, p, {{EncodeKey(id), text}}).ok());
    Turn();
    if (text == "gone") {
      texts_.erase(id);
      gone_.push_back(id);
    } else {
      texts_[id] = text;
    }
  }
  void Turn() {
    while (runtime_->RunOnce()) {
    }
  }
  // What the reader is told of each customer and identifier is what was set.
  bool Whole() {
    Turn();
    if (!views_->Health().ok) return false;
    for (const auto& [id, text] : texts_) {
      const Found view = reader_->Get(View::kProfile, id, std::nullopt, kPatience);
      const Found who = reader_->Resolve(absl::StrCat("email:", text), kPatience);
      if (view.value != text || who.customer != id) return false;
    }
    for (const CustomerId id : gone_) {
      if (reader_->Get(View::kProfile, id, std::nullopt, kPatience).kind != Found::Kind::kDeleted)
        return false;
    }
    return true;
  }

  RedisServer server_;
  online::testing::CountingMetrics metrics_;
  std::unique_ptr<online::ViewReader> reader_ =
      *online::ViewReader::Create(server_.settings(), 1, &metrics_);
  std::unique_ptr<SimLog> log_ = std::make_unique<SimLog>(SimLog::Options{.partitions = 2});
  SimCheckpoints store_;
  ManualClock clock_{1'000'000 * kMicrosPerSecond};
  bool id_known_ = true;
  std::unique_ptr<OnlineViews> views_;
  std::unique_ptr<Runtime> runtime_;
  std::map<CustomerId, std::string> texts_;
  std::vector<CustomerId> gone_;
};

TEST_F(OnlineViewsTest, ViewsFollowCommits) {
  Run();
  Set(1, "a1");
  Set(2, "b1");
  EXPECT_TRUE(Eventually([&] { return Whole(); }));
  Set(1, "a2");
  Set(2, "gone");
  EXPECT_TRUE(Eventually([&] { return Whole(); }));
  EXPECT_EQ(reader_->Resolve("email:b1", kPatience).kind, Found::Kind::kDeleted);
}

TEST_F(OnlineViewsTest, AStoreThatComesLateOrIsLostGetsEverything) {
  server_.Kill();
  Run();
  for (CustomerId id = 1; id <= 600; ++id) Set(id, absl::StrCat("c", id));
  Set(100, "gone");
  EXPECT_FALSE(views_->Health().ok);
  server_.Start();
  EXPECT_TRUE(Eventually([&] { return Whole(); }));
  server_.Do({"FLUSHALL"});
  Set(600, "changed");
  EXPECT_TRUE(Eventually([&] { return Whole(); }));
  EXPECT_GT(metrics_["dangol_online_rewrites_total,all"], 2);
}

TEST_F(OnlineViewsTest, TheNextOwnerWritesWhatTheLastDidNot) {
  Run();
  for (CustomerId id = 1; id <= 20; ++id) Set(id, absl::StrCat("c", id));
  ASSERT_TRUE(Eventually([&] { return Whole(); }));
  server_.Freeze();
  Set(3, "changed");
  Set(4, "gone");
  Die();
  server_.Thaw();
  const double all = metrics_["dangol_online_rewrites_total,all"];
  Run();
  EXPECT_TRUE(Eventually([&] { return Whole(); }));
  EXPECT_EQ(reader_->Resolve("email:c3", kPatience).kind, Found::Kind::kDeleted);
  EXPECT_EQ(reader_->Resolve("email:c4", kPatience).kind, Found::Kind::kDeleted);
  EXPECT_EQ(metrics_["dangol_online_rewrites_total,all"], all) << "only what changed since";
}

TEST_F(OnlineViewsTest, AScopeWaitsForItsChangelogsId) {
  id_known_ = false;
  Run();
  Set(1, "a");
  EXPECT_EQ(reader_->Get(View::kProfile, 1, std::nullopt, kPatience).kind, Found::Kind::kMiss);
  id_known_ = true;
  EXPECT_TRUE(Eventually([&] { return Whole(); }));
}

}  // namespace
}  // namespace dangol::node
