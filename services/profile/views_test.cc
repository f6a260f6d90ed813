// What stands in the online store of profile's records: as the records change, and after a merge
// and an erasure.
#include "services/profile/views.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/names.h"
#include "services/profile/testing_cluster.h"

namespace dangol::profile {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Key;
using ::testing::Pair;

constexpr Micros kNow = 1'700'000'000 * kMicrosPerSecond;

class ProfileViewsTest : public testing::Test {
 protected:
  ProfileViewsTest() { cluster_.SetNow(kNow); }

  void Take(const event::v1::IngestEvent& event) {
    cluster_.Ingest(event);
    cluster_.Run();
    Refresh();
  }
  // As the owner of each scope does: of every record there is, and of those that went.
  void Refresh() {
    const online::ViewBuilder views = Views();
    for (uint32_t p = 0; p < cluster_.partitions(); ++p) {
      FakeContext& ctx = cluster_.context(p);
      std::vector<online::Change> changes;
      for (const Table table : {Table::kCustomer, Table::kIndex}) {
        std::map<std::string, std::string> now;
        ctx.Scan(table, "", [&](absl::string_view key, absl::string_view value) {
          return now.emplace(key, value).second;
        });
        auto& before = rows_[{p, table}];
        for (const auto& [key, value] : now) before[key] = value;
        for (const auto& [key, value] : before) {
          const CustomerId id =
              table == Table::kCustomer ? DecodeKey(key) : views.customer_of_index(key);
          if (id != 0) views.view(ctx, id, &changes);
          if (table != Table::kIndex) continue;
          const bool gone = now.count(key) == 0;
          views.index(key, gone ? std::nullopt : std::optional<absl::string_view>(value), &changes);
        }
        before = now;
      }
      for (const online::Change& change : changes) Apply(change);
    }
  }
  void Apply(const online::Change& change) {
    const bool identifier = !change.identifier.empty();
    const std::string key = identifier ? change.identifier : CustomerName(change.customer);
    store_[key] = identifier ? CustomerName(change.customer) : change.value;
    if (change.deleted) store_.erase(key);
  }

  Cluster cluster_{4};
  std::map<std::pair<uint32_t, Table>, std::map<std::string, std::string>> rows_;
  std::map<std::string, std::string> store_;  // customer's name or identifier
};

event::v1::IngestEvent Upsert(std::vector<common::v1::Identifier> ids) {
  event::v1::IngestEvent event;
  auto* upsert = event.mutable_upsert();
  upsert->set_message_id("u1");
  upsert->set_source("crm");
  upsert->set_business_unit("shop");
  upsert->set_observed_time_us(kNow);
  for (auto& id : ids) *upsert->add_identifiers() = id;
  return event;
}

TEST_F(ProfileViewsTest, ACardIsWhatTheDocumentPromises) {
  auto event = Upsert({User("ann")});
  auto* upsert = event.mutable_upsert();
  (*upsert->mutable_traits())["tier"].set_text("gold");
  upsert->set_time_zone("Asia/Seoul");
  auto* consent = upsert->add_consents();
  consent->set_channel("email");
  consent->set_purpose(v1::CONSENT_PURPOSE_MARKETING);
  consent->set_granted(true);
  consent->set_evidence("form 7");
  Take(event);
  const std::string ann = CustomerName(*cluster_.Owner(User("ann")));
  EXPECT_EQ(store_["user_id:ann"], ann);
  const std::string begin = absl::StrCat(
      R"({"customer":")", ann,
      R"(","registered":true,"timeZone":"Asia/Seoul","traits":{"tier":{"text":"gold"}},)",
      R"("consents":[{"channel":"email","purpose":"CONSENT_PURPOSE_MARKETING",)",
      R"("granted":true,"evidence":"form 7")");
  EXPECT_THAT(store_[ann], HasSubstr(begin));
  EXPECT_THAT(store_[ann], HasSubstr(R"("firstSeenTimeUs":"1700000000000000")"));
  EXPECT_THAT(store_[ann], Not(HasSubstr("lastActivityTimeUs")));

  Take(Purchase("m1", {User("ann")}, kNow - 5));
  EXPECT_THAT(store_[ann], HasSubstr(R"("lastActivityTimeUs":"1699999999999995")"));
  EXPECT_THAT(store_, ElementsAre(Key(ann), Key("user_id:ann"))) << "and no other row";
}

TEST_F(ProfileViewsTest, OfAMergedCustomerTheCardGoes) {
  Take(Purchase("m1", {User("ann")}, kNow));
  cluster_.SetNow(kNow + kMicrosPerSecond);
  Take(Purchase("m2", {Id(common::v1::IDENTIFIER_TYPE_CARD, "4111")}, kNow));
  const CustomerId ann = *cluster_.Owner(User("ann"));
  const CustomerId card = *cluster_.Owner(Id(common::v1::IDENTIFIER_TYPE_CARD, "4111"));
  ASSERT_NE(ann, card);
  Take(Purchase("m3", {User("ann"), Id(common::v1::IDENTIFIER_TYPE_CARD, "4111")}, kNow));
  EXPECT_THAT(store_, ElementsAre(Pair("card:4111", CustomerName(card)), Key(CustomerName(ann)),
                                  Pair("user_id:ann", CustomerName(ann))))
      << "an identifier leads where it always led";
}

TEST_F(ProfileViewsTest, OfAnErasedCustomerNothingIsLeft) {
  Take(Purchase("m1", {User("ann"), Email("ann@example.org"), Phone("+821012345678")}, kNow));
  Take(Purchase("m2", {User("ann"), Email("ann@example.org")}, kNow));
  ASSERT_EQ(store_.size(), 4u);
  const CustomerId ann = *cluster_.Owner(User("ann"));
  ASSERT_TRUE(cluster_
                  .Command(ann,
                           [](CustomerId now) {
                             v1::ProfileCommand body;
                             body.mutable_erase()->set_customer_id(now);
                             return body;
                           })
                  .ok());
  cluster_.Run();
  Refresh();
  EXPECT_THAT(store_, IsEmpty());
}

}  // namespace
}  // namespace dangol::profile
