#include "libs/online/view_json.h"

#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/message.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <limits>

#include "dangol/online/v1/views.pb.h"
#include "libs/base/rng.h"
#include "nlohmann/json.hpp"

namespace dangol::online {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// Values that a mapping could get wrong.
template <typename T, size_t n>
T One(const T (&of)[n], Rng& rng) {
  return of[rng.Below(n)];
}
const std::string kTexts[] = {"",          "plain",    "\"quoted\" \\", "line\nand tab\t\x01",
                              "단골 손님", "</script>"};
constexpr int64_t kIntegers[] = {0,
                                 1,
                                 -1,
                                 1'700'000'000'000'000,
                                 std::numeric_limits<int64_t>::min(),
                                 std::numeric_limits<int64_t>::max()};
constexpr double kDoubles[] = {0.0,
                               -0.0,
                               0.1,
                               1e21,
                               -1.0 / 3,
                               5e-324,
                               std::numeric_limits<double>::quiet_NaN(),
                               std::numeric_limits<double>::infinity(),
                               -std::numeric_limits<double>::infinity()};

void Fill(Message* message, Rng& rng);

void FillField(Message* message, const FieldDescriptor& field, bool add, Rng& rng) {
  const Reflection& r = *message->GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return add ? r.AddString(message, &field, One(kTexts, rng))
                 : r.SetString(message, &field, One(kTexts, rng));
    case FieldDescriptor::CPPTYPE_INT64:
      return add ? r.AddInt64(message, &field, One(kIntegers, rng))
                 : r.SetInt64(message, &field, One(kIntegers, rng));
    case FieldDescriptor::CPPTYPE_BOOL:
      return r.SetBool(message, &field, rng.Below(2) == 0);
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return r.SetDouble(message, &field, One(kDoubles, rng));
    case FieldDescriptor::CPPTYPE_ENUM:  // the last is of a newer writer
      return r.SetEnumValue(message, &field,
                            static_cast<int>(rng.Below(field.enum_type()->value_count() + 1)));
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return Fill(add ? r.AddMessage(message, &field) : r.MutableMessage(message, &field), rng);
    default:
      FAIL() << field.full_name() << " is of a type that has no JSON here";
  }
}

void Fill(Message* message, Rng& rng) {
  const auto& type = *message->GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (!field.is_repeated()) {
      if (rng.Below(3) > 0 || type.options().map_entry()) FillField(message, field, false, rng);
      continue;
    }
    for (uint64_t n = rng.Below(4); n > 0; --n) FillField(message, field, true, rng);
  }
}

template <typename View>
void CheckAgainstProtobufs() {
  Rng rng(1);
  for (int round = 0; round < 500; ++round) {
    View view;
    Fill(&view, rng);
    std::string theirs;
    ASSERT_TRUE(google::protobuf::util::MessageToJsonString(view, &theirs).ok());
    const auto ours = ToJson(view);
    ASSERT_TRUE(ours.ok()) << ours.status();
    ASSERT_EQ(nlohmann::json::parse(*ours), nlohmann::json::parse(theirs)) << *ours << "\n"
                                                                           << theirs;
  }
}

TEST(ViewJson, IsProtobufsMappingOfEveryView) {
  CheckAgainstProtobufs<v1::ProfileCard>();
  CheckAgainstProtobufs<v1::Memberships>();
  CheckAgainstProtobufs<v1::ContactCounters>();
  CheckAgainstProtobufs<v1::LiveDecisions>();
}

TEST(ViewJson, RefusesWhatIsNotUtf8) {
  v1::Memberships memberships;
  memberships.add_memberships()->set_segment("\xff");
  EXPECT_EQ(ToJson(memberships).status().code(), absl::StatusCode::kInternal);
}

TEST(ViewJson, IsLenientWithWhatIsNewer) {
  v1::Memberships memberships;
  auto* const one = memberships.add_memberships();
  one->set_segment("loyal");
  one->set_since_time_us(1'700'000'000'000'000);
  const auto json = ToJson(memberships);
  EXPECT_EQ(*json, R"({"memberships":[{"segment":"loyal","sinceTimeUs":"1700000000000000"}]})");
  v1::Memberships back;
  EXPECT_TRUE(FromJson(R"({"new":1,"memberships":[{"segment":"loyal"}]})", &back).ok());
  EXPECT_EQ(back.memberships(0).segment(), "loyal");
  EXPECT_EQ(FromJson("{", &back).code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace dangol::online
