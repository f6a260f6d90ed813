// What the server refuses, and what becomes of the rest of its row.
#include "tools/dangol/import/sender.h"

#include <set>
#include <utility>

#include "dangol/profile/v1/profile_service.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/status.h"
#include "libs/config/yaml.h"
#include "tools/dangol/import/convert.h"

namespace dangol::import {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Refuses some rows; of others says once that they may pass later.
class FakeLine : public BatchLine {
 public:
  absl::Status Send(Batch batch) override {
    for (Item& item : batch) {
      if (refuse.count(item.row) != 0) {
        profile::v1::ItemError error;
        error.set_field("identifiers[1].value");
        results_.Refuse(std::move(item), error);
      } else if (busy || later.erase(item.row) != 0) {
        profile::v1::ItemError error;
        error.set_code(static_cast<int>(absl::StatusCode::kResourceExhausted));
        error.set_problem("profile/3 is too far behind");
        results_.Refuse(std::move(item), error);
      } else {
        sent.push_back(item.row);
        ++results_.accepted;
      }
    }
    return absl::OkStatus();
  }
  absl::Status Drain() override { return absl::OkStatus(); }
  Results Take() override { return std::exchange(results_, {}); }

  std::set<int64_t> refuse, later;
  bool busy = false;
  std::vector<int64_t> sent;

 private:
  Results results_;
};

struct Lines {
  FakeLine* upserts = new FakeLine;
  FakeLine* activities = new FakeLine;
  std::vector<int64_t> rejected;
  Sender sender{std::unique_ptr<BatchLine>(upserts), std::unique_ptr<BatchLine>(activities),
                [this](const ItemRejected& item) { rejected.push_back(item.row); },
                Patience{.give_up_us = 10 * kMicrosPerMilli, .pause_us = 1}};

