// Customers merged and erased: the sums are those of one customer who had everything from the
// start, in whatever order the merges come; doubles are counted apart; erased ones stay in the
// sums.
#include <algorithm>
#include <numeric>

#include "absl/strings/match.h"
#include "libs/base/rng.h"
#include "services/response/customer.h"
#include "services/response/domain/merge.h"
#include "services/response/testing/harness.h"

namespace dangol::response {
namespace {

constexpr auto kAttempting = event::v1::CONTACT_STATUS_ATTEMPTING;

CustomerEvent Merged(CustomerId from, CustomerId into) {
  CustomerEvent event;
  event.set_customer_id(from);
  event.mutable_merged()->set_into(into);
  return event;
}

// What the scope emitted to its own inbox comes in.
void Pump(Partition1& p, size_t* delivered) {
  for (; *delivered < p.ctx.emitted.size(); ++*delivered) {
    const FakeContext::Emitted e = p.ctx.emitted[*delivered];
    if (e.topic != Topic::kInboxResponse) continue;
    ASSERT_TRUE(Deliver(*p.processor, p.ctx, e.topic, e.key, e.value).ok());
  }
}

// A partition in which customers are merged at once.
struct Merging : Partition1 {
  void Do(Topic topic, const CustomerEvent& event) {
    Feed(topic, event);
    Pump(*this, &delivered);
  }
  void Do(Topic topic, const ContactEvent& event) {
    Feed(topic, event);
    Pump(*this, &delivered);
  }
  void Merge(CustomerId from, CustomerId into) { Do(Topic::kCustomer, Merged(from, into)); }
  size_t delivered = 0;
};

ContactEvent ContactOf(CustomerId id, const std::string& campaign, const std::string& wave,
                       Micros at, bool twin = false) {
  ContactEvent contact = Contact(kAttempting, at, campaign);
  if (twin) {
    contact = Twin(at);
    contact.set_campaign(campaign);
  }
  contact.set_customer_id(id);
  contact.set_wave(wave);
  contact.set_contact_id(absl::StrCat(campaign, "-", wave, "-", id));
  return contact;
}

CustomerEvent PurchaseOf(CustomerId id, Micros at, int64_t net) {
  CustomerEvent event = Purchase(at, net);
  event.set_customer_id(id);
  return event;
}

TEST(MergeTest, PurchasesOfOneIdCountForContactsOfTheOther) {
  for (const bool merged_first : {true, false}) {
    Merging p;
    p.Do(Topic::kContact, ContactOf(1, "spring", "w1", kT));
    if (merged_first) p.Merge(2, 1);
    p.Do(Topic::kCustomer, PurchaseOf(2, kT + 5, 1200));
    p.Do(Topic::kCustomer, PurchaseOf(1, kT + 6, 300));
    if (!merged_first) p.Merge(2, 1);
    EXPECT_EQ(p.Sum("sales"), 1500);
    EXPECT_EQ(p.Sum("orders"), 2);
    EXPECT_EQ(p.Sum("bought"), 1);
    EXPECT_EQ(p.Cell("mail").customers(), 1);
    EXPECT_EQ(p.Cell("mail").offers(0).purchasers(), 1);
    int first = 0, credited = 0;
    for (const auto& response : p.Responses()) {
      first += response.first_purchase();
      credited += response.credited();
    }
    EXPECT_EQ(first, 1);
    EXPECT_EQ(credited, 2);
  }
}

// One step of a random history.
struct Step {
  Topic topic;
  ContactEvent contact;
  CustomerEvent customer;
};

// Contacts of three ids in campaigns of their own, and purchases of all; no doubles.
std::vector<Step> History(Rng& rng) {
  std::vector<Step> steps;
  for (int i = 0; i < 30; ++i) {
    Step step;
    const CustomerId id = 1 + rng.Below(3);
    const Micros at = kT + i * kMicrosPerHour;
    if (rng.Below(3) == 0) {
      step.topic = Topic::kContact;
      step.contact = ContactOf(id, absl::StrCat("c", id), absl::StrCat("w", i), at);
    } else {
      step.topic = Topic::kCustomer;
      step.customer = PurchaseOf(id, at, static_cast<int64_t>(rng.Below(1000)));
    }
    steps.push_back(step);
  }
  return steps;
}

std::string SumsText(Partition1& p) {
  std::string text;
  p.ctx.Scan(Table::kShared, "sums/", [&](absl::string_view key, absl::string_view value) {
    if (key.substr(0, 5) != "sums/") return false;
    v1::CellSums cell;
    cell.ParseFromArray(value.data(), static_cast<int>(value.size()));
    absl::StrAppend(&text, std::string(key), "\n", cell.DebugString());
    return true;
  });
  return text;
}

TEST(MergeTest, SumsAreThoseOfOneCustomerFromTheStart) {
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    Rng rng(seed);
    const std::vector<Step> history = History(rng);
    const size_t merge3 = rng.Below(history.size() + 1), merge2 = rng.Below(history.size() + 1);
    Merging merged, single;
    for (int c = 1; c <= 3; ++c) {
      merged.Define(MakeCampaign(absl::StrCat("c", c)));
      single.Define(MakeCampaign(absl::StrCat("c", c)));
    }
    for (size_t i = 0; i <= history.size(); ++i) {
      // By the way of 2, or straight, as the draw has it.
      if (i == merge3) merged.Merge(3, merge3 < merge2 ? 2 : 1);
      if (i == merge2) merged.Merge(2, 1);
      if (i == history.size()) break;
      Step step = history[i];
      merged.ctx.SetNow(kT + static_cast<Micros>(i) * kMicrosPerHour);
      single.ctx.SetNow(merged.ctx.now());
      if (step.topic == Topic::kContact) {
        merged.Do(step.topic, step.contact);
        step.contact.set_customer_id(1);
        single.Do(step.topic, step.contact);
      } else {
        merged.Do(step.topic, step.customer);
        step.customer.set_customer_id(1);
        single.Do(step.topic, step.customer);
      }
    }
    EXPECT_EQ(SumsText(merged), SumsText(single)) << "seed " << seed;
    merged.AdvanceTo(kT + 100 * kMicrosPerDay);
    single.AdvanceTo(kT + 100 * kMicrosPerDay);
    EXPECT_EQ(SumsText(merged), SumsText(single)) << "seed " << seed;
  }
}

TEST(MergeTest, OfTwoExposuresInAWaveTheOwnStands) {
  Merging p;
  p.Do(Topic::kContact, ContactOf(1, "spring", "w1", kT + 10));
  p.Do(Topic::kContact, ContactOf(2, "spring", "w1", kT));
  p.Do(Topic::kCustomer, PurchaseOf(2, kT + 20, 700));
  ASSERT_EQ(p.Cell("mail").customers(), 2);
  p.Merge(2, 1);
  EXPECT_EQ(p.Cell("mail").customers(), 1);
  EXPECT_EQ(p.Cell("mail").merged_units(), 1);
  EXPECT_EQ(p.Cell("mail").contaminated_units(), 0);
  EXPECT_EQ(p.Sum("sales"), 700);  // moved to the one that stands
  EXPECT_EQ(p.Cell("mail").cost_micros(), 10) << "what was spent stays spent";
  EXPECT_EQ(p.Cell("mail").in_flight(), 2) << "what became of both contacts is still told";
  ContactEvent outcome = ContactOf(2, "spring", "w1", kT);
  outcome.set_status(event::v1::CONTACT_STATUS_ACCEPTED);
  p.Do(Topic::kContact, outcome);
  EXPECT_EQ(p.Cell("mail").accepted(), 1);
  EXPECT_EQ(p.Cell("mail").customers(), 1);
}

TEST(MergeTest, TreatedAndHeldOutContaminate) {
  Merging p;
  p.Do(Topic::kContact, ContactOf(1, "spring", "w1", kT, /*twin=*/true));
  p.Do(Topic::kContact, ContactOf(2, "spring", "w2", kT));
  p.Merge(2, 1);
  EXPECT_EQ(p.CellsOf("spring").at({"w1", "all", "control"}).customers(), 1);
  const v1::CellSums doubled = p.CellsOf("spring").at({"w2", "all", "mail"});
  EXPECT_EQ(doubled.customers(), 0);
  EXPECT_EQ(doubled.merged_units(), 1);
  EXPECT_EQ(doubled.contaminated_units(), 1);
  p.AdvanceTo(kT + kWindow);
  EXPECT_EQ(p.CellsOf("spring").at({"w2", "all", "mail"}).open_windows(), 0);
  EXPECT_EQ(p.CellsOf("spring").at({"w1", "all", "control"}).open_windows(), 0);
}

TEST(MergeTest, DoublesDoNotDependOnTheOrderOfMerges) {
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    std::string expected;
    std::vector<CustomerId> order = {2, 3, 4};
    do {
      Rng rng(seed);
      Merging p;
      for (CustomerId id = 1; id <= 4; ++id) {
        for (const char* wave : {"w1", "w2"}) {
          if (rng.Below(3) == 0) continue;
          p.Do(Topic::kContact,
               ContactOf(id, "spring", wave, kT + static_cast<Micros>(id), rng.Below(2) == 0));
        }
        p.Do(Topic::kCustomer, PurchaseOf(id, kT + 100 + static_cast<Micros>(id), 100));
      }
      for (CustomerId id : order) p.Merge(id, 1);
      if (expected.empty()) expected = SumsText(p);
      EXPECT_EQ(SumsText(p), expected) << "seed " << seed;
    } while (std::next_permutation(order.begin(), order.end()));
  }
}

