// Erasures: nothing of the customer is left but the proof, and who is seen again is somebody new.
#include "services/profile/erasure.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "dangol/event/v1/contact.pb.h"
#include "dangol/event/v1/decision.pb.h"
#include "dangol/event/v1/response.pb.h"
#include "dangol/event/v1/segment.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/names.h"
#include "services/profile/testing_cluster.h"

namespace dangol::profile {
namespace {

constexpr Micros kNow = 1'700'000'000 * kMicrosPerSecond;
constexpr uint32_t kPartitions = 4;

class ErasureTest : public testing::Test {
 protected:
  ErasureTest() : cluster_(kPartitions) { cluster_.SetNow(kNow); }

  void Take(const event::v1::IngestEvent& event) {
    cluster_.Ingest(event);
    cluster_.Run();
  }
  absl::StatusOr<v1::Erasure> Erase(CustomerId id) {
    auto bytes = cluster_.Command(id, [](CustomerId now) {
      v1::ProfileCommand body;
      body.mutable_erase()->set_customer_id(now);
      body.mutable_erase()->set_reason("request 17");
      return body;
    });
    if (!bytes.ok()) return bytes.status();
    v1::Erasure proof;
    proof.ParseFromString(*bytes);
    return proof;
  }
  v1::Erasure Proof(CustomerId id) {
    v1::Erasure proof;
    const std::string* row = cluster_.Home(id).Get(Table::kIndex, ErasureKey(id));
    if (row != nullptr) proof.ParseFromString(*row);
    return proof;
  }
  // Every row of every table that holds `bytes`, but for the proofs' own.
  std::vector<std::string> RowsWith(const std::string& bytes) {
    std::vector<std::string> found;
    for (uint32_t p = 0; p < kPartitions; ++p) {
      for (int t = 0; t < kTables; ++t) {
        const auto table = static_cast<Table>(t);
        if (table == Table::kMeta) continue;
        cluster_.context(p).Scan(table, "", [&](absl::string_view key, absl::string_view value) {
          const bool has = absl::StrContains(key, bytes) || absl::StrContains(value, bytes);
          const bool ids =
              absl::StartsWith(key, kErasurePrefix) || absl::StartsWith(key, kSlotPrefix);
          if (has && !ids) found.emplace_back(key);
          return true;
        });
      }
    }
    return found;
  }
  template <typename Message>
  void Acknowledge(Topic topic, const char* service, CustomerId id, const v1::Erasure& proof) {
    Message message;
    message.mutable_erased()->set_customer_id(id);
    message.mutable_erased()->set_erasure(proof.name());
    message.mutable_erased()->set_service(service);
    message.mutable_erased()->set_time_us(kNow + 7);
    cluster_.Send(topic, PartitionOfCustomer(id, kPartitions), "", message.SerializeAsString());
    cluster_.Run();
  }
  void AcknowledgeAll(CustomerId id, const v1::Erasure& proof) {
    Acknowledge<event::v1::SegmentEvent>(Topic::kSegment, "segmentation", id, proof);
    Acknowledge<event::v1::DecisionEvent>(Topic::kDecision, "offer", id, proof);
    Acknowledge<event::v1::ContactEvent>(Topic::kContact, "campaign", id, proof);
    Acknowledge<event::v1::ResponseEvent>(Topic::kResponse, "response", id, proof);
  }

