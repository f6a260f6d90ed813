#include "libs/online/slots.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace dangol::online {
namespace {

Reply Integer(int64_t value) { return {.type = Reply::Type::kInteger, .integer = value}; }
Reply Text(std::string text) { return {.type = Reply::Type::kText, .text = std::move(text)}; }
Reply List(std::vector<Reply> elements) {
  return {.type = Reply::Type::kArray, .elements = std::move(elements)};
}
Reply Node(Reply host, int64_t port) { return List({std::move(host), Integer(port), Text("id")}); }

TEST(HashSlot, IsThatOfTheSpecification) {
  EXPECT_EQ(HashSlotOf("123456789"), 0x31C3 % kHashSlots);
  EXPECT_EQ(HashSlotOf("foo"), 12182);
  EXPECT_EQ(HashSlotOf("{user1000}.following"), HashSlotOf("{user1000}.followers"));
  EXPECT_EQ(HashSlotOf("{user1000}.following"), HashSlotOf("user1000"));
  EXPECT_EQ(HashSlotOf("foo{{bar}}zap"), HashSlotOf("{bar"));
  EXPECT_EQ(HashSlotOf("foo{bar}{zap}"), HashSlotOf("bar"));
  EXPECT_NE(HashSlotOf("foo{}{bar}"), HashSlotOf("bar"));
}

TEST(HashSlot, EverySlotHasATag) {
  for (int slot = 0; slot < kHashSlots; ++slot)
    ASSERT_EQ(HashSlotOf(absl::StrCat("x:{", TagOf(slot), "}:y")), slot);
}

TEST(SlotMapTest, ReadsRangesAndReplicas) {
  const auto map = SlotMap::Parse(
      List({List({Integer(0), Integer(99), Node(Text("a"), 1), Node(Text("c"), 3)}),
            List({Integer(200), Integer(16383), Node(Text(""), 2), Node(Text("?"), 9)}),
            List({Integer(100), Integer(150), Node(Text("a"), 1)})}),
      {"asked", 7});
  ASSERT_TRUE(map.ok()) << map.status();
  EXPECT_EQ(map->masters(), (std::vector<Address>{{"a", 1}, {"asked", 2}}));
  EXPECT_EQ(map->first_slots(), (std::vector<int>{0, 200}));
  EXPECT_EQ(map->nodes(), (std::vector<Address>{{"a", 1}, {"c", 3}, {"asked", 2}}));
  EXPECT_EQ(*map->MasterOf(120), (Address{"a", 1}));
  EXPECT_EQ(*map->MasterOf(16383), (Address{"asked", 2}));
  EXPECT_EQ(map->MasterOf(199), nullptr);
}

TEST(SlotMapTest, RefusesWhatIsNone) {
  const Address asked{"a", 1};
  EXPECT_EQ(SlotMap::Parse(List({}), asked).status().code(), absl::StatusCode::kUnavailable);
  for (const Reply& bad : {Text("no"), List({Text("no")}),
                           List({List({Integer(0), Integer(16384), Node(Text("a"), 1)})}),
                           List({List({Integer(-1), Integer(2), Node(Text("a"), 1)})}),
                           List({List({Integer(1), Integer(2)})})})
    EXPECT_EQ(SlotMap::Parse(bad, asked).status().code(), absl::StatusCode::kInternal);
}

TEST(Redirect, NamesANode) {
  const Address asked{"here", 1};
  EXPECT_EQ(*ParseRedirect("MOVED 3999 127.0.0.1:6381", asked), (Address{"127.0.0.1", 6381}));
  EXPECT_EQ(*ParseRedirect("ASK 1 ::1:6381", asked), (Address{"::1", 6381}));
  EXPECT_EQ(*ParseRedirect("MOVED 3999 :6381", asked), (Address{"here", 6381}));
  EXPECT_FALSE(ParseRedirect("MOVED 3999", asked).ok());
  EXPECT_FALSE(ParseRedirect("MOVED 3999 nowhere", asked).ok());
}

}  // namespace
}  // namespace dangol::online
