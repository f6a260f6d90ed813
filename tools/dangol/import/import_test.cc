// Rows, values and conversion: what an import does before anything is sent.
#include "tools/dangol/import/import.h"

#include <zlib.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/calendar.h"
#include "libs/config/yaml.h"
#include "tools/dangol/import/convert.h"
#include "tools/dangol/import/mapping.h"
#include "tools/dangol/import/reject_file.h"
#include "tools/dangol/import/rows.h"
#include "tools/dangol/import/values.h"

namespace dangol::import {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

absl::Status Parse(absl::string_view text, const RowFormat& format, std::vector<Row>* rows,
                   size_t piece = 3) {
  RowParser parser(format, [&](const Row& row) {
    rows->push_back(row);
    return absl::OkStatus();
  });
  for (size_t at = 0; at < text.size(); at += piece) {
    const absl::Status fed = parser.Feed(text.substr(at, piece));
    if (!fed.ok()) return fed;
  }
  return parser.Finish();
}

std::string TempFile(const std::string& name) {
  return (std::filesystem::temp_directory_path() / ("dangol_import_test_" + name)).string();
}

TEST(RowsTest, QuotesDelimitersAndAnUnfinishedLastLine) {
  std::vector<Row> rows;
  ASSERT_TRUE(Parse("a;\"b;\"\"c\"\"\nd\"\n\n1;2", {';', false}, &rows).ok());
  EXPECT_THAT(rows, ElementsAre(ElementsAre("a", "b;\"c\"\nd"), ElementsAre("1", "2")));
}

TEST(RowsTest, RunsOfBlanksSeparate) {
  std::vector<Row> rows;
  ASSERT_TRUE(
      Parse(" 00001 19970101  1   11.77\r\n\r\n00002\t19970112 1 12.00", {' ', true}, &rows).ok());
  EXPECT_THAT(rows, ElementsAre(ElementsAre("00001", "19970101", "1", "11.77"),
                                ElementsAre("00002", "19970112", "1", "12.00")));
}

TEST(RowsTest, AQuoteLeftOpenIsAnErrorThatNamesTheRow) {
  std::vector<Row> rows;
  const absl::Status status = Parse("a,b\n1,\"2\n3,4\n", {}, &rows);
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_THAT(status.message(), HasSubstr("row 2"));
}

TEST(RowsTest, AFieldBeyondTheLimitIsAnError) {
  std::vector<Row> rows;
  const std::string line = "a," + std::string(kFieldBytesMax + 1, 'x') + "\n";
  EXPECT_TRUE(absl::IsInvalidArgument(Parse(line, {}, &rows, 4096)));
  const std::string endless(kRowBytesMax + 4097, 'x');
  EXPECT_TRUE(absl::IsInvalidArgument(Parse(endless, {}, &rows, 4096)));
  EXPECT_TRUE(absl::IsInvalidArgument(Parse(endless, {' ', true}, &rows, 4096)));
}

TEST(RowsTest, ReadsGzipAndSkipsTheByteOrderMark) {
  const std::string path = TempFile("bom.csv.gz");
  gzFile file = gzopen(path.c_str(), "wb");
  gzputs(file, "\xEF\xBB\xBFid,name\n1,Kim\n");
  gzclose(file);
  std::vector<Row> rows;
  const auto keep = [&](const Row& row, int64_t) {
    rows.push_back(row);
    return absl::OkStatus();
  };
  ASSERT_TRUE(ReadRows(path, {}, keep).ok());
  EXPECT_THAT(rows, ElementsAre(ElementsAre("id", "name"), ElementsAre("1", "Kim")));
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 6);
  EXPECT_TRUE(absl::IsDataLoss(ReadRows(path, {}, keep)));
  EXPECT_TRUE(absl::IsNotFound(ReadRows("/no/such/file", {}, keep)));
}

