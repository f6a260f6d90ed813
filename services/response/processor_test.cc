#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "dangol/response/v1/response_service.pb.h"
#include "libs/base/rng.h"
#include "services/response/testing/harness.h"

namespace dangol::response {
namespace {

constexpr auto kAttempting = event::v1::CONTACT_STATUS_ATTEMPTING;

TEST(ResponseTest, ActivityCountsWhicheverIsHeardOfFirst) {
  for (const bool contact_first : {true, false}) {
    Partition1 p;
    if (contact_first) p.Feed(Topic::kContact, Contact(kAttempting));
    p.Feed(Topic::kCustomer, Purchase(kT + 5, 1200));
    p.Feed(Topic::kCustomer, Purchase(kT - 5, 999));  // before the contact
    if (!contact_first) p.Feed(Topic::kContact, Contact(kAttempting));
    EXPECT_EQ(p.Sum("sales"), 1200);
    EXPECT_EQ(p.Sum("bought"), 1);
    ASSERT_EQ(p.Responses().size(), 1u);
    EXPECT_TRUE(p.Responses()[0].first_purchase());
    EXPECT_TRUE(p.Responses()[0].credited());
    EXPECT_EQ(p.Cell("mail").offers(0).purchasers(), 1);
  }
}

TEST(ResponseTest, TheWayFromReceiptToMeasurementIsCounted) {
  Partition1 p;
  p.Feed(Topic::kContact, Contact(kAttempting));
  CustomerEvent purchase = Purchase(kT + 5, 1200);
  purchase.mutable_activity()->set_received_time_us(p.ctx.now() - 40);
  p.Feed(Topic::kCustomer, purchase);
  EXPECT_EQ(p.ctx.counts["response_activities"], 1);
  EXPECT_EQ(p.ctx.counts["response_activity_latency_micros"], 40);
}

TEST(ResponseTest, WindowIsHalfOpenAndLaterIsLate) {
  Partition1 p;
  p.Feed(Topic::kContact, Contact(kAttempting));
  p.Feed(Topic::kCustomer, Purchase(kT, 1));
  p.Feed(Topic::kCustomer, Purchase(kT + kWindow - 1, 10));
  p.Feed(Topic::kCustomer, Purchase(kT + kWindow, 100));
  p.Feed(Topic::kCustomer, Purchase(kT + 2 * kWindow - 1, 1'000));
  p.Feed(Topic::kCustomer, Purchase(kT + 2 * kWindow, 10'000));
  EXPECT_EQ(p.Sum("sales"), 11);
  EXPECT_EQ(p.Sum("orders"), 2);
  EXPECT_EQ(p.Cell("mail").late_responses(), 2);
  const auto responses = p.Responses();
  ASSERT_EQ(responses.size(), 4u);
  EXPECT_FALSE(responses[2].within_window());
  EXPECT_FALSE(responses[2].credited());
  EXPECT_EQ(std::count_if(responses.begin(), responses.end(),
                          [](const auto& r) { return r.first_purchase(); }),
            1);
}

TEST(ResponseTest, WindowsCloseAndExposuresAreForgotten) {
  Partition1 p;
  p.Feed(Topic::kContact, Contact(kAttempting));
  EXPECT_EQ(p.Cell("mail").open_windows(), 1);
  p.AdvanceTo(kT + kWindow);
  EXPECT_EQ(p.Cell("mail").open_windows(), 0);
  // A feed a day late still counts what happened inside the window.
  p.ctx.SetNow(kT + kWindow + kMicrosPerDay);
  p.Feed(Topic::kCustomer, Purchase(kT + 5, 7));
  EXPECT_EQ(p.Sum("sales"), 7);
  p.AdvanceTo(kT + 2 * kWindow + 7 * kMicrosPerDay);
  p.Feed(Topic::kCustomer, Purchase(kT + 2 * kWindow - 1, 7));
  EXPECT_TRUE(p.ctx.timers.empty());
  EXPECT_EQ(p.Cell("mail").late_responses(), 0);
  EXPECT_EQ(p.Cell("mail").customers(), 1);
}

TEST(ResponseTest, TwinsAreMeasuredAndNeverCredited) {
  Partition1 p;
  p.Feed(Topic::kContact, Twin());
  CustomerEvent purchase = Purchase(kT + 5, 300);
  purchase.mutable_activity()->set_treatment_code("spring.w1.mail");
  p.Feed(Topic::kCustomer, purchase);
  EXPECT_EQ(p.Sum("sales", "control"), 300);
  EXPECT_EQ(p.Cell("control").cost_micros(), 0);
  ASSERT_EQ(p.Responses().size(), 1u);
  EXPECT_TRUE(p.Responses()[0].is_holdout_twin());
  EXPECT_FALSE(p.Responses()[0].credited());
  EXPECT_FALSE(p.Responses()[0].direct());
}

TEST(ResponseTest, DirectByCodeOrContactAndCreditToTheLastTouch) {
  Partition1 p;
  p.Define(MakeCampaign("autumn"));
  p.Feed(Topic::kContact, Contact(kAttempting, kT));
  p.Feed(Topic::kContact, Contact(kAttempting, kT + 100, "autumn"));
  CustomerEvent purchase = Purchase(kT + 200, 50);
  purchase.mutable_activity()->set_treatment_code("spring.w1.mail");
  p.Feed(Topic::kCustomer, purchase);
  std::map<std::string, ResponseEvent> by;
  for (const auto& r : p.Responses()) by[r.campaign()] = r;
  EXPECT_TRUE(by["spring"].direct());
  EXPECT_FALSE(by["spring"].credited());
  EXPECT_FALSE(by["autumn"].direct());
  EXPECT_TRUE(by["autumn"].credited());
  EXPECT_EQ(p.Cell("mail").direct_responses(), 1);
}

TEST(ResponseTest, ReturnsComeOffInEitherOrder) {
  for (const bool return_first : {true, false}) {
    Partition1 p;
    p.Feed(Topic::kContact, Contact(kAttempting));
    if (return_first) p.Feed(Topic::kCustomer, ReturnOf("o1", kT + 9, 400));
    p.Feed(Topic::kCustomer, Purchase(kT + 5, 1000, "o1"));
    if (!return_first) p.Feed(Topic::kCustomer, ReturnOf("o1", kT + 9, 400));
    p.Feed(Topic::kCustomer, ReturnOf("older", kT + 9, 5000));  // bought before the contact
    EXPECT_EQ(p.Sum("sales"), 600);
    EXPECT_EQ(p.Sum("orders"), 1);
    EXPECT_EQ(SumsOf(p.Cell("mail"), "sales")->responders, 1);
  }
}

TEST(ResponseTest, WhereAndCurrency) {
  Partition1 p;
  p.Feed(Topic::kContact, Contact(kAttempting));
  CustomerEvent web = Purchase(kT + 1, 10);
  web.mutable_activity()->set_channel("web");
  p.Feed(Topic::kCustomer, web);
  CustomerEvent foreign = Purchase(kT + 2, 5000);
  foreign.mutable_activity()->mutable_purchase()->set_currency("KRW");
  p.Feed(Topic::kCustomer, foreign);
  EXPECT_EQ(p.Sum("web_sales"), 10);
  EXPECT_EQ(p.Sum("sales"), 10);
  EXPECT_EQ(p.Sum("orders"), 2);
  EXPECT_EQ(p.ctx.counts["response_foreign_currency/KRW"], 1);
}

// The campaign's name was the label: a series for each campaign that ever was.
TEST(ResponseTest, BugCountersHadALabelByCampaign) {
  Partition1 p;
  p.Feed(Topic::kContact, Contact(kAttempting, kT, "unheard-of"));
  p.AdvanceTo(kT + 1'000 * kMicrosPerDay);
  p.Feed(Topic::kContact, Contact(event::v1::CONTACT_STATUS_DELIVERED));
  EXPECT_EQ(p.ctx.counts["response_unknown_campaign"], 1);
  EXPECT_EQ(p.ctx.counts["response_outcome_too_late"], 1);
}

TEST(ResponseTest, ADefiniteFailureLeavesAndARetryComesBack) {
  Partition1 p;
  p.Feed(Topic::kContact, Contact(kAttempting));
  p.Feed(Topic::kCustomer, Purchase(kT, 10));
  p.Feed(Topic::kContact, Contact(event::v1::CONTACT_STATUS_FAILED));
  v1::CellSums cell = p.Cell("mail");
  EXPECT_EQ(cell.customers(), 0);
  EXPECT_EQ(cell.failed(), 1);
  EXPECT_EQ(cell.cost_micros(), 0);
  EXPECT_EQ(cell.open_windows(), 0);
  EXPECT_EQ(SumsOf(cell, "sales").value(), stats::Sums());
  p.Feed(Topic::kContact, Contact(kAttempting, kT + 100));
  p.Feed(Topic::kContact, Contact(event::v1::CONTACT_STATUS_ACCEPTED, kT + 100));
  p.Feed(Topic::kContact, Contact(event::v1::CONTACT_STATUS_BOUNCED, kT + 100));
  cell = p.Cell("mail");
  EXPECT_EQ(cell.customers(), 1);
  EXPECT_EQ(cell.failed() + cell.in_flight() + cell.accepted() + cell.delivered(), 0);
  EXPECT_EQ(cell.undelivered(), 1);
  EXPECT_EQ(p.Sum("sales"), 0);  // bought before the attempt that succeeded
}

TEST(ResponseTest, SuppressedByReasonAndProofsIgnored) {
  Partition1 p;
  ContactEvent suppressed = Contact(event::v1::CONTACT_STATUS_SUPPRESSED);
  suppressed.set_suppression_reason("NO_CONSENT");
  p.Feed(Topic::kContact, suppressed);
  ContactEvent proof = Contact(kAttempting);
  proof.set_is_proof(true);
  p.Feed(Topic::kContact, proof);
  const v1::CellSums cell = p.Cell("mail");
  EXPECT_EQ(cell.customers(), 0);
  ASSERT_EQ(cell.suppressed_size(), 1);
  EXPECT_EQ(cell.suppressed(0).reason(), "NO_CONSENT");
  EXPECT_EQ(cell.suppressed(0).count(), 1);
}

// A random life of many customers: what a spreadsheet would make of it, in any order, in any number
// of partitions.
struct Life {
  explicit Life(uint64_t seed) {
    Rng rng(seed);
    for (int i = 0; i < 40; ++i) {
      const CustomerId id =
          NextCustomerId(static_cast<Slot>(rng.Below(kSlots)), kT + i * kMicrosPerMilli, 0);
      ContactEvent contact = rng.Chance(0.4) ? Twin(kT + i) : Contact(kAttempting, kT + i);
      contact.set_customer_id(id);
      contact.set_contact_id(absl::StrCat("c", i));
      contacts.push_back(contact);
      stats::Observation sales;
      for (uint64_t k = rng.Below(6); k > 0; --k) {
        const Micros at = kT + static_cast<Micros>(rng.Below(3 * kWindow)) - kWindow;
        const auto net = static_cast<int64_t>(rng.Below(100'000));
        CustomerEvent purchase = Purchase(at, net, absl::StrCat("o", i, "-", k));
        purchase.set_customer_id(id);
        activities.push_back(purchase);
        const bool in = at >= kT + i && at < kT + i + kWindow;
        if (in) sales = {sales.value + net, true};
        if (!rng.Chance(0.3)) continue;
        CustomerEvent back = ReturnOf(absl::StrCat("o", i, "-", k), at + 1, net / 2);
        back.set_customer_id(id);
        activities.push_back(back);
        if (in && at + 1 < kT + i + kWindow) sales.value -= net / 2;
      }
      expected[contact.cell()].Add(sales);
    }
  }
  std::vector<ContactEvent> contacts;
  std::vector<CustomerEvent> activities;
  std::map<std::string, stats::Sums> expected;
};

Cells Replay(const Life& life, uint32_t partitions, uint64_t order) {
  std::vector<std::unique_ptr<Partition1>> parts;
  for (uint32_t i = 0; i < partitions; ++i) {
    parts.push_back(std::make_unique<Partition1>(i, partitions));
  }
  std::vector<size_t> events(life.contacts.size() + life.activities.size());
  for (size_t i = 0; i < events.size(); ++i) events[i] = i;
  Rng rng(order);
  for (size_t i = events.size(); i > 1; --i) std::swap(events[i - 1], events[rng.Below(i)]);
  for (const size_t e : events) {
    if (e < life.contacts.size()) {
      const auto& contact = life.contacts[e];
      parts[PartitionOfCustomer(contact.customer_id(), partitions)]->Feed(Topic::kContact, contact);
    } else {
      const auto& activity = life.activities[e - life.contacts.size()];
      parts[PartitionOfCustomer(activity.customer_id(), partitions)]->Feed(Topic::kCustomer,
                                                                           activity);
    }
  }
  Cells cells;
  for (auto& part : parts) EXPECT_TRUE(AddCells(CellsOf(part->ctx, "spring"), &cells).ok());
  return cells;
}

TEST(ResponseTest, SumsEqualBruteForceInAnyOrderAndPartitioning) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    const Life life(seed);
    std::string first;
    for (const uint32_t partitions : {1u, 4u, 16u}) {
      const Cells cells = Replay(life, partitions, seed * 31 + partitions);
      for (const auto& [name, sums] : life.expected) {
        const auto& cell = cells.at({"w1", "all", name});
        EXPECT_EQ(SumsOf(cell, "sales").value(), sums) << name << " seed " << seed;
      }
      const auto report = BuildReport(MakeCampaign("spring"), "USD", cells, {}, kT);
      ASSERT_TRUE(report.ok());
      if (first.empty()) first = report->DebugString();
      EXPECT_EQ(report->DebugString(), first) << "seed " << seed;
    }
  }
}

TEST(ResponseTest, DefinitionsSurviveAcquire) {
  Partition1 p;
  p.processor = Spec().make({Service::kResponse, 0});
  ASSERT_TRUE(p.processor->OnAcquire(p.ctx).ok());
  p.Feed(Topic::kContact, Contact(kAttempting));
  p.Feed(Topic::kCustomer, Purchase(kT + 5, 3));
  EXPECT_EQ(p.Sum("sales"), 3);
}

}  // namespace
}  // namespace dangol::response
