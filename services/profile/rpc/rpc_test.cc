// The data plane and the questions, over processors in memory.
#include <atomic>
#include <set>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/mutex.h"
#include "libs/base/names.h"
#include "libs/base/status.h"
#include "libs/stream/gateway.h"
#include "services/profile/domain/validate.h"
#include "services/profile/rpc/acknowledger.h"
#include "services/profile/rpc/merge_reader.h"
#include "services/profile/rpc/reader.h"
#include "services/profile/rpc/tracker.h"
#include "services/profile/testing_cluster.h"

namespace dangol::profile {
namespace {

constexpr Micros kNow = 1'700'000'000 * kMicrosPerSecond;
constexpr uint32_t kPartitions = 4;

// Everything appended is handled at once.
class ClusterGateway : public Gateway {
 public:
  ClusterGateway() : cluster_(kPartitions) {
    cluster_.SetNow(kNow);
    common::v1::BusinessUnit unit;
    unit.set_name("shop");
    unit.set_currency("KRW");
    cluster_.context(0).Put(Table::kShared, "def/business_unit/shop", unit.SerializeAsString());
  }

  uint32_t partitions() const override { return kPartitions; }
  Micros Now() const override { return kNow; }
  absl::StatusOr<uint64_t> Append(Topic topic, Partition partition,
                                  std::vector<KeyedBytes> records) override {
    MutexLock lock(mu_);
    EXPECT_EQ(topic, Topic::kIngest);
    if (partition == full_) return absl::ResourceExhaustedError("behind");
    for (const KeyedBytes& record : records) {
      EXPECT_EQ(PartitionOf(dangol::SlotOf(record.key), kPartitions), partition);
      event::v1::IngestEvent event;
      EXPECT_TRUE(event.ParseFromString(record.value));
      cluster_.IngestAt(partition, event);
    }
    cluster_.Run();
    return 0;
  }
  absl::StatusOr<uint64_t> AppendAsync(Topic topic, std::vector<Routed> records) override {
    for (const Routed& record : records) {
      if (record.partition == full_) return absl::ResourceExhaustedError("behind");
    }
    for (Routed& record : records) {
      const auto appended = Append(topic, record.partition, {{record.key, record.value}});
      if (!appended.ok()) return appended.status();
    }
    return ++ticket_;
  }
  absl::Status AwaitDurable(uint64_t ticket) override {
    MutexLock lock(mu_);
    EXPECT_LE(ticket, ticket_);
    released_.wait(lock, [this] { return !held_; });
    return disk_;
  }
  absl::StatusOr<std::string> Execute(Scope, std::string, Caller, Micros) override {
    return absl::UnimplementedError("not in this test");
  }
  void AskAtOnce(absl::Span<Asking> askings, Micros) override {
    MutexLock lock(mu_);
    for (Asking& asking : askings) {
      ++reads_;
      const Partition p = asking.scope.partition;
      asking.status = asking.here(cluster_.processor(p), cluster_.context(p));
    }
  }

  Cluster& cluster() { return cluster_; }
  void FillUp(int partition) { full_ = partition; }
  void HoldDisk() { held_ = true; }
  void ReleaseDisk() {
    MutexLock lock(mu_);
    held_ = false;
    released_.notify_all();
  }
  void BreakDisk() { disk_ = absl::UnavailableError("no space"); }
  int reads() const { return reads_; }

 private:
  Mutex mu_;
  Cluster cluster_;
  int full_ = -1;
  int reads_ = 0;
  std::atomic<uint64_t> ticket_ = 0;
  CondVar released_;
  bool held_ = false;
  absl::Status disk_;
};

class RpcTest : public testing::Test {
 protected:
  RpcTest() : units_(gateway_, "KR"), tracker_(gateway_, units_), reader_(gateway_, units_) {}

  using Activities = google::protobuf::RepeatedPtrField<event::v1::Activity>;
  static void Add(const event::v1::IngestEvent& event, Activities* activities) {
    *activities->Add() = event.activity();
  }
  TrackResult Track(Activities activities) {
    auto result = tracker_.Track(std::move(activities), 0, kNever);
    EXPECT_TRUE(result.ok()) << result.status();
    return result.ok() ? *result : TrackResult();
  }
  void TrackOne(const event::v1::IngestEvent& event) {
    Activities one;
    Add(event, &one);
    const TrackResult result = Track(one);
    EXPECT_EQ(result.accepted, 1);
    for (const auto& error : result.errors) ADD_FAILURE() << error.ShortDebugString();
  }
  common::v1::CustomerRef Ref(const common::v1::Identifier& id) {
    common::v1::CustomerRef ref;
    *ref.mutable_identifier() = id;
    return ref;
  }

