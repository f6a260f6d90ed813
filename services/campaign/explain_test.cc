// Why a customer was contacted, or not.
#include <set>

#include "services/campaign/testing/harness.h"

namespace dangol::campaign {
namespace {

using event::v1::EFFECT_RESULT_FAILED;

TEST(Explain, NamesEveryCheck) {
  Harness h;
  h.AddCustomer(1, /*consent=*/false);
  h.Launch(AlmostAllTreated());
  h.Watermark("win-back", "w1");
  const auto why = Explain(*h.processor, h.ctx, "win-back", 1);
  ASSERT_TRUE(why.ok());
  EXPECT_NE(why->summary().find("NO_CONSENT"), std::string::npos) << why->summary();
  ASSERT_EQ(why->contacts_size(), 1);
  std::set<std::string> failed;
  for (const auto& check : why->contacts(0).checks()) {
    if (!check.passed()) failed.insert(check.name());
  }
  EXPECT_EQ(failed, std::set<std::string>{"consent email MARKETING"});
  EXPECT_EQ(ContactsOfCampaign(h.ctx, "win-back", "", 10).size(), 1u);
}

// "Contacted at …", though the webhook had refused.
TEST(Explain, BugARefusedSendWasExplainedAsAContact) {
  Harness h;
  h.AddCustomer(1);
  h.Launch(AlmostAllTreated());
  h.Watermark("win-back", "w1");
  const auto summary = [&] { return Explain(*h.processor, h.ctx, "win-back", 1)->summary(); };
  EXPECT_EQ(summary().substr(0, 13), "Contacted at ") << "an attempt counts until it has failed";
  h.Outcome(h.ctx.effects.back(), EFFECT_RESULT_FAILED, "HTTP 503");
  EXPECT_EQ(summary(), "Not contacted yet: retrying in wave w1, cell mail.");
  for (int i = 0; i < 2; ++i) {
    h.Advance(kMicrosPerHour);
    h.Outcome(h.ctx.effects.back(), EFFECT_RESULT_FAILED, "HTTP 503");
  }
  EXPECT_EQ(summary(), "Not contacted: the channel failed in wave w1, cell mail.");
}

TEST(Explain, TheDrawIsShownOfTheAudienceThatSelects) {
  Harness h;
  h.DefineSegment("vip");
  h.AddCustomer(1);
  v1::Campaign c = AlmostAllTreated();
  v1::Audience rest = c.audiences(0);
  rest.set_name("rest");
  rest.mutable_cells(0)->set_name("rest-mail");
  rest.mutable_cells(1)->set_name("rest-hold");
  *c.add_audiences() = rest;
  c.mutable_audiences(0)->set_segment("vip");
  h.Launch(c);
  const auto why = Explain(*h.processor, h.ctx, "win-back", 1);
  ASSERT_TRUE(why.ok());
  std::vector<std::string> draws;
  for (const auto& check : why->selection()) {
    if (check.name().find("cell by hash") != std::string::npos) draws.push_back(check.name());
  }
  EXPECT_EQ(draws, std::vector<std::string>{"audience rest: cell by hash"});
}

}  // namespace
}  // namespace dangol::campaign
