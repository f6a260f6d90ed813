// What an expression is told before it is used: unknown traits, which RFM scheme, empty classes.
#include "absl/strings/str_cat.h"
#include "dangol/event/v1/customer.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/status.h"
#include "services/segmentation/questions.h"
#include "services/segmentation/testing_partition.h"
#include "services/segmentation/traits.h"

namespace dangol::segmentation {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

void SetTrait(TestPartition& p, CustomerId customer, const std::string& name,
              const std::string& text) {
  event::v1::CustomerEvent event;
  event.set_customer_id(customer);
  (*event.mutable_changed()->mutable_traits())[name].mutable_value()->set_text(text);
  p.Send(event);
}

std::vector<std::string> Warnings(TestPartition& p, const std::string& expression,
                                  const std::string& unit = TestPartition::kShop,
                                  const KnownTraits* traits = nullptr) {
  v1::CheckExpressionRequest request;
  request.set_expression(expression);
  request.set_business_unit(unit);
  v1::CheckExpressionResponse response;
  Asked asked = p.Ask();
  asked.traits = traits;
  const absl::Status status = CheckExpression(asked, request, &response);
  EXPECT_TRUE(status.ok()) << status;
  return {response.warnings().begin(), response.warnings().end()};
}

v1::RfmScheme Scheme(const std::string& name, int best_month) {
  v1::RfmScheme scheme;
  scheme.set_name(name);
  scheme.set_business_unit(TestPartition::kShop);
  scheme.add_recency_months(best_month);
  scheme.add_recency_months(best_month + 1);
  scheme.set_frequency_window_months(3);
  scheme.add_frequency_days(2);
  return scheme;
}

// `unknown trait "city"` was said although customers have it, and no suggestion was made.
TEST(CheckTest, KnowsTheTraitsThatCustomersHave) {
  TestPartition p;
  EXPECT_THAT(Warnings(p, "trait.citty = \"Seoul\""), IsEmpty()) << "nothing is known yet";
  SetTrait(p, 1, "city", "Seoul");
  EXPECT_THAT(Warnings(p, "trait.city = \"Seoul\""), IsEmpty());
  const std::string misspelt = "unknown trait \"citty\"; did you mean \"city\"?";
  EXPECT_THAT(Warnings(p, "trait.citty = \"Seoul\""), ElementsAre(misspelt));

  v1::CountAudienceRequest count;
  count.add_cuts("trait.citty = \"Seoul\"");
  v1::CountAudienceResponse counted;
  ASSERT_TRUE(CountPartition(p.Ask(), count, &counted).ok());
  EXPECT_THAT(counted.warnings(), ElementsAre(misspelt));
}

TEST(CheckTest, OtherPartitionsTraitsCount) {
  TestPartition p;
  SetTrait(p, 1, "age", "30");
  const KnownTraits seen = {{"age", expr::ValueType::kAny}, {"city", expr::ValueType::kText}};
  EXPECT_THAT(Warnings(p, "trait.city = \"Seoul\" AND trait.age > 30", p.kShop, &seen), IsEmpty());
}

TEST(CheckTest, ApplyWarnsOfTraits) {
  TestPartition p;
  auto applied = p.Apply("seoul", "trait.citty = \"Seoul\"");
  ASSERT_TRUE(applied.ok()) << applied.status();
  EXPECT_THAT(applied->warnings(), IsEmpty());
  const KnownTraits seen = {{"city", expr::ValueType::kText}, {"age", expr::ValueType::kNumber}};
  Asked asked = p.Ask();
  asked.traits = &seen;
  AddTraitWarnings(asked, &*applied);
  AddTraitWarnings(asked, &*applied);
  EXPECT_THAT(applied->warnings(), ElementsAre(HasSubstr("did you mean \"city\"?")));
  applied = p.Apply("thirty", "trait.age = \"30\"");
  ASSERT_TRUE(applied.ok()) << applied.status();
  AddTraitWarnings(asked, &*applied);
  EXPECT_THAT(applied->warnings(), ElementsAre(HasSubstr("trait.age")));
}

TEST(CheckTest, ATraitOfSeveralTypesFitsAny) {
  TestPartition p;
  SetTrait(p, 1, "age", "thirty");
  v1::CheckExpressionRequest request;
  request.set_expression("trait.age > 30");
  v1::CheckExpressionResponse response;
  EXPECT_THAT(std::string(CheckExpression(p.Ask(), request, &response).message()),
              HasSubstr("trait.age"));
  event::v1::CustomerEvent event;
  event.set_customer_id(2);
  (*event.mutable_changed()->mutable_traits())["age"].mutable_value()->set_number(31);
  p.Send(event);
  EXPECT_THAT(Warnings(p, "trait.age > 30"), IsEmpty());
  EXPECT_EQ(p.Count({"trait.age > 30"}), 1);
}

TEST(CheckTest, RemembersSoManyTraitNamesAndNoMore) {
  TestPartition p;
  event::v1::ProfileChanged changed;
  for (int i = 0; i < kKnownTraitsMax + 10; ++i) {
    (*changed.mutable_traits())[absl::StrCat("t", i)].mutable_value()->set_number(i);
  }
  NoteTraits(changed, p.ctx);
  NoteTraits(changed, p.ctx);
  KnownTraits traits;
  AddTraits(p.ctx, &traits);
  EXPECT_EQ(traits.size(), static_cast<size_t>(kKnownTraitsMax));
}

// A bare `rfm` read the preset although the business unit had a scheme of its own.
TEST(CheckTest, ABareRfmIsTheUnitsOwnScheme) {
  TestPartition p;
  p.ctx.SetNow(TestPartition::At("2026-05-01"));
  p.Buy(1, "o1", TestPartition::At("2026-04-20"));
  EXPECT_EQ(p.Count({"rfm.r = 3"}), 1) << "of the preset, while there is no other";
  ASSERT_TRUE(p.ApplyScheme(Scheme("strict", 1)).ok());
  p.Settle();
  p.ctx.SetNow(TestPartition::At("2026-06-10"));
  EXPECT_EQ(p.Count({"rfm(\"333-monthly\").r = 3"}), 1);
  EXPECT_EQ(p.Count({"rfm(\"strict\").r = 3"}), 0);
  EXPECT_EQ(p.Count({"rfm.r = 3"}), 0);
  EXPECT_EQ(p.Count({"rfm.r = 2"}), 1);

  ASSERT_TRUE(p.ApplyScheme(Scheme("weekly", 2)).ok());
  p.Settle();
  const absl::Status status = p.Apply("best", "rfm.r = 3").status();
  EXPECT_THAT(std::string(status.message()), HasSubstr("333-monthly, strict, weekly; say which"));
  EXPECT_TRUE(p.Apply("best", "rfm(\"weekly\").r = 3").ok());
}

TEST(CheckTest, ASecondSchemeMustNotLeaveABareRfmAmbiguous) {
  TestPartition p;
  ASSERT_TRUE(p.ApplyScheme(Scheme("strict", 1)).ok());
  ASSERT_TRUE(p.Apply("best", "rfm.r = 3").ok());
  const absl::Status second = p.ApplyScheme(Scheme("weekly", 2)).status();
  EXPECT_EQ(DetailOf(second).reason, "SCHEME_IN_USE");
  EXPECT_THAT(std::string(second.message()), HasSubstr("say which"));
}

// In another currency the preset has no M classes: an empty table and a count of 0 said nothing.
TEST(CheckTest, WarnsOfSchemesWithoutMonetaryClasses) {
  TestPartition p;
  p.AddUnit("usshop", "USD", "UTC");
  EXPECT_THAT(Warnings(p, "rfm.m >= 1", "usshop"), ElementsAre(HasSubstr("no M classes")));
  EXPECT_THAT(Warnings(p, "rfm.m >= 9"), ElementsAre(HasSubstr("the classes M1 to M3")));
  EXPECT_THAT(Warnings(p, "rfm.m >= 1"), IsEmpty());
  v1::RfmGrid part, grid;
  ASSERT_TRUE(GridOfPartition(p.Ask(), kPresetScheme, "usshop", &part).ok());
  for (int partition = 0; partition < 2; ++partition) AddGrid(part, &grid);
  EXPECT_THAT(grid.warnings(), ElementsAre("RFM scheme \"333-monthly\" has no monetary edges in "
                                           "USD, the currency of business unit \"usshop\": there "
                                           "are no M classes"));
  v1::RfmGrid won;
  ASSERT_TRUE(GridOfPartition(p.Ask(), kPresetScheme, p.kShop, &won).ok());
  EXPECT_THAT(won.warnings(), IsEmpty());
}

}  // namespace
}  // namespace dangol::segmentation