  void Row(int64_t row, bool facts, bool activity) {
    Batch items;
    if (activity) items.emplace_back().event.mutable_activity();
    if (facts) items.emplace_back().event.mutable_upsert();
    for (Item& item : items) item.row = row;
    EXPECT_TRUE(sender.SendRow(std::move(items)).ok());
  }
};

// The purchase of a row whose customer was refused was imported all the same.
TEST(SenderTest, SendsNoActivityOfARefusedCustomer) {
  Lines lines;
  lines.upserts->refuse = {2};
  lines.upserts->later = {3};
  lines.Row(1, true, true);
  lines.Row(2, true, true);
  lines.Row(3, true, true);
  lines.Row(4, false, true);
  EXPECT_THAT(lines.activities->sent, IsEmpty());
  ASSERT_TRUE(lines.sender.Flush().ok());
  EXPECT_THAT(lines.upserts->sent, ElementsAre(1, 3));
  EXPECT_THAT(lines.activities->sent, ElementsAre(4, 1, 3));
  EXPECT_THAT(lines.rejected, ElementsAre(2));
  EXPECT_EQ(lines.sender.accepted(), 5);
}

TEST(SenderTest, FullBatchesLeaveWhileTheFileIsRead) {
  Lines lines;
  lines.upserts->refuse = {7};
  for (int64_t row = 0; row < static_cast<int64_t>(kBatch); ++row) lines.Row(row, true, true);
  EXPECT_EQ(lines.upserts->sent.size(), kBatch - 1);
  for (int64_t row = 0; row < 2; ++row) lines.Row(5000 + row, false, true);
  EXPECT_EQ(lines.activities->sent.size(), kBatch) << "those of the refused row are not among them";
  ASSERT_TRUE(lines.sender.Flush().ok());
  EXPECT_EQ(lines.activities->sent.size(), kBatch + 1);
}

// It read on, a row for each batch that was refused, and at the end said "overloaded" and no more.
TEST(SenderTest, BugABusyServerWasNeitherWaitedForNorGivenUp) {
  for (const bool facts : {true, false}) {
    Lines lines;
    (facts ? lines.upserts : lines.activities)->busy = true;
    absl::Status status;
    int64_t row = 0;
    for (; status.ok() && row < 2 * static_cast<int64_t>(kBatch); ++row) {
      Batch items(1);
      if (facts) items[0].event.mutable_upsert();
      if (!facts) items[0].event.mutable_activity();
      status = lines.sender.SendRow(std::move(items));
    }
    EXPECT_EQ(row, static_cast<int64_t>(kBatch));
    EXPECT_TRUE(absl::IsUnavailable(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("profile/3 is too far behind"));
  }
}

constexpr char kMapping[] = R"(
source: feed
business_unit: shop
records:
  - kind: customer
    identifiers:
      - {type: user_id, column: no}
      - {type: email, column: mail}
      - {type: phone, template: "+82{phone}"}
    traits: [{name: city}, {name: age, column: years, type: number}]
    consents:
      - {channel: email, purpose: marketing, granted_column: ok, evidence: {column: form}}
    time: {column: seen}
  - kind: web_event
    when: {column: page, not_equals: ""}
    identifiers: [{type: user_id, column: no}]
    time: {column: at}
    event: {constant: product_viewed}
    properties: [{name: "a.b[c]", column: page}]
)";

// A bad e-mail was rejected as identifiers[1].value: the file knows no such column.
TEST(OriginTest, ARejectNamesTheColumn) {
  config::v1::ImportMapping mapping;
  ASSERT_TRUE(config::ParseYaml("mapping", kMapping, &mapping).ok());
  const Row header = {"no", "mail", "phone", "city", "years", "ok", "form", "seen", "at", "page"};
  const auto columns = ColumnsOf(mapping, &header);
  ASSERT_TRUE(columns.ok()) << columns.status();
  const auto converter = Converter::Make(mapping, *columns, "file");
  ASSERT_TRUE(converter.ok()) << converter.status();
  std::vector<event::v1::IngestEvent> events;
  std::vector<Origin> origins;
  const auto convert = [&](const Row& row) {
    return converter->Convert(row, 0, &events, &origins);
  };
  // No user id, so the e-mail is the first identifier; no page, so there is no web event.
  ASSERT_FALSE(convert({"", "x", "10", "Seoul", "41", "1", "f1", "2026-01-01", "2026-01-02", ""}));
  ASSERT_FALSE(convert({"7", "x", "10", "", "", "0", "", "2026-01-01", "2026-01-02", "p"}));
  ASSERT_TRUE(convert({"7", "x", "10", "", "", "0", "", "2026-01-01", "never", "p"}));
  ASSERT_EQ(events.size(), 3u);
  ASSERT_EQ(origins.size(), 3u);
  const auto column = [&](int event, absl::string_view field) {
    return ColumnOfField(mapping, origins[static_cast<size_t>(event)], field);
  };
  EXPECT_EQ(column(0, "identifiers[0].value"), "mail");
  EXPECT_EQ(column(0, "identifiers[1].value"), "phone");
  EXPECT_EQ(column(1, "identifiers[1].value"), "mail");
  EXPECT_EQ(column(1, "identifiers"), "no mail phone");
  EXPECT_EQ(column(0, "traits[age]"), "years");
  EXPECT_EQ(column(0, "traits[city]"), "city");
  EXPECT_EQ(column(0, "consents[0].evidence"), "form");
  EXPECT_EQ(column(0, "consents[0].granted"), "ok");
  EXPECT_EQ(column(0, "observed_time_us"), "seen");
  EXPECT_EQ(column(2, "occurred_time_us"), "at");
  EXPECT_EQ(column(2, "web_event.properties[a.b[c]]"), "page");
  EXPECT_EQ(column(2, "web_event.event"), "web_event.event") << "a constant of the mapping";
  EXPECT_EQ(column(2, "message_id"), "message_id") << "made by the importer";
}

}  // namespace
}  // namespace dangol::import