CustomerEvent Erased(CustomerId id) {
  CustomerEvent event;
  event.set_customer_id(id);
  event.mutable_erased()->set_erasure("erasures/e1");
  return event;
}

int RowsOf(Partition1& p, CustomerId id) {
  int rows = 0;
  for (Table table : {Table::kCustomer, Table::kIndex}) {
    p.ctx.Scan(table, "", [&](absl::string_view key, absl::string_view) {
      return rows += absl::StrContains(key, EncodeKey(id)), true;
    });
  }
  for (const auto& [name, timer] : p.ctx.timers) rows += name.second == EncodeKey(id);
  return rows;
}

TEST(EraseTest, SumsStayTheCustomerGoesAndOutcomesAreFollowed) {
  Merging p;
  p.Do(Topic::kContact, ContactOf(1, "spring", "w1", kT));
  p.Do(Topic::kCustomer, PurchaseOf(1, kT + 5, 1200));
  p.Do(Topic::kCustomer, Erased(1));
  EXPECT_EQ(RowsOf(p, 1), 0);
  EXPECT_EQ(p.Responses().back().erased().service(), "response");
  EXPECT_EQ(p.Sum("sales"), 1200);
  EXPECT_EQ(p.Cell("mail").in_flight(), 1);
  p.Do(Topic::kCustomer, PurchaseOf(1, kT + 6, 500));  // came too late
  EXPECT_EQ(p.Sum("sales"), 1200);
  ContactEvent outcome = ContactOf(1, "spring", "w1", kT);
  outcome.set_status(event::v1::CONTACT_STATUS_ACCEPTED);
  p.Do(Topic::kContact, outcome);
  EXPECT_EQ(p.Cell("mail").in_flight(), 0);
  EXPECT_EQ(p.Cell("mail").accepted(), 1);
  p.AdvanceTo(kT + kWindow);
  EXPECT_EQ(p.Cell("mail").open_windows(), 0);
  p.AdvanceTo(kT + 100 * kMicrosPerDay);
  int left = 0;
  p.ctx.Scan(Table::kIndex, "", [&](absl::string_view, absl::string_view) { return ++left; });
  EXPECT_EQ(left, 0);
  EXPECT_TRUE(p.ctx.timers.empty());
}

