#include "services/offer/questions.h"

#include <string>

#include "gtest/gtest.h"
#include "libs/stream/allotment.h"
#include "libs/stream/testing/fake_context.h"
#include "services/offer/catalogue.h"
#include "services/offer/processor.h"

namespace dangol::offer {
namespace {

// As another instance gets it.
v1::Budget AskedFromAfar(const std::string& offer, FakeContext& ctx) {
  v1::GetBudgetRequest request;
  request.set_offer(offer);
  const auto processor = Spec().make(ctx.scope());
  const auto bytes = Raw(kBudget).answer(request.SerializeAsString(), *processor, ctx);
  EXPECT_TRUE(bytes.ok()) << bytes.status();
  v1::Budget budget;
  EXPECT_TRUE(bytes.ok() && budget.ParseFromString(*bytes));
  return budget;
}

TEST(OfferQuestionsTest, TheTotalIsOneScopesAndTheRestAddsUp) {
  FakeContext first({Service::kOffer, 0}, 2), second({Service::kOffer, 1}, 2);
  const std::string name = BudgetOf("free-shipping");
  allotment::SetTotal(first, name, 1'000);
  allotment::SetTotal(second, name, 7);  // nobody asks a scope that grants nothing
  const v1::Budget at_first = AskedFromAfar("free-shipping", first);
  const v1::Budget at_second = AskedFromAfar("free-shipping", second);
  EXPECT_EQ(at_first.total_micros(), 1'000);
  EXPECT_EQ(at_second.total_micros(), 0);

  v1::Budget one, other;
  one.set_offer("free-shipping");
  one.set_total_micros(1'000);
  one.set_spent_micros(300);
  one.set_granted_micros(20);
  other.set_offer("free-shipping");
  other.set_spent_micros(40);
  other.set_granted_micros(5);
  const v1::Budget sum = SumOf({one, other});
  EXPECT_EQ(sum.offer(), "free-shipping");
  EXPECT_EQ(sum.total_micros(), 1'000);
  EXPECT_EQ(sum.spent_micros(), 340);
  EXPECT_EQ(sum.granted_micros(), 25);
}

}  // namespace
}  // namespace dangol::offer