TEST(ValuesTest, MoneyIsReadExactly) {
  config::v1::ImportMoney money;
  money.set_currency("USD");
  EXPECT_EQ(*ParseMoneyCell("11.77", money), 1177);
  EXPECT_EQ(*ParseMoneyCell("0.1", money), 10);
  EXPECT_EQ(*ParseMoneyCell("90071992547409.93", money), 9007199254740993);  // not a double
  EXPECT_FALSE(ParseMoneyCell("11.777", money).ok());
  EXPECT_FALSE(ParseMoneyCell("1,177", money).ok());
  EXPECT_FALSE(ParseMoneyCell("", money).ok());
  money.set_unit(config::v1::IMPORT_MONEY_UNIT_MINOR);
  EXPECT_EQ(*ParseMoneyCell("1177", money), 1177);
  EXPECT_FALSE(ParseMoneyCell("11.77", money).ok());
}

TEST(ValuesTest, TimesHaveAZone) {
  const absl::TimeZone seoul = *LoadZone("Asia/Seoul");
  EXPECT_EQ(FormatTime(*ParseTimeCell("19970101", "%Y%m%d", seoul)), "1996-12-31T15:00:00+00:00");
  EXPECT_EQ(*ParseTimeCell("1997-01-01", "", absl::UTCTimeZone()), 852'076'800'000'000);
  EXPECT_EQ(FormatTime(*ParseTimeCell("01/02/1997 09:30 +0900", "%d/%m/%Y %H:%M %z", seoul)),
            "1997-02-01T00:30:00+00:00");
  for (const char* bad : {"1997-13-01", "1997-06-31", "1997-06-3x", ""}) {
    EXPECT_FALSE(ParseTimeCell(bad, "%Y-%m-%d", seoul).ok()) << bad;
  }
}

TEST(ValuesTest, TemplatesNameWhatTheyKnow) {
  const std::string row = "7";
  const Lookup lookup = [&](absl::string_view name) { return name == "row" ? &row : nullptr; };
  EXPECT_EQ(*FillTemplate("row-{row}/{row}", lookup), "row-7/7");
  EXPECT_FALSE(FillTemplate("{line}", lookup).ok());
  EXPECT_FALSE(FillTemplate("{row", lookup).ok());
}

config::v1::ImportMapping Mapping(const std::string& yaml) {
  config::v1::ImportMapping mapping;
  const absl::Status parsed = config::ParseYaml("map.yaml", yaml, &mapping);
  EXPECT_TRUE(parsed.ok()) << parsed;
  const absl::Status checked = CheckMapping(mapping);
  EXPECT_TRUE(checked.ok()) << checked;
  return mapping;
}

constexpr char kTwoKinds[] = R"(
source: test
business_unit: shop
row_number_from: 1
records:
  - kind: customer
    identifiers: [{type: user_id, template: "row-{row}"}]
    traits:
      - {name: zip_code, values: {Surburban: Suburban}}
      - {name: age, type: number}
      - {name: newbie, type: flag}
    consents:
      - {channel: email, purpose: marketing, granted: true, evidence: {constant: form 7}}
  - kind: purchase
    when: {column: spend, not_equals: "0"}
    identifiers: [{type: user_id, template: "row-{row}"}]
    time: {constant: 2008-03-04}
    money: {column: spend, currency: USD}
)";

Converter MakeConverter(const std::string& yaml, const Row& header) {
  const config::v1::ImportMapping mapping = Mapping(yaml);
  return *Converter::Make(mapping, *ColumnsOf(mapping, &header), "file.csv");
}

TEST(ConvertTest, ARowBecomesACustomerAndAPurchase) {
  const Converter converter = MakeConverter(kTwoKinds, {"zip_code", "age", "newbie", "spend"});
  std::vector<event::v1::IngestEvent> events;
  ASSERT_FALSE(converter.Convert({"Surburban", "41", "1", "29.99"}, 4, &events));
  ASSERT_EQ(events.size(), 2u);
  const auto& upsert = events[0].upsert();
  EXPECT_EQ(upsert.message_id(), "file.csv/5");
  EXPECT_EQ(upsert.identifiers(0).value(), "row-5");
  EXPECT_EQ(upsert.traits().at("zip_code").text(), "Suburban");
  EXPECT_EQ(upsert.traits().at("age").number(), 41);
  EXPECT_TRUE(upsert.traits().at("newbie").flag());
  EXPECT_EQ(upsert.consents(0).evidence(), "form 7");
  const auto& activity = events[1].activity();
  EXPECT_EQ(activity.message_id(), "file.csv/5/2");
  EXPECT_EQ(activity.purchase().net_minor(), 2999);
  EXPECT_EQ(activity.business_unit(), "shop");
  EXPECT_EQ(FormatTime(activity.occurred_time_us()), "2008-03-04T00:00:00+00:00");
}

