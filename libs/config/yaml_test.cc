#include "libs/config/yaml.h"

#include "dangol/testing/v1/echo.pb.h"
#include "gmock/gmock.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"
#include "libs/base/types.h"

namespace dangol::config {
namespace {

using google::protobuf::util::MessageDifferencer;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::v1::Everything;

Everything Parsed(const std::string& text) {
  Everything out;
  const absl::Status status = ParseYaml("test.yaml", text, &out);
  EXPECT_TRUE(status.ok()) << status << "\n" << text;
  return out;
}

constexpr char kFull[] = R"(text: "단골: \"regular\"\n"
small: -7
large: -9223372036854775808
small_unsigned: 4294967295
large_unsigned: 18446744073709551615
ratio: 0.1
single: 1.5
flag: true
blob: AAEC
mood: happy
part:
  name: outer
  inner:
    count: 3
parts:
  - name: a
    count: 1
  - {}
  - inner:
      name: b
numbers:
  - 1
  - -2
moods:
  - sad
  - happy
totals:
  "null": 2
  a b: 1
parts_by_rank:
  2:
    name: two
  10: {}
word: ""
lookback_window: 14d
start_time: "2026-03-01T09:00:00+00:00"
discount: 12.5%
price: 12.50 USD
prices:
  - 10000 KRW
  - {}
wait_duration:
  - 36h
  - 90s
maybe: false
)";

TEST(Yaml, CanonicalFormIsAFixedPoint) {
  const Everything message = Parsed(kFull);
  EXPECT_EQ(message.text(), "단골: \"regular\"\n");
  EXPECT_EQ(message.large(), INT64_MIN);
  EXPECT_EQ(message.large_unsigned(), UINT64_MAX);
  EXPECT_EQ(message.blob(), std::string("\0\1\2", 3));
  EXPECT_EQ(message.part().inner().count(), 3);
  EXPECT_EQ(message.parts_size(), 3);
  EXPECT_THAT(message.moods(), ElementsAre(Everything::MOOD_SAD, Everything::MOOD_HAPPY));
  EXPECT_EQ(message.parts_by_rank().at(2).name(), "two");
  EXPECT_TRUE(message.has_word());
  EXPECT_TRUE(message.has_maybe());
  EXPECT_EQ(ToYaml(message), kFull);
}

TEST(Yaml, ReadsTimesDurationsSharesAndMoney) {
  const Everything message = Parsed(
      "lookback_window: 2w\nstart_time: 2026-03-01 09:00\ndiscount: 20%\nprice: 10000 KRW\n"
      "wait_duration: [1d]\n");
  EXPECT_EQ(message.lookback_window_us(), 14 * kMicrosPerDay);
  EXPECT_EQ(message.start_time_us(), 1'772'355'600 * kMicrosPerSecond);
  EXPECT_EQ(message.discount_bp(), 2000);
  EXPECT_EQ(message.price().minor(), 10000);
  EXPECT_EQ(message.price().currency(), "KRW");
  EXPECT_THAT(message.wait_duration_us(), ElementsAre(kMicrosPerDay));
  EXPECT_EQ(Parsed("start_time: 2026-03-01T09:00:00+09:00").start_time_us(),
            message.start_time_us() - 9 * kMicrosPerHour);
}

TEST(Yaml, TheFieldsOwnNameAndNumberStayValid) {
  const Everything message =
      Parsed("lookback_window_us: 1500000\ndiscount_bp: 15\nprice: {minor: 5, currency: USD}\n");
  EXPECT_EQ(message.lookback_window_us(), 1'500'000);
  EXPECT_EQ(message.discount_bp(), 15);
  EXPECT_EQ(message.price().minor(), 5);
  EXPECT_THAT(ToYaml(message), HasSubstr("lookback_window_us: 1500000\n"));  // 1.5 s has no form
  EXPECT_THAT(ToYaml(message), HasSubstr("discount: 0.15%\n"));
}

TEST(Yaml, AwkwardStringsRoundTrip) {
  for (const std::string text :
       {"",  " ",    "null", "~",      "true", "12",         "- a",  "a: b", "# no",
        "'", "\"",   "\\",   "a\nb\n", "\t",   "단골 & co.", "{x}",  "[y]",  "@at",
        "%", "0x10", "a ",   "…",      "\x01", "key:",       "!tag", "&a"}) {
    Everything message;
    message.set_text(text);
    (*message.mutable_totals())[text] = 1;
    message.add_parts()->set_name(text);
    EXPECT_TRUE(MessageDifferencer::Equals(Parsed(ToYaml(message)), message)) << ToYaml(message);
  }
}

TEST(Yaml, NumbersRoundTrip) {
  for (const double value : {0.1, 1e300, -2.5e-9, 1.0 / 3, 123456789.125}) {
    Everything message;
    message.set_ratio(value);
    message.set_start_time_us(static_cast<int64_t>(value * 1e6));
    message.set_lookback_window_us(-1);
    EXPECT_TRUE(MessageDifferencer::Equals(Parsed(ToYaml(message)), message)) << ToYaml(message);
  }
}

TEST(Yaml, EnumsByAnyOfTheirNames) {
  for (const char* name : {"MOOD_SAD", "sad", "Sad", "mood_sad", "SAD", "\"sad\""}) {
    EXPECT_EQ(Parsed(std::string("mood: ") + name).mood(), Everything::MOOD_SAD) << name;
  }
}

TEST(Yaml, AnEmptyMessageRoundTrips) {
  EXPECT_EQ(ToYaml(Everything()), "{}\n");
  EXPECT_TRUE(MessageDifferencer::Equals(Parsed("{}\n"), Everything()));
}

TEST(Yaml, DocumentsByKind) {
  Everything everything;
  Everything::Part part;
  std::vector<std::string> seen;
  const absl::Status status = ParseYamlDocuments(
      "f.yaml", "# first\nkind: Part\nname: x\n---\ntext: y\nkind: Everything\n---\n",
      [&](absl::string_view kind) -> absl::StatusOr<google::protobuf::Message*> {
        if (kind == "Part") return &part;
        return &everything;
      },
      [&](absl::string_view kind, int line) {
        seen.push_back(std::string(kind) + ":" + std::to_string(line));
        return absl::OkStatus();
      });
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_THAT(seen, ElementsAre("Part:2", "Everything:5"));
  EXPECT_EQ(part.name(), "x");
  EXPECT_EQ(everything.text(), "y");
  EXPECT_EQ(ToYamlDocument("Part", part), "kind: Part\nname: x\n");
}

}  // namespace
}  // namespace dangol::config
