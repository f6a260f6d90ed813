// Merges and erasures through the real runtime over the simulated log: a front that decides them
// and a back that keeps, per customer, the set of notes it was told.
#include "libs/stream/merge.h"

#include <gtest/gtest.h>

#include <set>

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "dangol/event/v1/customer.pb.h"
#include "google/protobuf/empty.pb.h"
#include "libs/backbone/testing/sim_log.h"
#include "libs/base/rng.h"
#include "libs/base/status.h"
#include "libs/stream/ask.h"
#include "libs/stream/follow.h"
#include "libs/stream/runtime.h"
#include "libs/stream/testing/deliver.h"
#include "libs/stream/testing/fake_context.h"
#include "libs/stream/testing/toy.h"

namespace dangol {
namespace {

using google::protobuf::Empty;

constexpr uint32_t kPartitions = 4;
const CustomerQuestion<Empty, Empty> kWho = {
    "who",
    [](CustomerId, const Empty&, Processor&, StateView&, Empty*) { return absl::OkStatus(); }};
using Notes = std::set<std::string>;

event::v1::CustomerEvent About(CustomerId id) {
  event::v1::CustomerEvent event;
  event.set_customer_id(id);
  return event;
}
std::string Note(CustomerId id, const std::string& text) {
  auto event = About(id);
  event.mutable_activity()->set_message_id(text);
  return event.SerializeAsString();
}
std::string Merged(CustomerId from, CustomerId into) {
  auto event = About(from);
  event.mutable_merged()->set_into(into);
  return event.SerializeAsString();
}
std::string Erased(CustomerId id) {
  auto event = About(id);
  event.mutable_erased();
  return event.SerializeAsString();
}

// Passes on what it is given.
class Front : public toy::Base {
 public:
  absl::Status Handle(const Event& event, Context& ctx) override {
    event::v1::CustomerEvent message;
    message.ParseFromArray(event.value.data(), static_cast<int>(event.value.size()));
    EmitToCustomer(ctx, Topic::kCustomer, message.customer_id(), message);
    return absl::OkStatus();
  }
};

class Back : public toy::Base {
 public:
  static Notes Of(StateView& state, CustomerId id) {
    const std::string* row = state.Get(Table::kCustomer, EncodeKey(id));
    return row == nullptr ? Notes() : Notes(absl::StrSplit(*row, ',', absl::SkipEmpty()));
  }

  absl::Status Handle(const Event& event, Context& ctx) override {
    event::v1::CustomerEvent message;
    message.ParseFromArray(event.value.data(), static_cast<int>(event.value.size()));
    const std::string key = EncodeKey(event.customer);
    if (message.has_merged()) {
      const std::string* row = ctx.Get(Table::kCustomer, key);
      std::string state = row == nullptr ? "" : *row;
      ctx.Delete(Table::kCustomer, key);
      return HandOverCustomer(ctx, event.customer, message.merged().into(), std::move(state));
    }
    if (message.has_erased()) {
      ctx.Delete(Table::kCustomer, key);
      MarkErased(ctx, event.customer);
      return absl::OkStatus();
    }
    return Merge(event.customer, 0, message.activity().message_id(), ctx);
  }

  absl::Status Merge(CustomerId into, CustomerId, absl::string_view state, Context& ctx) override {
    Notes notes = Of(ctx, into);
    for (absl::string_view note : absl::StrSplit(state, ',', absl::SkipEmpty())) {
      EXPECT_TRUE(notes.emplace(note).second) << note << " came twice";
    }
    ctx.Put(Table::kCustomer, EncodeKey(into), absl::StrJoin(notes, ","));
    return absl::OkStatus();
  }

  // Body: the customer's key. Notes "asked", and answers how many notes there are.
  absl::StatusOr<std::string> HandleCommand(absl::string_view body, const Caller& caller,
                                            Context& ctx) override {
    const CustomerId id = DecodeKey(body);
    DANGOL_RETURN_IF_ERROR(CheckPresent(ctx, id));
    DANGOL_RETURN_IF_ERROR(Merge(id, 0, absl::StrCat("by ", caller.principal), ctx));
    return absl::StrCat(Of(ctx, id).size());
  }
};

// One process over a simulated log, which dies whenever the test likes.
class World {
 public:
  explicit World(uint64_t seed) : rng_(seed), store_(seed), root_(Options(seed)) {
    for (int i = 0; i < 8; ++i) {
      ids_.push_back(
          NextCustomerId(static_cast<Slot>(i * 577 % kSlots), (i + 1) * kMicrosPerMilli, 0));
    }
    Boot();
  }

