// Treated customers and their control are judged alike: both arms lose the same customers, for the
// same reasons, or the comparison is of two populations.
#include <map>

#include "services/campaign/testing/harness.h"

namespace dangol::campaign {
namespace {

using event::v1::EFFECT_RESULT_ACCEPTED;

constexpr CustomerId kCustomers = 400;

void SetAddressOfChannel(Harness& h, v1::AddressKind kind) {
  h.SetChannel([&](v1::Channel* channel) { channel->set_address(kind); });
}

// Cells by name, of the first wave.
std::map<std::string, v1::Waterfall> CellsOf(Harness& h) {
  std::map<std::string, v1::Waterfall> cells;
  const v1::Progress progress = h.Progress("win-back");
  for (const auto& cell : progress.waves(0).audiences(0).cells()) {
    cells[cell.cell()] = cell.waterfall();
  }
  return cells;
}

// Treated customers without an address left the sums, their control stayed in.
TEST(Arms, WithoutAnAddressAreLostInBoth) {
  Harness h;
  SetAddressOfChannel(h, v1::ADDRESS_KIND_EMAIL);
  for (CustomerId id = 1; id <= kCustomers; ++id) {
    h.AddCustomer(id);
    h.Address(id, /*email=*/id % 2 == 0);
  }
  h.Launch(HalfAndHalf());
  h.Watermark("win-back", "w1");
  h.OutcomeOfAll(EFFECT_RESULT_ACCEPTED);
  std::map<std::string, v1::Waterfall> cells = CellsOf(h);
  EXPECT_GT(cells["mail"].sent(), 0);
  EXPECT_GT(cells["hold"].held_out(), 0);
  EXPECT_EQ(cells["mail"].sent() + cells["hold"].held_out(), kCustomers / 2);
  for (const auto& [name, waterfall] : cells) {
    EXPECT_EQ(waterfall.suppressed_by_reason().at("NO_ADDRESS"), waterfall.suppressed()) << name;
    EXPECT_GT(waterfall.suppressed(), 0) << name;
  }
  for (const auto& contact : h.Contacts()) {
    if (contact.suppression_reason().empty()) {
      EXPECT_EQ(contact.customer_id() % 2, 0u);
    }
  }
}

TEST(Arms, AnAddressThatCameIsSeenAndOneOfAnotherKindIsNoAddress) {
  Harness h;
  SetAddressOfChannel(h, v1::ADDRESS_KIND_PHONE);
  h.AddCustomer(1);
  event::v1::CustomerEvent event;
  event.set_customer_id(1);
  event.mutable_changed()->mutable_addresses()->set_email(true);
  h.Feed(Topic::kCustomer, event);
  v1::Campaign c = HalfAndHalf();
  c.mutable_trigger()->mutable_batch()->add_waves()->set_name("w2");
  h.Launch(c);
  h.Watermark("win-back", "w1");
  EXPECT_EQ(h.Progress("win-back").total().suppressed_by_reason().at("NO_ADDRESS"), 1);
  event.mutable_changed()->mutable_addresses()->set_phone(true);
  h.Feed(Topic::kCustomer, event);
  h.Watermark("win-back", "w2");
  EXPECT_EQ(h.Progress("win-back").total().contactable(), 1);
}

// Customers kept before profile published the kinds: the attempt finds out.
TEST(Arms, NothingKnownOfAddressesIsNoReasonToSuppress) {
  Harness h;
  SetAddressOfChannel(h, v1::ADDRESS_KIND_EMAIL);
  h.AddCustomer(1);
  h.Launch(HalfAndHalf());
  h.Watermark("win-back", "w1");
  EXPECT_EQ(h.Progress("win-back").total().contactable(), 1);
}

// A do-not-serve customer, whose offers are all dropped for that, was recorded as NO_OFFER.
TEST(Arms, WhoMayNotBeContactedIsNotRecordedAsWithoutOffer) {
  Harness h;
  h.DefineOffer("voucher", "10 off");
  for (CustomerId id = 1; id <= kCustomers; ++id) {
    h.AddCustomer(id);
    event::v1::CustomerEvent event;
    event.set_customer_id(id);
    event.mutable_changed()->mutable_restriction()->set_do_not_serve(id % 2 == 0);
    h.Feed(Topic::kCustomer, event);
  }
  v1::Campaign c = HalfAndHalf();
  c.mutable_audiences(0)->mutable_cells(0)->add_offers("voucher");
  h.Launch(c);
  h.Watermark("win-back", "w1");
  for (const auto& p : h.ctx.EmittedTo<event::v1::ProposalEvent>(Topic::kProposal)) {
    event::v1::DecisionEvent decision;
    decision.set_customer_id(p.customer_id());
    decision.set_contact_id(p.contact_id());
    h.Feed(Topic::kDecision, decision);
  }
  int64_t restricted = 0, without_offer = 0;
  for (const auto& [name, waterfall] : CellsOf(h)) {
    const auto& reasons = waterfall.suppressed_by_reason();
    EXPECT_EQ(reasons.size(), 2u) << name;
    EXPECT_GT(reasons.at("DO_NOT_SERVE"), 0) << name;
    restricted += reasons.at("DO_NOT_SERVE");
    without_offer += reasons.at("NO_OFFER");
  }
  EXPECT_EQ(restricted, kCustomers / 2);
  EXPECT_EQ(without_offer, kCustomers / 2);
  for (const CustomerId id : {CustomerId{1}, CustomerId{2}}) {
    const auto why = Explain(*h.processor, h.ctx, "win-back", id);
    ASSERT_TRUE(why.ok());
    std::map<std::string, bool> checks;
    for (const auto& check : why->contacts(0).checks()) checks[check.name()] = check.passed();
    EXPECT_EQ(checks.at("not do-not-serve"), id % 2 != 0);
    EXPECT_FALSE(checks.at("an offer for the customer"));
  }
}

}  // namespace
}  // namespace dangol::campaign
