#include "libs/config/currency.h"

#include "gtest/gtest.h"

namespace dangol::config {
namespace {

TEST(Currency, KnowsMinorUnits) {
  EXPECT_EQ(*CurrencyExponent("KRW"), 0);
  EXPECT_EQ(*CurrencyExponent("JPY"), 0);
  EXPECT_EQ(*CurrencyExponent("USD"), 2);
  EXPECT_EQ(*CurrencyExponent("KWD"), 3);
  for (const char* unknown : {"KWR", "usd", "", "US", "USD "}) {
    EXPECT_FALSE(CurrencyExponent(unknown).ok()) << unknown;
  }
}

TEST(Currency, FixedPointBothWays) {
  struct Case {
    const char* text;
    int decimals;
    int64_t value;
  };
  for (const Case& c : {Case{"12.50", 2, 1250}, Case{"0.05", 2, 5}, Case{"-0.50", 2, -50},
                        Case{"10000", 0, 10000}, Case{"1.001", 3, 1001}, Case{"0.00", 2, 0}}) {
    int64_t value = -1;
    EXPECT_TRUE(ParseFixed(c.text, c.decimals, &value)) << c.text;
    EXPECT_EQ(value, c.value) << c.text;
    EXPECT_EQ(FormatFixed(c.value, c.decimals), c.text);
  }
  int64_t value = 0;
  EXPECT_TRUE(ParseFixed("12", 2, &value));
  EXPECT_EQ(value, 1200);
}

TEST(Currency, RefusesWhatIsNotFixedPoint) {
  int64_t value = 0;
  for (const char* text :
       {"", ".", ".5", "1.", "1.234", "1,000", "1e3", "--1", "abc", "99999999999999999999"}) {
    EXPECT_FALSE(ParseFixed(text, 2, &value)) << text;
  }
}

}  // namespace
}  // namespace dangol::config