  void Boot() {
    runtime_.reset();
    log_ = root_.NewInstance();
    RuntimeOptions options;
    options.drive = Drive::kManual;
    options.cycle_max_events = 1 + rng_.Below(4);
    options.checkpoint_cycles_manual = 1 + rng_.Below(10);
    options.crash_attempts = 1000;
    std::vector<ServiceSpec> specs = {{Service::kProfile,
                                       {Topic::kIngest},
                                       {Topic::kCustomer},
                                       [](Scope) { return std::make_unique<Front>(); }},
                                      {Service::kCampaign, {Topic::kCustomer}, {}, [](Scope) {
                                         return std::make_unique<Back>();
                                       }}};
    specs[1].questions = {dangol::Raw(kWho)};
    runtime_ = std::make_unique<Runtime>(log_.get(), &store_, &clock_, std::move(specs), options);
    ASSERT_TRUE(runtime_->Start().ok());
  }

  void Send(CustomerId id, std::string value) {
    const Partition p = PartitionOfCustomer(id, kPartitions);
    ASSERT_TRUE(runtime_->Append(Topic::kIngest, p, {{"", std::move(value)}}).ok());
  }
  // A little of everything; sometimes the process dies.
  void Turn() {
    for (uint64_t n = rng_.Below(12); n > 0; --n) runtime_->RunOnce();
    if (rng_.Chance(0.1)) Boot();
    if (rng_.Chance(0.05)) {
      runtime_.reset();
      root_.CrashLosingUnsynced();
      Boot();
    }
  }
  void Settle() {
    root_.SetFaults({});
    root_.Sync();
    ASSERT_TRUE(runtime_->WaitIdle(0).ok());
    EXPECT_TRUE(runtime_->Halted().empty()) << runtime_->Halted().front();
  }

  // Under its own name, whatever became of it.
  Notes Raw(CustomerId id) {
    Notes notes;
    const Scope scope{Service::kCampaign, PartitionOfCustomer(id, kPartitions)};
    EXPECT_TRUE(runtime_
                    ->Read(scope, 0,
                           [&](Processor&, StateView& state) {
                             notes = Back::Of(state, id);
                             return absl::OkStatus();
                           })
                    .ok());
    return notes;
  }
  Notes Now(CustomerId id, CustomerId* who = nullptr) {
    CustomerId now = 0;
    EXPECT_TRUE(AskCustomer(*runtime_, Service::kCampaign, id, kWho, {}, 0, &now).ok());
    if (who != nullptr) *who = now;
    return Raw(now);
  }
  absl::StatusOr<std::string> Ask(CustomerId id, std::string who, std::string request) {
    return ExecuteForCustomer(*runtime_, Service::kCampaign, id, EncodeKey,
                              {std::move(who), {}, std::move(request)}, 0);
  }

  Rng& rng() { return rng_; }
  const std::vector<CustomerId>& ids() const { return ids_; }

 private:
  static SimLog::Options Options(uint64_t seed) {
    SimLog::Faults faults;
    faults.commit_unavailable = 0.1;
    faults.lagging_sync = true;
    faults.sync_chance = 0.3;
    return {.partitions = kPartitions, .seed = seed, .faults = faults};
  }

