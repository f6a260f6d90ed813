// Customers merged and erased: nothing twice, caps hold over both histories, held out stays held
// out, the waterfall ties.
#include <algorithm>
#include <map>

#include "absl/strings/match.h"
#include "libs/base/hash.h"
#include "services/campaign/domain/cells.h"
#include "services/campaign/domain/merge.h"
#include "services/campaign/testing/harness.h"

namespace dangol::campaign {
namespace {

using event::v1::EFFECT_RESULT_ACCEPTED;
using event::v1::EFFECT_RESULT_FAILED;

v1::Campaign TwoWaves() {
  v1::Campaign c = HalfAndHalf();
  c.mutable_trigger()->mutable_batch()->add_waves()->set_name("w2");
  return c;
}

// The first customer after another one that the campaign's hash treats, or holds out.
CustomerId CustomerOf(const v1::Campaign& c, bool control, CustomerId after = 0) {
  CustomerId id = after + 1;
  while (CellByHash(c, c.audiences(0), id)->is_control() != control) ++id;
  return id;
}

v1::CustomerRecord RecordOf(Harness& h, CustomerId id) {
  v1::CustomerRecord record;
  LoadCustomer(h.ctx, id, &record);
  return record;
}

TEST(Merge, IsIndifferentToOrderAndToTheWay) {
  std::vector<v1::CustomerRecord> records(4);
  for (int i = 0; i < 4; ++i) {
    v1::CustomerRecord& r = records[static_cast<size_t>(i)];
    r.add_once(100 + static_cast<uint64_t>(i % 2));
    auto* recent = r.add_recent();
    recent->set_time_us(50 - i);
    recent->set_contact(static_cast<uint64_t>(i));
    auto* consent = r.add_consents();
    consent->set_channel("email");
    consent->set_observed_time_us(i == 2 ? 7 : 5);
    consent->set_granted(i != 1);
    auto* row = r.add_list_rows();
    row->set_campaign(9);
    row->set_cell("cell" + std::to_string(i));
    r.mutable_restriction()->set_do_not_serve(i == 3);
  }
  records[0].clear_list_rows();
  const auto never = [](absl::string_view) { return false; };
  std::string expected;
  std::vector<size_t> order = {1, 2, 3};
  do {
    v1::CustomerRecord star = records[0];
    for (size_t i : order) TakeOver(HandOverOf(i + 1, records[i], {}, never), i + 1, &star);
    // The larger goes into the smaller: 4 into 3 into 2 into 1.
    v1::CustomerRecord chain = records[2];
    TakeOver(HandOverOf(4, records[3], {}, never), 4, &chain);
    v1::CustomerRecord next = records[1];
    TakeOver(HandOverOf(3, chain, {}, never), 3, &next);
    v1::CustomerRecord last = records[0];
    TakeOver(HandOverOf(2, next, {}, never), 2, &last);
    if (expected.empty()) expected = star.SerializeAsString();
    EXPECT_EQ(star.SerializeAsString(), expected);
    EXPECT_EQ(last.SerializeAsString(), expected);
  } while (std::next_permutation(order.begin(), order.end()));
  v1::CustomerRecord all;
  all.ParseFromString(expected);
  EXPECT_EQ(all.recent_size(), 4);
  EXPECT_EQ(all.recent(0).time_us(), 47);
  EXPECT_EQ(all.once_size(), 2);
  EXPECT_TRUE(all.consents(0).granted());  // the newest word
  EXPECT_EQ(all.list_rows(0).cell(), "cell1");
  EXPECT_TRUE(all.restriction().do_not_serve());
  EXPECT_EQ(all.merged_size(), 3);
}

TEST(Merge, OfTwoWordsAtTheSameTimeTheRefusalStands) {
  v1::CustomerRecord into, from;
  into.add_consents()->set_granted(true);
  from.add_consents()->set_granted(false);
  TakeOver(HandOverOf(2, from, {}, [](absl::string_view) { return false; }), 2, &into);
  EXPECT_FALSE(into.consents(0).granted());
}

// Two customers, `from` to be merged into `into`, whom the running campaign treats or holds out as
// asked. `from` is there from the start.
struct Pair {
  Pair(bool from_control, bool into_control) {
    into = CustomerOf(campaign, into_control);
    from = CustomerOf(campaign, from_control, into);
    h.AddCustomer(from);
    h.Launch(campaign);
  }
  void Merge() {
    h.AddCustomer(into);
    h.MergeCustomer(from, into);
  }