TEST(EraseTest, ContactHeardOfAfterTheErasureIsCounted) {
  Merging p;
  p.Do(Topic::kCustomer, Erased(1));
  p.Do(Topic::kContact, ContactOf(1, "spring", "w1", kT));
  EXPECT_EQ(p.Cell("mail").customers(), 1);
  ContactEvent failed = ContactOf(1, "spring", "w1", kT);
  failed.set_status(event::v1::CONTACT_STATUS_FAILED);
  failed.set_counts_as_contact(false);
  p.Do(Topic::kContact, failed);
  EXPECT_EQ(p.Cell("mail").customers(), 0);
  EXPECT_EQ(p.Cell("mail").failed(), 1);
  EXPECT_EQ(RowsOf(p, 1), 0);
}

// The other one was erased while the hand-over was on its way: the contact left the sums.
TEST(EraseTest, BugContactHandedOverToAnErasedCustomerLeftTheSums) {
  Merging p;
  p.Do(Topic::kContact, ContactOf(2, "spring", "w1", kT));
  p.Do(Topic::kCustomer, PurchaseOf(2, kT + 5, 1200));
  const std::string before = SumsText(p);
  p.Do(Topic::kCustomer, Erased(1));
  p.Merge(2, 1);
  EXPECT_EQ(SumsText(p), before);
  EXPECT_EQ(RowsOf(p, 1) + RowsOf(p, 2), 0);
  ContactEvent outcome = ContactOf(2, "spring", "w1", kT);
  outcome.set_status(event::v1::CONTACT_STATUS_ACCEPTED);
  p.Do(Topic::kContact, outcome);
  EXPECT_EQ(p.Cell("mail").in_flight(), 0);
  EXPECT_EQ(p.Cell("mail").accepted(), 1);
}

TEST(MergeTest, HistoryToldAgainIsNotMatched) {
  Merging p;
  p.Do(Topic::kContact, ContactOf(1, "spring", "w1", kT));
  CustomerEvent again = PurchaseOf(1, kT + 5, 1200);
  again.set_reissued(true);
  p.Do(Topic::kCustomer, again);
  EXPECT_EQ(p.Sum("sales"), 0);
}

}  // namespace
}  // namespace dangol::response
