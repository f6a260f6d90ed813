#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "libs/stream/allotment.h"
#include "services/offer/catalogue.h"
#include "tests/simulation/invariants.h"

namespace dangol::simulation {
namespace {

using event::v1::ContactEvent;

struct Cap {
  const char* channel;  // empty: all together
  size_t count;
  Micros window;
};
constexpr Cap kCaps[] = {{"", 2, 7 * kMicrosPerDay}, {"sms", 1, 2 * kMicrosPerDay}};  // season.yaml

void ExpectWithin(const Cap& cap, std::vector<Micros> times, CustomerId customer) {
  std::sort(times.begin(), times.end());
  for (size_t i = cap.count; i < times.size(); ++i) {
    EXPECT_GE(times[i] - times[i - cap.count], cap.window)
        << "customer " << customer << " has more than " << cap.count << " contacts (" << cap.channel
        << ") in a window";
  }
}

}  // namespace

void CheckDeliveries(const World& world, const Evidence& evidence) {
  EXPECT_TRUE(world.mailroom().repeated().empty())
      << "begun twice: " << world.mailroom().repeated().front();
  for (const auto& [id, letter] : world.mailroom().delivered()) {
    EXPECT_TRUE(letter.idempotent || letter.times == 1) << "delivered more than once: " << id;
    const auto contact = evidence.contacts.find(id);
    ASSERT_NE(contact, evidence.contacts.end()) << "delivered without a contact: " << id;
    EXPECT_TRUE(contact->second.counts_as_contact()) << contact->second.ShortDebugString();
    EXPECT_EQ(contact->second.customer_id(), letter.customer);
  }
  for (const auto& [id, contact] : evidence.contacts) {
    if (contact.status() != event::v1::CONTACT_STATUS_ACCEPTED &&
        contact.status() != event::v1::CONTACT_STATUS_DELIVERED) {
      continue;
    }
    EXPECT_EQ(world.mailroom().delivered().count(id), 1u) << contact.ShortDebugString();
  }
}

void CheckHoldouts(const World& world, const Evidence& evidence) {
  std::set<std::pair<std::string, CustomerId>> held_out;
  for (const auto& [id, contact] : evidence.contacts) {
    if (contact.is_holdout_twin()) held_out.emplace(contact.campaign(), contact.customer_id());
  }
  EXPECT_FALSE(held_out.empty());
  for (const auto& [id, letter] : world.mailroom().delivered()) {
    if (letter.proof) continue;
    EXPECT_EQ(held_out.count({letter.campaign, letter.customer}), 0u)
        << "held out of " << letter.campaign << " and contacted: " << letter.customer;
  }
}

void CheckCaps(const Evidence& evidence) {
  for (const Cap& cap : kCaps) {
    std::map<CustomerId, std::vector<Micros>> times;
    for (const auto& [id, contact] : evidence.contacts) {
      if (!contact.counts_as_contact() || contact.is_proof()) continue;
      if (cap.channel[0] != '\0' && contact.channel() != cap.channel) continue;
      times[contact.customer_id()].push_back(contact.contact_time_us());
    }
    for (const auto& [customer, made] : times) ExpectWithin(cap, made, customer);
  }
}

void CheckBudget(World& world, const Evidence& evidence) {
  int64_t cost = 0;
  for (const auto& [id, contact] : evidence.contacts) {
    if (contact.counts_as_contact() && !contact.is_proof() && contact.offer() == "gift") {
      cost += contact.offer_cost_micros();
    }
  }
  int64_t spent = 0;
  world.LookAll(Service::kOffer, [&](StateView& view) {
    spent += allotment::HeldOf(view, offer::BudgetOf("gift")).spent;
  });
  EXPECT_EQ(spent, cost);
  EXPECT_GT(spent, 0);
  EXPECT_LE(spent, evidence.offers.at("gift").budget_minor() * 1'000'000);
}

void CheckDecisions(const Evidence& evidence) {
  std::map<std::string, int> proposed, decided;
  for (const auto& proposal : evidence.proposals) ++proposed[proposal.contact_id()];
  for (const auto& decision : evidence.decisions) {
    ++decided[decision.contact_id()];
    if (decision.offer().empty()) continue;
    EXPECT_GE(decision.propensity(), 0.01) << decision.ShortDebugString();
    EXPECT_LE(decision.propensity(), 1.0) << decision.ShortDebugString();
  }
  for (const auto& [id, times] : proposed) EXPECT_EQ(times, 1) << "proposed again: " << id;
  EXPECT_FALSE(decided.empty());
  EXPECT_EQ(decided, proposed);
}

void CheckContents(const World& world) {
  for (const auto& [id, letter] : world.mailroom().delivered()) {
    if (letter.campaign != "spree") continue;
    EXPECT_EQ(letter.content, Season::kApprovedContent) << id;
  }
}

void CheckList(const Season& season, const Evidence& evidence) {
  std::map<CustomerId, std::string> selected;
  for (const auto& [id, contact] : evidence.contacts) {
    if (contact.campaign() == "listed") selected[contact.customer_id()] = contact.cell();
  }
  EXPECT_EQ(selected, season.list());
}

void CheckProofs(const World& world, const Evidence& evidence) {
  std::map<std::string, int> cells;  // treated cells that have proofs
  for (const auto& [id, contact] : evidence.contacts) {
    if (!contact.is_proof()) continue;
    EXPECT_FALSE(contact.is_holdout_twin()) << contact.ShortDebugString();
    ++cells[contact.cell()];
    const auto letter = world.mailroom().delivered().find(id);
    EXPECT_TRUE(letter == world.mailroom().delivered().end() || letter->second.proof) << id;
  }
  EXPECT_EQ(cells, (std::map<std::string, int>{{"capital-letter", 1}}));
}

}  // namespace dangol::simulation
