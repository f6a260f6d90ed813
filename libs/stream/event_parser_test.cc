#include "libs/stream/event_parser.h"

#include "dangol/event/v1/customer.pb.h"
#include "gtest/gtest.h"
#include "libs/base/types.h"

namespace dangol {
namespace {

using event::v1::CustomerEvent;

std::string Purchase(CustomerId customer, const std::string& message_id) {
  CustomerEvent event;
  event.set_customer_id(customer);
  event.mutable_activity()->set_message_id(message_id);
  event.mutable_activity()->mutable_purchase()->set_net_minor(500);
  return event.SerializeAsString();
}

TEST(EventParserTest, EachMessageIsItsOwnThoughTheMemoryIsTheSame) {
  EventParser parser;
  const std::string long_id(20'000, 'x');  // beyond the first block
  for (int i = 0; i < 3; ++i) {
    ASSERT_NE(parser.Parse<CustomerEvent>(Purchase(7, long_id)), nullptr);
    CustomerEvent bare;
    bare.set_customer_id(9);
    const CustomerEvent* parsed = parser.Parse<CustomerEvent>(bare.SerializeAsString());
    ASSERT_NE(parsed, nullptr);
    EXPECT_EQ(parsed->SerializeAsString(), bare.SerializeAsString());
  }
  EXPECT_EQ(parser.Parse<CustomerEvent>("\xff\xff"), nullptr);
}

TEST(EventParserTest, MayHoldFieldSaysNoOnlyWhereTheFieldIsNot) {
  const std::string purchase = Purchase(uint64_t{1} << 63, "m");
  EXPECT_TRUE(MayHoldField(purchase, CustomerEvent::kActivityFieldNumber));
  EXPECT_TRUE(MayHoldField(purchase, CustomerEvent::kCustomerIdFieldNumber));
  EXPECT_FALSE(MayHoldField(purchase, CustomerEvent::kChangedFieldNumber));
  EXPECT_FALSE(MayHoldField(purchase, CustomerEvent::kWatermarkFieldNumber));
  EXPECT_FALSE(MayHoldField("", CustomerEvent::kActivityFieldNumber));
  // Bytes that are no message are left to the parser to refuse.
  EXPECT_TRUE(MayHoldField("\x22\x7f", CustomerEvent::kChangedFieldNumber));
  EXPECT_TRUE(MayHoldField("\xff", CustomerEvent::kChangedFieldNumber));
}

}  // namespace
}  // namespace dangol