  Rng rng_;
  ManualClock clock_{1'000'000 * kMicrosPerSecond};
  SimCheckpoints store_;
  SimLog root_;
  std::vector<CustomerId> ids_;  // ascending
  std::unique_ptr<SimLog> log_;
  std::unique_ptr<Runtime> runtime_;
};

TEST(MergeTest, AHandOverTakesWhatWasThereAndTheTombstoneSendsOnTheRest) {
  World w(1);
  const auto& id = w.ids();
  w.Send(id[5], Note(id[5], "old"));
  w.Send(id[2], Note(id[2], "own"));
  w.Send(id[5], Merged(id[5], id[2]));
  w.Send(id[5], Note(id[5], "late"));
  w.Settle();
  CustomerId now = 0;
  EXPECT_EQ(w.Now(id[5], &now), (Notes{"old", "own", "late"}));
  EXPECT_EQ(now, id[2]);
  EXPECT_EQ(w.Raw(id[5]), Notes{});
}

TEST(MergeTest, ACommandFollowsTheCustomerAndIsDoneOnceForItsRequestId) {
  // Partitions 0 and 0, and two that differ.
  World w(1);
  for (const auto& [from, into] : {std::pair(w.ids()[4], w.ids()[0]), {w.ids()[3], w.ids()[1]}}) {
    w.Send(from, Merged(from, into));
    w.Settle();
    const std::string request = absl::StrCat("r", from);
    EXPECT_EQ(*w.Ask(from, "ann", request), "1");
    EXPECT_EQ(*w.Ask(from, "ann", request), "1");
    EXPECT_EQ(*w.Ask(from, "bob", request + "b"), "2");
    EXPECT_EQ(w.Raw(into), (Notes{"by ann", "by bob"}));
  }
}

TEST(MergeTest, AnErasedCustomerTakesNothingMore) {
  World w(1);
  const auto& id = w.ids();
  w.Send(id[5], Note(id[5], "a"));
  w.Send(id[5], Merged(id[5], id[2]));
  w.Settle();
  w.Send(id[2], Erased(id[2]));
  w.Settle();
  w.Send(id[2], Note(id[2], "b"));
  w.Send(id[5], Note(id[5], "c"));  // sent on, and dropped there
  w.Send(id[7], Note(id[7], "d"));
  w.Send(id[7], Merged(id[7], id[2]));  // handed over to one who is gone
  w.Settle();
  for (CustomerId i : {id[2], id[5], id[7]}) EXPECT_EQ(w.Raw(i), Notes{});
  EXPECT_TRUE(absl::IsNotFound(w.Ask(id[5], "ann", "r").status()));
  // `erased` under the old name is not sent on: what is in flight stands there.
  w.Send(id[5], Erased(id[5]));
  w.Settle();
  w.Send(id[5], Note(id[5], "e"));
  w.Settle();
  EXPECT_EQ(w.Raw(id[2]), Notes{});
}

// Random merges, chains and crossings, and notes under every name, with crashes between: every note
// is with the customer it belongs to now, once.
void RunSeed(uint64_t seed) {
  World w(seed);
  std::vector<CustomerId> into = w.ids();  // by index: what it is now
  std::map<CustomerId, Notes> notes;
  const auto live = [&](size_t i) {
    while (into[i] != w.ids()[i]) {
      i = std::find(w.ids().begin(), w.ids().end(), into[i]) - w.ids().begin();
    }
    return i;
  };
  for (int step = 0; step < 120; ++step) {
    const size_t i = w.rng().Below(w.ids().size()), j = w.rng().Below(w.ids().size());
    if (w.rng().Chance(0.1) && live(i) != live(j)) {
      // Profile names the customer it knows, who may just be going elsewhere itself.
      const size_t from = std::max(live(i), live(j)), to = std::min(live(i), live(j));
      w.Send(w.ids()[from], Merged(w.ids()[from], w.ids()[to]));
      into[from] = w.ids()[to];
    } else {
      const std::string note = absl::StrCat("n", step);
      w.Send(w.ids()[i], Note(w.ids()[i], note));
      notes[w.ids()[i]].insert(note);
    }
    w.Turn();
  }
  w.Settle();
  std::map<CustomerId, Notes> expected;
  for (size_t i = 0; i < into.size(); ++i) expected[w.ids()[live(i)]].merge(notes[w.ids()[i]]);
  for (size_t i = 0; i < into.size(); ++i) {
    EXPECT_EQ(w.Raw(w.ids()[i]), expected[w.ids()[i]]) << "customer " << i;
    CustomerId now = 0;
    w.Now(w.ids()[i], &now);
    EXPECT_EQ(now, w.ids()[live(i)]);
  }
}

TEST(MergeTest, EveryNoteIsWithTheCustomerItBelongsToNow) {
  for (uint64_t seed = 1; seed <= 60 && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    RunSeed(seed);
  }
}

TEST(MergeTest, AHandOverOnlyGoesToASmallerId) {
  FakeContext ctx({Service::kCampaign, 0});
  EXPECT_FALSE(HandOverCustomer(ctx, 3, 3, "").ok());
  EXPECT_FALSE(HandOverCustomer(ctx, 3, 4, "").ok());
  EXPECT_FALSE(HandOverCustomer(ctx, 3, 0, "").ok());
  EXPECT_TRUE(ctx.emitted.empty());
}

TEST(MergeTest, MarksAndOtherTopicsAreNoOnes) {
  EXPECT_EQ(CustomerOfKey(Topic::kCustomer, EncodeKey(7)), 7u);
  EXPECT_EQ(CustomerOfKey(Topic::kCustomer, ""), 0u);
  EXPECT_EQ(CustomerOfKey(Topic::kDefinition, "segments"), 0u);
  EXPECT_EQ(CustomerOfKey(Topic::kIngest, "user_id:"), 0u);
}

// A processor under test sees what the runtime would show it.
TEST(MergeTest, DeliverDoesAsTheRuntimeDoes) {
  FakeContext ctx({Service::kCampaign, 0});
  Back back;
  ASSERT_TRUE(Deliver(back, ctx, Topic::kCustomer, EncodeKey(9), Merged(9, 4)).ok());
  ASSERT_TRUE(Deliver(back, ctx, Topic::kCustomer, EncodeKey(9), Note(9, "x")).ok());
  ASSERT_EQ(ctx.emitted.size(), 2u);
  for (size_t i = 0; i < 2; ++i) {
    const auto e = ctx.emitted[i];
    ASSERT_TRUE(Deliver(back, ctx, e.topic, e.key, e.value).ok());
  }
  EXPECT_EQ(Back::Of(ctx, 4), Notes{"x"});
}

}  // namespace
}  // namespace dangol
