// What configuration refuses, and how it says so.
#include "dangol/testing/v1/echo.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/status.h"
#include "libs/config/yaml.h"

namespace dangol::config {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using testing::v1::Everything;

absl::Status Refused(const std::string& text) {
  Everything out;
  const absl::Status status = ParseYaml("f.yaml", text, &out);
  EXPECT_FALSE(status.ok()) << text;
  return status;
}

struct Case {
  const char* text;
  const char* message;  // from the start
};

TEST(YamlErrors, SayWhereAndWhatWouldBeRight) {
  const Case cases[] = {
      {"txet: x", "f.yaml:1:1: txet: is not a field of Everything; did you mean text?"},
      {"text: x\npart:\n  nmae: y", "f.yaml:3:3: part.nmae: is not a field of Part; did you mean"},
      {"zzzzzz: 1", "f.yaml:1:1: zzzzzz: is not a field of Everything; remove it"},
      {"lookbck_window: 14d",
       "f.yaml:1:1: lookbck_window: is not a field of Everything; did you "
       "mean lookback_window?"},
      {"small: many", "f.yaml:1:8: small: \"many\" is not a whole number"},
      {"small: 1.5", "f.yaml:1:8: small: \"1.5\" is not a whole number"},
      {"small: \"7\"", "f.yaml:1:8: small: \"7\" is text, and small is a number"},
      {"small: 2147483648", "f.yaml:1:8: small: \"2147483648\" is out of range; use -2147483648"},
      {"large: 9223372036854775808", "f.yaml:1:8: large: \"9223372036854775808\" is out of range"},
      {"small_unsigned: -1", "f.yaml:1:17: small_unsigned: \"-1\" is out of range; use 0 to"},
      {"ratio: .nan", "f.yaml:1:8: ratio: \".nan\" is not a number"},
      {"single: 1e39", "f.yaml:1:9: single: \"1e39\" is out of range"},
      {"flag: yes", "f.yaml:1:7: flag: \"yes\" is not true or false"},
      {"blob: '***'", "f.yaml:1:7: blob: \"***\" is not base64"},
      {"mood: hapy", "f.yaml:1:7: mood: \"hapy\" is not a Mood; did you mean happy?"},
      {"mood: 1", "f.yaml:1:7: mood: \"1\" is not a Mood"},
      {"flag: true\ntext:", "f.yaml:2:1: text: has no value"},
      {"text: ~", "f.yaml:1:1: text: has no value"},
      {"text: [a]", "f.yaml:1:7: text: is a list; write a single value"},
      {"part: x", "f.yaml:1:7: part: \"x\" is a single value; write a group of fields"},
      {"parts: {name: x}", "f.yaml:1:8: parts: is a group of fields; write a list"},
      {"parts: [{name: a}, {nam: b}]", "f.yaml:1:21: parts[1].nam: is not a field of Part; did"},
      {"totals: {a: x}", "f.yaml:1:13: totals.a: \"x\" is not a whole number"},
      {"parts_by_rank: {x: {}}", "f.yaml:1:17: parts_by_rank: \"x\" is not a whole number"},
      {"lookback_window: 14", "f.yaml:1:18: lookback_window: \"14\" is not a duration"},
      {"start_time: soon", "f.yaml:1:13: start_time: \"soon\" is not a time"},
      {"discount: 20", "f.yaml:1:11: discount: \"20\" is not a percentage"},
      {"price: 12.505 USD", "f.yaml:1:8: price: \"12.505 USD\" is not an amount of USD"},
      {"price: 0.5 KRW", "f.yaml:1:8: price: \"0.5 KRW\" is not an amount of KRW"},
      {"price: 10 KWR", "f.yaml:1:8: price: \"10 KWR\" has no known currency"},
      {"price: 10", "f.yaml:1:8: price: \"10\" is not an amount"},
      {"text: a\ntext: b", "f.yaml:2:1: text: is already set by text"},
      {"discount: 1%\ndiscount_bp: 1", "f.yaml:2:1: discount_bp: is already set by discount"},
      {"totals: {a: 1, \"a\": 2}", "f.yaml:1:16: totals.a: is there twice"},
      {"parts_by_rank: {1: {}, 01: {}}", "f.yaml:1:24: parts_by_rank.01: is there twice"},
      {"word: a\npiece: {}", "f.yaml:2:1: piece: excludes word, which is set"},
      {"text: &a x", "f.yaml:1:"},
      {"text: !!str x", "f.yaml:1:"},
      {"? [a]\n: b", "f.yaml:1:"},
      {"text: 'open", "f.yaml:1:"},
      {"", "f.yaml:1:1: the file is empty"},
      {"- a", "f.yaml:1:1: is a list; write a group of fields"},
      {"text: a\n---\ntext: b", "f.yaml:3:1: a second document begins here"},
  };
  for (const Case& c : cases) {
    const absl::Status status = Refused(c.text);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << c.text;
    EXPECT_THAT(std::string(status.message()), StartsWith(c.message)) << c.text;
  }
}

TEST(YamlErrors, CarryTheFieldPath) {
  const ErrorDetail detail = DetailOf(Refused("part: {inner: {cuont: 1}}"));
  ASSERT_EQ(detail.fields.size(), 1u);
  EXPECT_EQ(detail.fields[0].field, "part.inner.cuont");
  EXPECT_THAT(detail.fields[0].description, HasSubstr("did you mean count?"));
  EXPECT_EQ(detail.metadata.at("line"), "1");
}

TEST(YamlErrors, AnchorsCannotMultiply) {
  const absl::Status status = Refused("numbers: &n [1]\nmoods: *n");
  EXPECT_THAT(std::string(status.message()), HasSubstr("an anchor is not allowed"));
}

TEST(YamlErrors, DepthIsBounded) {
  std::string text;
  for (int i = 0; i < 40; ++i) text += "{inner: ";
  EXPECT_EQ(Refused("part: " + text + "{}" + std::string(40, '}') + "x").code(),
            absl::StatusCode::kInvalidArgument);
  text.clear();
  for (int i = 0; i < 100; ++i) text += "{inner: ";
  EXPECT_EQ(Refused("part: " + text + std::string(100, '}')).code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_FALSE(Refused(std::string(100'000, '[')).ok());
}

TEST(YamlErrors, BugAnEndlessRowOfDocumentsInAComma) {
  EXPECT_THAT(std::string(Refused(",").message()),
              StartsWith("f.yaml:1:1: nothing may stand here"));
  EXPECT_FALSE(Refused("text: a\n---\n]").ok());
}

// It was taken, and could not be written into a message.
TEST(YamlErrors, BugTextThatIsNotUtf8WasTaken) {
  EXPECT_THAT(std::string(Refused("text: da\x8c\x97").message()),
              AllOf(StartsWith("f.yaml:1:7: text: "), HasSubstr("is not UTF-8 text")));
  EXPECT_THAT(std::string(Refused("text: \xed\xa0\x80").message()), HasSubstr("is not UTF-8"))
      << "half of a surrogate pair";
}

TEST(YamlErrors, SizeIsBounded) {
  EXPECT_EQ(Refused(std::string(kYamlBytesMax + 1, '#')).code(),
            absl::StatusCode::kResourceExhausted);
}

TEST(YamlErrors, DocumentsNeedAKnownKind) {
  Everything out;
  const auto parse = [&](const std::string& text) {
    return std::string(
        ParseYamlDocuments(
            "f.yaml", text,
            [&](absl::string_view kind) -> absl::StatusOr<google::protobuf::Message*> {
              if (kind == "Everything") return &out;
              return absl::NotFoundError("no such kind; did you mean Everything?");
            })
            .message());
  };
  EXPECT_THAT(parse("text: a"), StartsWith("f.yaml:1:1: kind: is missing"));
  EXPECT_THAT(parse("kind: Everthing"), StartsWith("f.yaml:1:7: kind: no such kind; did you mean"));
  EXPECT_THAT(parse("kind: Everything\n---\nkind: Everything\ntxt: a"),
              StartsWith("f.yaml:4:1: txt: is not a field of Everything"));
}

}  // namespace
}  // namespace dangol::config
