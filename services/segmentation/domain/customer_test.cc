#include "services/segmentation/domain/customer.h"

#include "dangol/event/v1/activity.pb.h"
#include "dangol/event/v1/customer.pb.h"
#include "gtest/gtest.h"
#include "libs/base/rng.h"

namespace dangol::segmentation {
namespace {

Customer Somebody() {
  Customer customer;
  customer.sequence = 300;
  customer.generation = 7;
  customer.memberships = {{1, 1'700'000'000'000'000}, {9, 1'600'000'000'000'000}};
  customer.units.resize(3);
  customer.units[0] = {"beauty", 4, 1'700'000'000'000'001, 1'800'000'000'000'000};
  customer.units[1] = {"living", 0, 0, 1'750'000'000'000'000};
  customer.units[2] = {"toys", 0, 0, kNever};  // nothing to keep
  event::v1::ProfileChanged changed;
  (*changed.mutable_traits())["city"].mutable_value()->set_text("Seoul");
  changed.mutable_restriction()->set_do_not_serve(true);
  ApplyProfile(changed, &customer);
  event::v1::Activity order;
  order.set_message_id("o1");
  order.set_business_unit("beauty");
  order.mutable_purchase()->set_net_minor(10'000);
  customer.ledger.Add(order);
  return customer;
}

TEST(Customer, ComesBackFromItsBytes) {
  const std::string bytes = EncodeCustomer(Somebody());
  const auto back = DecodeCustomer(bytes);
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(back->sequence, 300u);
  EXPECT_EQ(back->generation, 7u);
  EXPECT_EQ(back->timer, 1'750'000'000'000'000);
  ASSERT_EQ(back->memberships.size(), 2u);
  EXPECT_EQ(back->memberships[1].segment_id, 9u);
  EXPECT_EQ(back->memberships[1].since, 1'600'000'000'000'000);
  ASSERT_EQ(back->units.size(), 2u);
  EXPECT_EQ(back->units[0].business_unit, "beauty");
  EXPECT_EQ(back->units[0].stage, 4);
  EXPECT_EQ(back->units[0].stage_since, 1'700'000'000'000'001);
  EXPECT_EQ(back->units[1].next, 1'750'000'000'000'000);
  EXPECT_TRUE(RestrictedAt(*back, 5).now);
  EXPECT_EQ(RestrictedAt(*back, 5).until, kNever);
  EXPECT_EQ(back->facts.traits().at("city").text(), "Seoul");
  EXPECT_EQ(back->ledger.rows(), 1u);
  EXPECT_EQ(EncodeCustomer(*back), bytes);
}

TEST(Customer, FactsThatNobodyReadsComeThroughUntouched) {
  const std::string bytes = EncodeCustomer(Somebody());
  Customer customer;
  ASSERT_TRUE(DecodeWithoutFacts(bytes, &customer).ok());
  EXPECT_EQ(customer.facts.traits_size(), 0);
  EXPECT_TRUE(RestrictedAt(customer, 5).now);
  EXPECT_EQ(EncodeCustomer(customer), bytes);
  // The same object, for somebody else: nothing stays behind.
  ASSERT_TRUE(DecodeCustomerInto("", &customer).ok());
  EXPECT_EQ(EncodeCustomer(customer), EncodeCustomer({}));
}

TEST(Customer, RefusesEveryCutOfItsBytes) {
  const std::string bytes = EncodeCustomer(Somebody());
  for (size_t n = 1; n < bytes.size(); ++n) {
    EXPECT_EQ(DecodeCustomer(bytes.substr(0, n)).status().code(), absl::StatusCode::kDataLoss) << n;
  }
  EXPECT_FALSE(DecodeCustomer(bytes + "x").ok());
}

TEST(Customer, AnyBytesAreEitherACustomerOrDataLoss) {
  const std::string bytes = EncodeCustomer(Somebody());
  Rng rng(5);
  for (int round = 0; round < 20'000; ++round) {
    std::string damaged = bytes;
    for (int n = 0; n < 3; ++n) {
      damaged[1 + rng.Below(damaged.size() - 1)] = static_cast<char>(rng.Next());
    }
    const auto decoded = DecodeCustomer(damaged);
    if (decoded.ok()) EncodeCustomer(*decoded);
  }
}

}  // namespace
}  // namespace dangol::segmentation