  Cluster cluster_;
};

TEST_F(ErasureTest, NothingIsLeftButTheProof) {
  for (int i = 0; i < 300; ++i) {
    Take(Purchase(absl::StrCat("kim-", i), {User("kim"), Email("kim@x.kr")}, kNow));
  }
  Take(Purchase("p", {Phone("010-1111-2222")}, kNow));
  Take(Purchase("q", {User("kim"), Phone("010-1111-2222")}, kNow));  // a proposal
  const CustomerId id = *cluster_.Owner(User("kim"));
  const auto proof = Erase(id);
  ASSERT_TRUE(proof.ok()) << proof.status();
  cluster_.Run();
  EXPECT_THAT(RowsWith("kim"), testing::IsEmpty());
  EXPECT_THAT(RowsWith(EncodeKey(id)), testing::IsEmpty());
  EXPECT_THAT(cluster_.Merges(), testing::IsEmpty()) << "no one's proposal any more";
  EXPECT_EQ(cluster_.Owner(User("kim")), std::nullopt);
  EXPECT_EQ(cluster_.Owner(Email("kim@x.kr")), std::nullopt);
  EXPECT_TRUE(absl::IsNotFound(Erase(id).status()));
  EXPECT_THAT(proof->ShortDebugString(), testing::Not(testing::HasSubstr("kim")));
  EXPECT_EQ(proof->requested_by(), "ann");
  EXPECT_EQ(proof->reason(), "request 17");
  EXPECT_EQ(proof->expiries_size(), 5);
}

TEST_F(ErasureTest, TheProofIsCompleteWhenEveryServiceHasRemovedEveryName) {
  Take(Purchase("m1", {User("1")}, kNow));
  Take(Purchase("m2", {User("2")}, kNow));
  const CustomerId a = *cluster_.Owner(User("1")), b = *cluster_.Owner(User("2"));
  Take(Purchase("m3", {User("1"), User("2")}, kNow));
  const CustomerId id = std::min(a, b), old = std::max(a, b);
  const auto proof = Erase(old);  // whichever name one knows
  ASSERT_TRUE(proof.ok()) << proof.status();
  EXPECT_EQ(proof->customer(), CustomerName(id));
  EXPECT_EQ(proof->merged(0), CustomerName(old));
  int told = 0;
  for (const auto& e : cluster_.CustomerEvents()) told += e.has_erased();
  EXPECT_EQ(told, 2) << "under both names";
  AcknowledgeAll(id, *proof);
  EXPECT_EQ(Proof(id).state(), v1::ERASURE_STATE_RUNNING);
  AcknowledgeAll(id, *proof);  // again
  EXPECT_EQ(Proof(id).state(), v1::ERASURE_STATE_RUNNING);
  AcknowledgeAll(old, *proof);
  EXPECT_EQ(Proof(id).state(), v1::ERASURE_STATE_COMPLETE);
  EXPECT_EQ(Proof(id).complete_time_us(), kNow + 7);
  EXPECT_EQ(Proof(id).removals_size(), 10);
}

TEST_F(ErasureTest, WhoIsSeenAgainIsANewCustomer) {
  Take(Purchase("m1", {User("1"), Email("a@x.kr")}, kNow));
  Take(Purchase("m2", {User("2")}, kNow));
  const CustomerId first = *cluster_.Owner(User("1"));
  Take(Purchase("m3", {User("1"), User("2")}, kNow));
  const CustomerId id = *cluster_.Now(first);
  ASSERT_TRUE(Erase(id).ok());
  // Before the identifiers have heard of it, or after.
  cluster_.SetNow(kNow + kMicrosPerSecond);
  for (const auto& who : {User("1"), Email("a@x.kr"), User("2")}) {
    cluster_.Ingest(Purchase("m1", {who}, kNow));
  }
  cluster_.Run();
  int accepted = 0;
  for (const auto& e : cluster_.CustomerEvents()) {
    if (!e.has_activity() || e.activity().received_time_us() != kNow + kMicrosPerSecond) continue;
    ++accepted;
    EXPECT_GT(e.customer_id(), std::max(id, first));
  }
  EXPECT_EQ(accepted, 3) << "nothing that was accepted is lost";
  for (const auto& who : {User("1"), Email("a@x.kr"), User("2")}) {
    ASSERT_TRUE(cluster_.Now(who));
    EXPECT_GT(*cluster_.Now(who), std::max(id, first));
  }
}

// Merged into one who was erased while the hand-over was on its way: its identifiers stayed.
TEST_F(ErasureTest, BugIdentifiersHandedOverToAnErasedCustomerStayed) {
  Take(Purchase("m1", {User("uno"), Phone("010-1111-2222")}, kNow));
  Take(Purchase("m2", {User("duo"), Email("duo@x.kr"), Phone("010-1111-2222")}, kNow));
  const CustomerId a = *cluster_.Owner(User("uno")), b = *cluster_.Owner(User("duo"));
  const CustomerId into = std::min(a, b), from = std::max(a, b);
  const auto merged = cluster_.Command(from, [&](CustomerId now) {
    v1::ProfileCommand body;
    body.mutable_decide_merge()->set_customer_id(now);
    body.mutable_decide_merge()->set_from(from);
    body.mutable_decide_merge()->set_into(into);
    body.mutable_decide_merge()->set_state(v1::MERGE_STATE_MERGED);
    return body;
  });
  ASSERT_TRUE(merged.ok()) << merged.status();
  ASSERT_TRUE(Erase(into).ok());
  cluster_.Run();
  for (const char* text : {"uno", "duo", "111122"}) {
    EXPECT_THAT(RowsWith(text), testing::IsEmpty()) << text;
  }
  EXPECT_THAT(cluster_.Merges(), testing::IsEmpty());
}

// Whatever the order of a claim, a merge and an erasure: no identifier leads nowhere for ever.
TEST_F(ErasureTest, AnErasureAmongClaimsAndMergesLeavesNoIdentifierDead) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    Cluster cluster(kPartitions, seed);
    Rng rng(seed);
    cluster.SetNow(kNow);
    cluster.Ingest(Purchase("m1", {User("1")}, kNow));
    cluster.Ingest(Purchase("m2", {User("2")}, kNow));
    cluster.Run();
    cluster.Ingest(Purchase("m3", {User("1"), User("2"), Email("a@x.kr")}, kNow));
    for (uint64_t n = rng.Below(8); n > 0; --n) cluster.RunOne();
    const CustomerId id = *cluster.Owner(rng.Chance(0.5) ? User("1") : User("2"));
    const auto proof = cluster.Command(id, [](CustomerId now) {
      v1::ProfileCommand body;
      body.mutable_erase()->set_customer_id(now);
      return body;
    });
    // One whose state is on its way cannot be asked yet.
    ASSERT_TRUE(proof.ok() || absl::IsNotFound(proof.status())) << proof.status();
    cluster.SetNow(kNow + kMicrosPerSecond);
    cluster.Run();
    int accepted = 0;
    for (const auto& who : {User("1"), User("2"), Email("a@x.kr")}) {
      cluster.Ingest(Purchase(absl::StrCat("late", TextOf(who)), {who}, kNow));
      cluster.Run();
      ASSERT_TRUE(cluster.Now(who)) << "seed " << seed << " " << TextOf(who);
    }
    for (const auto& e : cluster.CustomerEvents()) {
      accepted += absl::StartsWith(e.activity().message_id(), "late");
    }
    ASSERT_EQ(accepted, 3) << "seed " << seed;
  }
}

}  // namespace
}  // namespace dangol::profile