  Harness h;
  const v1::Campaign campaign = TwoWaves();
  CustomerId into = 0, from = 0;
};

TEST(Merge, PendingContactEndsAsMergedAndTheWaterfallTies) {
  Harness h;
  v1::Campaign c = TwoWaves();
  c.mutable_audiences(0)->mutable_cells(0)->add_offers("tote");
  h.DefineOffer("tote", "A tote.");
  const CustomerId into = CustomerOf(c, false), from = CustomerOf(c, false, into);
  h.AddCustomer(into);
  h.AddCustomer(from);
  h.Launch(c);
  h.Watermark("win-back", "w1");  // both wait for their decisions
  ASSERT_EQ(h.Progress("win-back").total().pending(), 2);
  h.MergeCustomer(from, into);
  EXPECT_EQ(h.Progress("win-back").total().pending(), 1);
  EXPECT_EQ(h.Suppressed("MERGED"), 1);
  EXPECT_FALSE(LoadCustomer(h.ctx, from, std::make_unique<v1::CustomerRecord>().get()));
}

TEST(Merge, WhoWasContactedUnderAnotherIdIsNotContactedAgainInTheWave) {
  Pair pair(/*from_control=*/false, /*into_control=*/false);
  Harness& h = pair.h;
  h.Watermark("win-back", "w1");
  h.OutcomeOfAll(EFFECT_RESULT_ACCEPTED);
  ASSERT_EQ(h.ctx.effects.size(), 1u);
  pair.Merge();
  // As if the wave came to the other customer's partition only now.
  v1::WaveRecord wave;
  Load(h.ctx, Table::kShared, "wave/win-back/w1", &wave);
  wave.set_scan_done(false);
  wave.set_cursor(0);
  StoreRecord(h.ctx, Table::kShared, "wave/win-back/w1", wave);
  ASSERT_TRUE(h.processor->OnTimer({1, "win-back/w1", 0, ""}, h.ctx).ok());
  EXPECT_EQ(h.ctx.effects.size(), 1u);
  EXPECT_EQ(h.Suppressed("MERGED"), 1);
  h.Watermark("win-back", "w2");  // another wave is another occasion
  EXPECT_EQ(h.ctx.effects.size(), 2u);
}

TEST(Merge, PendingContactOfTheOneThatStaysEndsWhenTheOtherGotIt) {
  Harness h;
  const v1::Campaign c = TwoWaves();
  const CustomerId into = CustomerOf(c, false), from = CustomerOf(c, false, into);
  h.AddCustomer(into);
  event::v1::CustomerEvent zone;
  zone.set_customer_id(into);
  zone.mutable_changed()->set_time_zone("Pacific/Auckland");  // where it is night
  h.Feed(Topic::kCustomer, zone);
  h.AddCustomer(from);
  h.Launch(c);
  h.Watermark("win-back", "w1");
  ASSERT_EQ(h.ctx.effects.size(), 1u);
  ASSERT_EQ(h.Progress("win-back").total().pending(), 1);
  h.MergeCustomer(from, into);
  EXPECT_EQ(h.Progress("win-back").total().pending(), 0);
  EXPECT_EQ(h.Suppressed("MERGED"), 1);
  h.Advance(kMicrosPerDay);
  EXPECT_EQ(h.ctx.effects.size(), 1u);
}

TEST(Merge, HeldOutUnderAnotherIdIsNeverContacted) {
  Pair pair(/*from_control=*/true, /*into_control=*/false);
  Harness& h = pair.h;
  h.Watermark("win-back", "w1");
  ASSERT_EQ(h.Progress("win-back").total().held_out(), 1);
  pair.Merge();
  h.Watermark("win-back", "w2");
  EXPECT_TRUE(h.ctx.effects.empty());
  EXPECT_EQ(h.Suppressed("MERGED"), 1);
}

TEST(Merge, ContactedUnderAnotherIdIsNoControlAnyMore) {
  Pair pair(/*from_control=*/false, /*into_control=*/true);
  Harness& h = pair.h;
  h.Watermark("win-back", "w1");
  h.OutcomeOfAll(EFFECT_RESULT_ACCEPTED);
  pair.Merge();
  h.Watermark("win-back", "w2");
  EXPECT_EQ(h.Progress("win-back").total().held_out(), 0);
  EXPECT_EQ(h.ctx.effects.size(), 1u);
}

TEST(Merge, AttemptUnderWayEndsUnderItsIdAndComesOffTheUnitedCapsIfItFails) {
  Pair pair(/*from_control=*/false, /*into_control=*/false);
  Harness& h = pair.h;
  h.Watermark("win-back", "w1");
  ASSERT_EQ(h.ctx.effects.size(), 1u);
  pair.Merge();
  EXPECT_EQ(RecordOf(h, pair.into).recent_size(), 1);
  h.OutcomeOfAll(EFFECT_RESULT_FAILED);
  EXPECT_EQ(RecordOf(h, pair.into).recent_size(), 0);
  EXPECT_EQ(h.ctx.effects.size(), 1u) << "tried again for a customer that is another one now";
  EXPECT_EQ(h.Contacts().back().customer_id(), pair.from);
  EXPECT_EQ(h.Suppressed("MERGED"), 1);
  EXPECT_FALSE(LoadCustomer(h.ctx, pair.from, std::make_unique<v1::CustomerRecord>().get()));
}

void Buy(Harness& h, CustomerId id) { h.Feed(Topic::kCustomer, Purchase(id, "m1", h.ctx.now())); }

TEST(Merge, TriggerThatWaitsFiresForTheOtherCustomer) {
  Harness h;
  h.AddCustomer(1);
  h.AddCustomer(2);
  h.Launch(OnPurchase(kMicrosPerHour));
  Buy(h, 2);
  h.MergeCustomer(2, 1);
  h.Advance(kMicrosPerHour);
  ASSERT_EQ(h.ctx.effects.size(), 1u);
  EXPECT_EQ(h.Contacts().back().customer_id(), 1u);
}

TEST(Merge, HistoryToldAgainTriggersNothing) {
  Harness h;
  h.AddCustomer(1);
  h.Launch(OnPurchase(0));
  event::v1::CustomerEvent told = Purchase(1, "m1", kNoon);
  told.set_reissued(true);
  h.Feed(Topic::kCustomer, told);
  EXPECT_TRUE(h.ctx.effects.empty());
}

// Every row of every table that names the customer.
int RowsNaming(Harness& h, CustomerId id) {
  int rows = 0;
  for (Table table : {Table::kCustomer, Table::kIndex, Table::kShared}) {
    h.ctx.Scan(table, "", [&](absl::string_view key, absl::string_view value) {
      v1::ContactRecord contact;
      rows += absl::StrContains(key, EncodeKey(id)) ||
              (table == Table::kIndex && key[0] == 'c' &&
               contact.ParseFromArray(value.data(), static_cast<int>(value.size())) &&
               contact.customer_id() == id);
      return true;
    });
  }
  return rows;
}

TEST(Erase, RemovesEveryRowAndTimerAndTies) {
  Harness h;
  h.AddCustomer(77);
  h.AddCustomer(78);
  v1::Campaign after = OnPurchase(kMicrosPerHour);
  after.set_name("after-purchase");
  h.Launch(after);
  v1::Campaign c = TwoWaves();
  c.mutable_audiences(0)->mutable_cells(0)->add_offers("tote");
  h.DefineOffer("tote", "A tote.");
  h.Launch(c);
  Buy(h, 77);
  h.Watermark("win-back", "w1");
  ASSERT_GE(RowsNaming(h, 77), 4);
  ASSERT_EQ(h.ctx.timers.size(), 1u);
  h.EraseCustomer(77);
  EXPECT_EQ(RowsNaming(h, 77), 0);
  EXPECT_TRUE(h.ctx.timers.empty());
  EXPECT_EQ(h.Suppressed("ERASED"), 1);
  const auto contacts = h.Contacts();
  EXPECT_EQ(contacts.back().erased().customer_id(), 77u);
  EXPECT_EQ(contacts.back().erased().service(), "campaign");
  EXPECT_EQ(contacts.back().erased().erasure(), "erasures/e1");
  Buy(h, 77);  // came too late
  EXPECT_EQ(RowsNaming(h, 77), 0);
}

TEST(Erase, AttemptUnderWayEndsAndLeavesNothing) {
  Harness h;
  const v1::Campaign c = TwoWaves();
  const CustomerId id = CustomerOf(c, false, 1000);  // no number of anything else
  h.AddCustomer(id);
  h.Launch(c);
  h.Watermark("win-back", "w1");
  ASSERT_EQ(h.ctx.effects.size(), 1u);
  h.EraseCustomer(id);
  EXPECT_EQ(h.Progress("win-back").total().in_flight(), 1);
  h.OutcomeOfAll(EFFECT_RESULT_ACCEPTED);
  EXPECT_EQ(h.Progress("win-back").total().sent(), 1);
  EXPECT_EQ(RowsNaming(h, id), 0);
}

}  // namespace
}  // namespace dangol::campaign
