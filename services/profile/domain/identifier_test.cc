#include "services/profile/domain/identifier.h"

#include <string>
#include <tuple>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace dangol::profile {
namespace {

using common::v1::Identifier;
using common::v1::IdentifierType;

constexpr auto kUser = common::v1::IDENTIFIER_TYPE_USER_ID;
constexpr auto kCard = common::v1::IDENTIFIER_TYPE_CARD;
constexpr auto kPhone = common::v1::IDENTIFIER_TYPE_PHONE;
constexpr auto kEmail = common::v1::IDENTIFIER_TYPE_EMAIL;
constexpr auto kAnonymous = common::v1::IDENTIFIER_TYPE_ANONYMOUS_ID;

Identifier Make(IdentifierType type, const std::string& value) {
  Identifier id;
  id.set_type(type);
  id.set_value(value);
  return id;
}

// The normal value, or "error: <problem>".
std::string Normal(IdentifierType type, const std::string& value, absl::string_view region = "KR") {
  Identifier id = Make(type, value);
  if (auto p = Normalise(region, &id)) {
    EXPECT_EQ(id.value(), value) << "left as it was";
    return "error: " + p->problem;
  }
  const std::string once = id.value();
  EXPECT_FALSE(Normalise("", &id)) << "normal in every region: " << once;
  EXPECT_EQ(id.value(), once) << "idempotent";
  return once;
}

TEST(IdentifierTest, PhonesBecomeE164) {
  const std::string mobile = "+821012345678";
  for (const char* text : {"010-1234-5678", "01012345678", " 010 1234 5678 ", "+82 10-1234-5678",
                           "+82 (0)10 1234 5678", "+821012345678", "+8201012345678",
                           "０１０-１２３４-５６７８", "010.1234.5678", "tel:+82-10-1234-5678"}) {
    EXPECT_EQ(Normal(kPhone, text), mobile) << text;
  }
  EXPECT_EQ(Normal(kPhone, "02-312-3456"), "+8223123456");
  EXPECT_EQ(Normal(kPhone, "(212) 555-2368", "US"), "+12125552368");
  EXPECT_EQ(Normal(kPhone, "+1 212 555 2368", "KR"), "+12125552368");
}

TEST(IdentifierTest, NoPhones) {
  for (const char* text : {"", "12", "call me", "+999 1234567", "010-1234-5678-9012-3456"}) {
    EXPECT_THAT(Normal(kPhone, text), testing::HasSubstr("error: is no phone number")) << text;
  }
}

TEST(IdentifierTest, EmailsAreLowerCaseOfNoLanguage) {
  EXPECT_EQ(Normal(kEmail, " Kim.Dangol@Example.COM\t"), "kim.dangol@example.com");
  // An I is an i in every locale, also where Turkish has its own.
  EXPECT_EQ(Normal(kEmail, "IRIS@TITLE.EXAMPLE"), "iris@title.example");
  EXPECT_EQ(Normal(kEmail, "İSTANBUL@example.com"), "i\u0307stanbul@example.com");
  // Composed and decomposed are the same address.
  EXPECT_EQ(Normal(kEmail, "re\u0301sume\u0301@example.com"), "résumé@example.com");
  EXPECT_EQ(Normal(kEmail, "\u3000kim@example.com\u00a0"), "kim@example.com");
  for (const char* text : {"", "kim", "@example.com", "kim@", "a@b@c", "ki m@example.com"}) {
    EXPECT_EQ(Normal(kEmail, text), "error: is no e-mail address") << text;
  }
}

TEST(IdentifierTest, CardsAreDigits) {
  EXPECT_EQ(Normal(kCard, "1234-5678 9012.3456"), "1234567890123456");
  EXPECT_EQ(Normal(kCard, "１２３４５６"), "123456");
  EXPECT_EQ(Normal(kCard, "0001"), "0001");
  for (const char* text : {"", "123", "12a4", "1234/5678"}) {
    EXPECT_EQ(Normal(kCard, text), "error: is no card number") << text;
  }
}

TEST(IdentifierTest, UserIdsKeepTheirCase) {
  EXPECT_EQ(Normal(kUser, "  Kim42 "), "Kim42");
  EXPECT_EQ(Normal(kUser, "\u200b단골\ufeff"), "단골");
  EXPECT_EQ(Normal(kUser, "\u1103\u1161\u11ab골"), "단골");
  EXPECT_EQ(Normal(kAnonymous, "a b"), "a b");
  EXPECT_EQ(Normal(kUser, " \t "), "error: is empty");
  EXPECT_EQ(Normal(kUser,
                   "a\x01"
                   "b"),
            "error: has control characters");
  EXPECT_EQ(Normal(kUser, std::string("\xff\xfe")), "error: is not UTF-8");
  EXPECT_EQ(Normal(kUser, std::string(257, 'x')), "error: is longer than 256 bytes");
  EXPECT_EQ(Normal(common::v1::IDENTIFIER_TYPE_UNSPECIFIED, "x"), "error: is no identifier type");
}

TEST(IdentifierTest, TextIsTheKeyOfIngest) {
  EXPECT_EQ(TextOf(Make(kUser, "42")), "user_id:42");
  EXPECT_EQ(TextOf(Make(kAnonymous, "z")), "anonymous_id:z");
  EXPECT_EQ(SlotOf(Make(kUser, "42")), dangol::SlotOf("user_id:42"));
}

TEST(IdentifierTest, ThePrimaryStandsFirstAndRepeatsAreGone) {
  Identifiers ids;
  *ids.Add() = Make(kEmail, "A@x.kr");
  *ids.Add() = Make(kPhone, "010-1234-5678");
  *ids.Add() = Make(kUser, "7");
  *ids.Add() = Make(kEmail, "a@X.kr ");
  *ids.Add() = Make(kUser, "6");
  ASSERT_FALSE(NormaliseAll("KR", &ids));
  std::vector<std::string> texts;
  for (const Identifier& id : ids) texts.push_back(TextOf(id));
  EXPECT_THAT(
      texts, testing::ElementsAre("user_id:7", "user_id:6", "phone:+821012345678", "email:a@x.kr"));
}

TEST(IdentifierTest, ProblemsNameTheField) {
  Identifiers ids;
  EXPECT_EQ(NormaliseAll("KR", &ids)->field, "identifiers");
  *ids.Add() = Make(kUser, "1");
  *ids.Add() = Make(kEmail, "nobody");
  const MaybeProblem p = NormaliseAll("KR", &ids);
  ASSERT_TRUE(p);
  EXPECT_EQ(p->field, "identifiers[1].value");
  EXPECT_EQ(p->value, "nobody");
  EXPECT_FALSE(p->fix.empty());
}

}  // namespace
}  // namespace dangol::profile