  ClusterGateway gateway_;
  UnitCache units_;
  Tracker tracker_;
  Reader reader_;
};

TEST_F(RpcTest, GoodItemsAreAcceptedAndBadOnesNamed) {
  Activities batch;
  Add(Purchase("m0", {User("1")}, kNow), &batch);
  Add(Purchase("m1", {Email("nobody")}, kNow), &batch);
  Add(Purchase("m2", {User("2")}, kNow), &batch);
  Add(Purchase("", {User("3")}, kNow), &batch);
  Add(Purchase("m4", {User("4")}, kNow + kAheadMax + 1), &batch);
  batch.Add()->CopyFrom(Purchase("m5", {User("5")}, kNow).activity());
  batch.Mutable(5)->set_business_unit("shopp");
  const TrackResult result = Track(batch);
  EXPECT_EQ(result.accepted, 2);
  ASSERT_EQ(result.errors.size(), 4u);
  EXPECT_EQ(result.errors[0].index(), 1);
  EXPECT_EQ(result.errors[0].field(), "identifiers[0].value");
  EXPECT_EQ(result.errors[0].value(), "nobody");
  EXPECT_EQ(result.errors[0].problem(), "is no e-mail address");
  EXPECT_EQ(result.errors[0].message_id(), "m1");
  EXPECT_EQ(result.errors[1].field(), "message_id");
  EXPECT_EQ(result.errors[2].field(), "occurred_time_us");
  EXPECT_EQ(result.errors[3].field(), "business_unit");
  EXPECT_EQ(result.errors[3].fix(), "did you mean shop?");
  v1::Stats stats;
  ASSERT_TRUE(reader_.Stats(kNever, &stats).ok());
  EXPECT_EQ(stats.activities(), 2);
  EXPECT_EQ(stats.customers(), 2);
}

TEST_F(RpcTest, BatchesHaveALimit) {
  EXPECT_EQ(tracker_.Track({}, 0, kNever).status().code(), absl::StatusCode::kInvalidArgument);
  Activities batch;
  for (int i = 0; i <= kBatchItemsMax; ++i) Add(Purchase("m", {User("1")}, kNow), &batch);
  EXPECT_EQ(tracker_.Track(batch, 0, kNever).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(RpcTest, ALogThatRefusesRefusesTheGoodItemsTogether) {
  gateway_.FillUp(PartitionOf(SlotOf(User("0")), kPartitions));
  Activities batch;
  for (int i = 0; i < 40; ++i) {
    Add(Purchase("m" + std::to_string(i), {User(std::to_string(i))}, kNow), &batch);
  }
  batch.Mutable(7)->clear_business_unit();
  const TrackResult result = Track(batch);
  EXPECT_EQ(result.accepted, 0);
  ASSERT_EQ(result.errors.size(), 40u);
  for (int i = 0; i < 40; ++i) {
    EXPECT_EQ(result.errors[i].index(), i);
    EXPECT_EQ(result.errors[i].message_id(), "m" + std::to_string(i));
    const auto code =
        i == 7 ? absl::StatusCode::kInvalidArgument : absl::StatusCode::kResourceExhausted;
    EXPECT_EQ(result.errors[i].code(), static_cast<int>(code));
  }
}

TEST_F(RpcTest, WhatADiskMayHaveLostIsAnErrorToSendAgain) {
  gateway_.BreakDisk();
  Activities batch;
  Add(Purchase("m0", {User("1")}, kNow), &batch);
  const TrackResult result = Track(batch);
  EXPECT_EQ(result.accepted, 0);
  ASSERT_EQ(result.errors.size(), 1u);
  EXPECT_EQ(result.errors[0].code(), static_cast<int>(absl::StatusCode::kUnavailable));
  EXPECT_EQ(result.errors[0].message_id(), "m0");
}

TEST_F(RpcTest, AStreamsMemoryIsUsedAgainAndEachItemIsItsOwn) {
  Activities batch;
  Add(Purchase("m0", {User("1")}, kNow), &batch);
  auto first = tracker_.Begin(&batch, 0, kNever);
  ASSERT_TRUE(first.ok());
  batch.Clear();
  Add(Purchase("m1", {User("2")}, kNow), &batch);
  auto second = tracker_.Begin(&batch, 1, kNever);
  ASSERT_TRUE(second.ok());
  ASSERT_EQ(first->accepted.size(), 1u);
  EXPECT_EQ(first->accepted[0].message_id, "m0");
  EXPECT_EQ(second->accepted[0].index, 1);
  EXPECT_EQ(tracker_.Finish(*std::move(second)).accepted, 1);
}

// The disk may be slow: reading goes on, answers come in order once it has caught up.
TEST_F(RpcTest, AStreamIsReadAheadOfTheDiskAndAnsweredInOrder) {
  gateway_.HoldDisk();
  std::vector<v1::StreamActivitiesResponse> answers;
  Acknowledger acknowledger(tracker_, [&](const v1::StreamActivitiesResponse& answer) {
    answers.push_back(answer);
    return true;
  });
  for (int i = 0; i < 3; ++i) {
    Activities batch;
    Add(Purchase("m" + std::to_string(i), {User(std::to_string(i))}, kNow), &batch);
    auto tracking = tracker_.Begin(&batch, i, kNever);
    ASSERT_TRUE(tracking.ok());
    ASSERT_TRUE(acknowledger.Add(*std::move(tracking), i));
  }
  EXPECT_THAT(answers, testing::IsEmpty());
  gateway_.ReleaseDisk();
  acknowledger.Finish();
  ASSERT_EQ(answers.size(), 3u);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(answers[i].last_durable_index(), i);
    EXPECT_EQ(answers[i].accepted(), i + 1);
  }
}

TEST_F(RpcTest, AStreamWhoseCallerWentAwayTakesNoMore) {
  Acknowledger acknowledger(tracker_, [](const v1::StreamActivitiesResponse&) { return false; });
  bool taken = true;
  for (int i = 0; taken; ++i) {
    Activities batch;
    Add(Purchase("m" + std::to_string(i), {User("1")}, kNow), &batch);
    auto tracking = tracker_.Begin(&batch, i, kNever);
    ASSERT_TRUE(tracking.ok());
    taken = acknowledger.Add(*std::move(tracking), i);
  }
}

TEST_F(RpcTest, TheUnitsAreReadOnce) {
  TrackOne(Purchase("m0", {User("1")}, kNow));
  const int reads = gateway_.reads();
  TrackOne(Purchase("m1", {User("1")}, kNow));
  EXPECT_EQ(gateway_.reads(), reads);
}

TEST_F(RpcTest, CustomersAreListedOnceOverAllPartitions) {
  std::set<std::string> expected;
  for (int i = 0; i < 25; ++i) {
    TrackOne(Purchase("m" + std::to_string(i), {User(std::to_string(i))}, kNow));
    expected.insert(CustomerName(*gateway_.cluster().Owner(User(std::to_string(i)))));
  }
  std::vector<std::string> names;
  v1::ListCustomersRequest request;
  request.set_page_size(7);
  int pages = 0;
  do {
    v1::ListCustomersResponse page;
    ASSERT_TRUE(reader_.List(request, kNever, &page).ok());
    for (const auto& customer : page.customers()) names.push_back(customer.name());
    request.set_page_token(page.next_page_token());
    ++pages;
  } while (!request.page_token().empty());
  EXPECT_EQ(pages, 4);
  EXPECT_EQ(names.size(), 25u);
  EXPECT_EQ(std::set<std::string>(names.begin(), names.end()), expected);
  request.set_page_token("nonsense");
  v1::ListCustomersResponse page;
  EXPECT_EQ(reader_.List(request, kNever, &page).code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(RpcTest, ACustomerIsFoundByAnyOfItsIdentifiers) {
  TrackOne(Purchase("m1", {User("7"), Phone("010-1234-5678")}, kNow - 5));
  v1::Customer customer;
  ASSERT_TRUE(reader_.Get(Ref(Phone("+82 10 1234 5678")), kNever, &customer).ok());
  EXPECT_EQ(customer.identifiers_size(), 2);
  EXPECT_EQ(customer.last_activity_time_us(), kNow - 5);
  EXPECT_TRUE(customer.registered());
  EXPECT_EQ(reader_.Get(Ref(User("8")), kNever, &customer).code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(reader_.Get({}, kNever, &customer).code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(RpcTest, AddressesAreThoseLearnedLast) {
  TrackOne(Purchase("m1", {User("7"), Email("old@x.kr")}, kNow));
  gateway_.cluster().SetNow(kNow + 1);
  TrackOne(Purchase("m2", {User("7"), Email("new@x.kr")}, kNow));
  TrackOne(Purchase("m3", {User("8")}, kNow));
  v1::BatchResolveAddressesRequest request;
  request.set_kind(v1::CONTACT_ADDRESS_KIND_EMAIL);
  for (const char* user : {"7", "8"}) {
    request.add_customers(CustomerName(*gateway_.cluster().Owner(User(user))));
  }
  request.add_customers("customers/00000000000000ff");
  v1::BatchResolveAddressesResponse response;
  ASSERT_TRUE(reader_.Addresses(request, kNever, &response).ok());
  ASSERT_EQ(response.addresses_size(), 3);
  EXPECT_EQ(response.addresses(0).address(), "new@x.kr");
  EXPECT_TRUE(response.addresses(1).missing());
  EXPECT_TRUE(response.addresses(2).missing());
}

TEST_F(RpcTest, TheTimelineHoldsTheLast200NewestFirst) {
  for (int i = 0; i < 300; ++i) {
    TrackOne(Purchase("m" + std::to_string(i), {User("7")}, kNow - (i % 7)));
  }
  v1::ListTimelineRequest request;
  *request.mutable_customer() = Ref(User("7"));
  request.set_page_size(30);
  std::set<std::string> seen;
  Micros last = kNow;
  do {
    v1::ListTimelineResponse page;
    ASSERT_TRUE(reader_.Timeline(request, kNever, &page).ok());
    for (const auto& entry : page.entries()) {
      EXPECT_LE(entry.time_us(), last);
      last = entry.time_us();
      seen.insert(entry.activity().message_id());
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  EXPECT_EQ(seen.size(), 200u);
  EXPECT_EQ(seen.count("m99"), 0u);
  EXPECT_EQ(seen.count("m100"), 1u);
}

TEST_F(RpcTest, MergesAreListedByState) {
  TrackOne(Purchase("m1", {Email("family@x.kr")}, kNow));
  TrackOne(Purchase("m2", {User("1"), Email("family@x.kr")}, kNow));
  TrackOne(Purchase("m3", {User("2"), Email("family@x.kr")}, kNow));
  MergeReader merges(gateway_, reader_);
  v1::ListMergesRequest request;
  v1::ListMergesResponse response;
  ASSERT_TRUE(merges.List(request, kNever, &response).ok());
  ASSERT_EQ(response.merges_size(), 2);
  const v1::Merge merge = response.merges(0);
  EXPECT_EQ(merge.evidence(0).identifier().value(), "family@x.kr");
  v1::Merge got;
  ASSERT_TRUE(merges.Get(merge.name(), kNever, &got).ok());
  EXPECT_EQ(got.SerializeAsString(), merge.SerializeAsString());
  request.set_state(v1::MERGE_STATE_MERGED);
  response.Clear();
  ASSERT_TRUE(merges.List(request, kNever, &response).ok());
  EXPECT_EQ(response.merges_size(), 0);
  for (const char* bad : {"", "merges/1-2", "merges/0000000000000001x0000000000000002"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(merges.Get(bad, kNever, &got))) << bad;
  }
  EXPECT_TRUE(
      absl::IsNotFound(merges.Get("merges/0000000000000002-0000000000000001", kNever, &got)));
}

// Whatever name or identifier one asks by, the answer is the customer it is now.
TEST_F(RpcTest, QuestionsFollowAMerge) {
  TrackOne(Purchase("m1", {User("1"), Email("one@x.kr")}, kNow));
  TrackOne(Purchase("m2", {User("2"), Phone("010-1234-5678")}, kNow));
  const CustomerId a = *gateway_.cluster().Owner(User("1"));
  const CustomerId b = *gateway_.cluster().Owner(User("2"));
  TrackOne(Purchase("m3", {User("1"), User("2")}, kNow));
  const std::string now = CustomerName(std::min(a, b));
  for (const auto& id : {User("1"), User("2"), Email("one@x.kr")}) {
    v1::ResolveCustomerRequest request;
    *request.mutable_customer()->mutable_identifier() = id;
    v1::ResolveCustomerResponse response;
    ASSERT_TRUE(reader_.ResolveExisting(request, kNever, &response).ok());
    EXPECT_EQ(response.customer(), now);
  }
  common::v1::CustomerRef old;
  old.set_customer(CustomerName(std::max(a, b)));
  v1::Customer customer;
  ASSERT_TRUE(reader_.Get(old, kNever, &customer).ok());
  EXPECT_EQ(customer.name(), now);
  EXPECT_EQ(customer.identifiers_size(), 4);

  v1::BatchResolveAddressesRequest addresses;
  addresses.add_customers(old.customer());
  addresses.set_kind(v1::CONTACT_ADDRESS_KIND_EMAIL);
  v1::BatchResolveAddressesResponse found;
  ASSERT_TRUE(reader_.Addresses(addresses, kNever, &found).ok());
  EXPECT_EQ(found.addresses(0).address(), "one@x.kr");

  v1::ExportCustomerRequest request;
  *request.mutable_customer() = old;
  v1::ExportCustomerResponse all;
  ASSERT_TRUE(MergeReader(gateway_, reader_).Export(request, kNever, &all).ok());
  EXPECT_EQ(all.timeline_size(), 3);
  ASSERT_EQ(all.merges_size(), 1);
  EXPECT_EQ(all.merges(0).state(), v1::MERGE_STATE_MERGED);
}

}  // namespace
}  // namespace dangol::profile