TEST(ConvertTest, ConditionsChooseRecordsAndEmptyCellsLeaveTraitsOut) {
  const Converter converter = MakeConverter(kTwoKinds, {"zip_code", "age", "newbie", "spend"});
  std::vector<event::v1::IngestEvent> events;
  ASSERT_FALSE(converter.Convert({"Rural", "", "0", "0"}, 0, &events));
  ASSERT_EQ(events.size(), 1u);
  EXPECT_FALSE(events[0].upsert().traits().contains("age"));
}

TEST(ConvertTest, ABadCellRejectsTheWholeRow) {
  const Converter converter = MakeConverter(kTwoKinds, {"zip_code", "age", "newbie", "spend"});
  std::vector<event::v1::IngestEvent> events;
  const auto reject = converter.Convert({"Rural", "41", "1", "29.999"}, 0, &events);
  ASSERT_TRUE(reject);
  EXPECT_TRUE(events.empty());
  EXPECT_EQ(reject->row, 1);
  EXPECT_EQ(reject->column, "spend");
  EXPECT_EQ(reject->value, "29.999");
  EXPECT_THAT(reject->reason, HasSubstr("at most 2 decimals"));
  EXPECT_TRUE(converter.Convert({"too", "short"}, 1, &events));
}

TEST(MappingTest, AnUnknownColumnNamesTheNearest) {
  const config::v1::ImportMapping mapping = Mapping(kTwoKinds);
  const Row header = {"zip_code", "age", "newbie", "spent"};
  const absl::Status status = CheckColumns(mapping, *ColumnsOf(mapping, &header));
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_THAT(status.message(), HasSubstr("did you mean spent?"));
}

TEST(MappingTest, WhatIsMissingIsNamed) {
  config::v1::ImportMapping mapping = Mapping(kTwoKinds);
  mapping.mutable_records(1)->clear_time();
  EXPECT_THAT(CheckMapping(mapping).message(), HasSubstr("records[1].time"));
  mapping.clear_source();
  EXPECT_THAT(CheckMapping(mapping).message(), HasSubstr("source"));
}

TEST(MappingTest, ColumnsMayBeGivenInTheMapping) {
  config::v1::ImportMapping mapping = Mapping(kTwoKinds);
  mapping.mutable_file()->add_columns("a");
  mapping.mutable_file()->add_columns("b");
  const Row header = {"x", "y"};
  EXPECT_EQ(ColumnsOf(mapping, &header)->at("b"), 1u);
  mapping.mutable_file()->add_columns("a");
  EXPECT_FALSE(ColumnsOf(mapping, &header).ok());
}

TEST(ImportTest, ADryRunWritesTheRejectFile) {
  const std::string path = TempFile("dry.csv");
  std::ofstream(path) << "zip_code,age,newbie,spend\nRural,41,1,0\nRural,forty,1,0\n";
  ImportOptions options;
  options.dry_run = true;
  const auto summary = ImportFile(nullptr, Mapping(kTwoKinds), path, options);
  ASSERT_TRUE(summary.ok()) << summary.status();
  EXPECT_EQ(summary->rows, 2);
  EXPECT_EQ(summary->imported, 1);
  EXPECT_EQ(summary->rejected, 1);
  std::stringstream text;
  text << std::ifstream(summary->reject_path).rdbuf();
  EXPECT_EQ(text.str(), "row,column,value,reason\n2,age,forty,is no number\n");
}

TEST(RejectFileTest, FieldsAreQuotedWhereTheyMustBe) {
  EXPECT_EQ(CsvField("plain"), "plain");
  EXPECT_EQ(CsvField("a,\"b\""), "\"a,\"\"b\"\"\"");
}

}  // namespace
}  // namespace dangol::import
