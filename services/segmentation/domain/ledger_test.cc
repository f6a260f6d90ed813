#include "services/segmentation/domain/ledger.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "dangol/event/v1/activity.pb.h"
#include "gtest/gtest.h"
#include "libs/base/rng.h"

namespace dangol::segmentation {
namespace {

event::v1::Activity Order(int i, Micros when) {
  event::v1::Activity activity;
  activity.set_message_id(absl::StrCat("m", i));
  activity.set_external_id(absl::StrCat("o", i));
  activity.set_source("pos");
  activity.set_business_unit("shop");
  activity.set_store(absl::StrCat("S", i % 3));
  activity.set_occurred_time_us(when);
  event::v1::Purchase* purchase = activity.mutable_purchase();
  purchase->set_net_minor(1'000 * i);
  purchase->set_currency("KRW");
  purchase->set_quantity(i);
  event::v1::PurchaseLine* line = purchase->add_lines();
  line->set_brand("B");
  line->set_category_large(i % 2 ? "skin" : "hair");
  line->set_net_minor(1'000 * i);
  return activity;
}

event::v1::Activity Viewed(int i, Micros when) {
  event::v1::Activity activity;
  activity.set_message_id(absl::StrCat("v", i));
  activity.set_business_unit("shop");
  activity.set_occurred_time_us(when);
  activity.mutable_web_event()->set_event("Product Viewed");
  (*activity.mutable_web_event()->mutable_properties())["category"] = absl::StrCat("c", i);
  (*activity.mutable_web_event()->mutable_properties())["page"] = "home";
  return activity;
}

// Everything that a segment can see, so that two ledgers can be compared.
std::string Show(const Ledger& ledger) {
  std::vector<std::string> lines;
  for (const Series& s : ledger.series()) {
    for (size_t i = 0; i < s.rows.size(); ++i) {
      const expr::Activity& a = s.rows[i];
      lines.push_back(absl::StrCat(
          ledger.Text(s.business_unit), " ", ledger.Text(s.kind), " ", i, " t", a.time, " n", a.net,
          " q", a.quantity, " ", ledger.Text(a.store), " ", ledger.Text(a.brand), " ",
          ledger.Text(a.category), " ", ledger.Text(a.source), " k", s.extras[i].key, " r",
          s.extras[i].reference, " ", ledger.Text(s.extras[i].currency), " ",
          ledger.Attribute(a, "category").text, "/", ledger.Attribute(a, "page").text));
    }
  }
  std::sort(lines.begin(), lines.end());
  std::string all;
  for (const std::string& line : lines) absl::StrAppend(&all, line, "\n");
  return all;
}

TEST(Ledger, TheOrderOfArrivalDoesNotMatter) {
  std::vector<event::v1::Activity> activities;
  for (int i = 1; i <= 40; ++i) {
    activities.push_back(Order(i, 1'000'000 * (i / 3)));  // some at the same instant
    activities.push_back(Viewed(i, 500'000 * i));
  }
  Ledger in_order;
  for (const auto& a : activities) in_order.Add(a);
  Rng rng(7);
  for (int round = 0; round < 20; ++round) {
    for (size_t i = activities.size(); i > 1; --i) {
      std::swap(activities[i - 1], activities[rng.Below(i)]);
    }
    Ledger shuffled;
    for (const auto& a : activities) shuffled.Add(a);
    ASSERT_EQ(Show(shuffled), Show(in_order));
  }
}

TEST(Ledger, ComesBackFromItsBytes) {
  Ledger ledger;
  for (int i = 1; i <= 30; ++i) {
    ledger.Add(Order(i, 86'400'000'000ll * i));
    ledger.Add(Viewed(i, 86'400'000'000ll * i));
  }
  const std::string bytes = ledger.Encode();
  auto back = Ledger::Decode(bytes);
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(Show(*back), Show(ledger));
  EXPECT_EQ(back->Encode(), bytes);
  EXPECT_LT(bytes.size() / 90, 45u) << "bytes a row";
  back->Add(Order(99, 5));
  ledger.Add(Order(99, 5));
  EXPECT_EQ(Show(*back), Show(ledger));
  EXPECT_TRUE(Ledger::Decode("").ok());
}

TEST(Ledger, RefusesEveryCutOfItsBytes) {
  Ledger ledger;
  for (int i = 1; i <= 5; ++i) ledger.Add(Viewed(i, i));
  const std::string bytes = ledger.Encode();
  for (size_t n = 1; n < bytes.size(); ++n) {
    EXPECT_EQ(Ledger::Decode(bytes.substr(0, n)).status().code(), absl::StatusCode::kDataLoss);
  }
  EXPECT_FALSE(Ledger::Decode(bytes + "x").ok());
}

TEST(Ledger, AnyBytesAreEitherALedgerOrDataLoss) {
  Ledger ledger;
  for (int i = 1; i <= 5; ++i) ledger.Add(Order(i, i));
  const std::string bytes = ledger.Encode();
  Rng rng(3);
  for (int round = 0; round < 20'000; ++round) {
    std::string damaged = bytes;
    for (int n = 0; n < 3; ++n) {
      damaged[1 + rng.Below(damaged.size() - 1)] = static_cast<char>(rng.Next());
    }
    auto decoded = Ledger::Decode(damaged);
    if (decoded.ok()) Show(*decoded);
  }
}

TEST(Ledger, AnOrderShowsWhatAllItsLinesShare) {
  event::v1::Activity activity = Order(1, 1);
  *activity.mutable_purchase()->add_lines() = activity.purchase().lines(0);
  activity.mutable_purchase()->mutable_lines(1)->set_category_large("hair");
  Ledger ledger;
  ledger.Add(activity);
  const Series* orders = ledger.Find("shop", "purchase");
  ASSERT_NE(orders, nullptr);
  EXPECT_EQ(ledger.Text(orders->rows[0].brand), "B");
  EXPECT_EQ(orders->rows[0].category, 0u);
  EXPECT_EQ(ledger.Find("shop", "line")->rows.size(), 2u);
}

}  // namespace
}  // namespace dangol::segmentation
