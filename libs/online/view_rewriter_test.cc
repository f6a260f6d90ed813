// A service's records on their way to the store, and rewritten in portions while they change.
#include "libs/online/view_rewriter.h"

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "libs/online/testing/fixtures.h"
#include "libs/online/view_reader.h"

namespace dangol::online {
namespace {

using testing::kPatience;
using testing::RedisServer;

constexpr Scope kScope{Service::kProfile, 1};

Change ChangeOf(CustomerId customer, const std::optional<std::string>& value) {
  return value ? PutView(View::kProfile, customer, *value) : DeleteView(View::kProfile, customer);
}

// Records by key, with the offset of their last change.
struct State {
  std::map<std::string, std::pair<std::optional<std::string>, uint64_t>> records;
  uint64_t offset = 0;

  void Commit(ViewWriter& writer, CustomerId customer, const std::optional<std::string>& value) {
    records[EncodeKey(customer)] = {value, ++offset};
    writer.Put(kScope, offset, {ChangeOf(customer, value)});
  }
  // Three records a portion.
  bool Scan(uint64_t since, std::string* cursor, std::vector<Change>* changes) const {
    auto it = cursor->empty() ? records.begin() : records.upper_bound(*cursor);
    for (int i = 0; i < 3 && it != records.end(); ++i, ++it) {
      *cursor = it->first;
      const auto& [value, changed] = it->second;
      if (changed <= since) continue;
      changes->push_back(ChangeOf(DecodeKey(it->first), value));
    }
    return it != records.end();
  }
};

class ViewRewriterTest : public testing::RedisTest {};

TEST_F(ViewRewriterTest, RewritesInPortionsWhileRecordsChange) {
  RedisServer server;
  testing::CountingMetrics metrics;
  const auto writer = *ViewWriter::Create(
      server.settings(), {.queue_bytes_max = 1 << 16, .value_bytes_max = 1 << 14}, &metrics);
  const auto reader = *ViewReader::Create(server.settings(), 1, &metrics);
  ViewRewriter rewriter(writer.get());
  State state;
  // Before the scope is open: only a rewrite can bring them.
  const std::string filling(5000, 'x');
  for (CustomerId i = 1; i <= 100; ++i)
    state.Commit(*writer, i, absl::StrCat("v", state.offset, filling));
  state.Commit(*writer, 50, std::nullopt);
  writer->Open(kScope, "log");
  const auto scan = [&](auto since, auto* cursor, auto* changes) {
    return state.Scan(since, cursor, changes);
  };
  bool refused = false;
  ASSERT_TRUE(testing::Eventually([&] {
    while (writer->Need(kScope)) {
      const bool did = rewriter.RewriteSome(kScope, state.offset, scan);
      refused = refused || !did;
      // A portion that waits for room must not come back as newer than this.
      if (!did || state.offset < 110)
        for (const CustomerId i : {3, 30, 60, 90})
          state.Commit(*writer, i, absl::StrCat("changed", state.offset));
      if (state.offset > 2000) break;
    }
    return writer->Await(kScope, kMicrosPerMilli);
  }));
  EXPECT_TRUE(refused);
  for (const auto& [key, record] : state.records) {
    const Found found = reader->Get(View::kProfile, DecodeKey(key), std::nullopt, kPatience);
    EXPECT_EQ(found.kind == Found::Kind::kDeleted, !record.first) << DecodeKey(key);
    EXPECT_EQ(found.value, record.first.value_or("")) << DecodeKey(key);
  }
}

}  // namespace
}  // namespace dangol::online
