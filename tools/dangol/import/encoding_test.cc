// Files as other programs write them: encodings, line ends, quotes, rows of any width.
#include "tools/dangol/import/encoding.h"

#include <zlib.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/status.h"
#include "tools/dangol/import/rows.h"

namespace dangol::import {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kHeader[] = "이름,도시\n";
constexpr char kRow[] = "김단골,서울\n";
// The same in CP949, as Korean Excel saves it.
constexpr char kCp949[] =
    "\xC0\xCC\xB8\xA7,\xB5\xB5\xBD\xC3\n\xB1\xE8\xB4\xDC\xB0\xF1,\xBC\xAD\xBF\xEF\n";

// `text` (of the basic plane) in UTF-16.
std::string Utf16(const std::u16string& text, bool little) {
  std::string bytes;
  for (const char16_t c : text) {
    const char low = static_cast<char>(c & 0xff), high = static_cast<char>(c >> 8);
    bytes += little ? low : high;
    bytes += little ? high : low;
  }
  return bytes;
}

class EncodingTest : public testing::Test {
 protected:
  ~EncodingTest() override { std::filesystem::remove(path_); }

  absl::StatusOr<std::vector<Row>> Read(const std::string& bytes, RowFormat format = {}) {
    std::ofstream(path_, std::ios::binary) << bytes;
    std::vector<Row> rows;
    const absl::Status status = ReadRows(path_, format, [&](const Row& row, int64_t) {
      rows.push_back(row);
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
    return rows;
  }
  void ExpectKim(const std::string& bytes, const std::string& encoding = "") {
    const auto rows = Read(bytes, {',', false, encoding});
    ASSERT_TRUE(rows.ok()) << rows.status();
    EXPECT_THAT(*rows, ElementsAre(ElementsAre("이름", "도시"), ElementsAre("김단골", "서울")));
  }

  const std::string path_ = testing::TempDir() + "dangol_encoding_test_" +
                            testing::UnitTest::GetInstance()->current_test_info()->name() + ".csv";
};

TEST_F(EncodingTest, Utf8WithAndWithoutAByteOrderMark) {
  ExpectKim(absl::StrCat(kHeader, kRow));
  ExpectKim(absl::StrCat("\xEF\xBB\xBF", kHeader, kRow));
  ExpectKim(absl::StrCat("\xEF\xBB\xBF", kHeader, kRow), "UTF-8");
}

TEST_F(EncodingTest, Cp949IsFoundOutOrNamed) {
  ExpectKim(kCp949);
  ExpectKim(kCp949, "CP949");
  ExpectKim(kCp949, "EUC-KR");
}

TEST_F(EncodingTest, Utf16OfEitherOrder) {
  const std::u16string text = u"이름,도시\r\n김단골,서울\r\n";
  ExpectKim(absl::StrCat("\xFF\xFE", Utf16(text, true)));
  ExpectKim(absl::StrCat("\xFE\xFF", Utf16(text, false)));
  ExpectKim(absl::StrCat("\xFF\xFE", Utf16(text, true)), "UTF-16");
  ExpectKim(Utf16(text, true), "UTF-16LE");
  ExpectKim(absl::StrCat("\xFF\xFE", Utf16(text, true)), "UTF-16LE");
  ExpectKim(absl::StrCat("\xFE\xFF", Utf16(text, false)), "UTF-16BE");
  const auto latin = Read(Utf16(u"id,name\n1,Kim\n", true));
  ASSERT_TRUE(latin.ok()) << latin.status();
  EXPECT_THAT(*latin, ElementsAre(ElementsAre("id", "name"), ElementsAre("1", "Kim")));
}

TEST_F(EncodingTest, CharactersAreCutByPiecesOfTheFile) {
  std::string text = "이름\n";
  for (int i = 0; i < 50'000; ++i) absl::StrAppend(&text, i % 7 == 0 ? "a" : "", "김\n");
  const auto rows = Read(text);
  ASSERT_TRUE(rows.ok()) << rows.status();
  ASSERT_EQ(rows->size(), 50'001u);
  for (size_t i = 1; i < rows->size(); ++i) {
    ASSERT_EQ((*rows)[i][0], (i - 1) % 7 == 0 ? "a김" : "김") << i;
  }
}

TEST_F(EncodingTest, WhatIsNoTextIsAnErrorThatNamesTheLineAndTheFix) {
  const auto latin1 = Read(
      "name\nFran\xE7ois\nRen\xE9"
      "e\n");
  ASSERT_TRUE(absl::IsInvalidArgument(latin1.status()));
  EXPECT_THAT(latin1.status().message(), HasSubstr("line 2"));
  EXPECT_THAT(latin1.status().message(), HasSubstr("encoding"));
  const auto late = Read(absl::StrCat(std::string(200'000, 'x').replace(1000, 1, "\n"), ""));
  EXPECT_FALSE(late.ok());  // a field of 200 kB
  std::string ascii_first;
  for (int i = 0; i < 20'000; ++i) absl::StrAppend(&ascii_first, "abcdef,", i, "\n");
  const auto guessed = Read(absl::StrCat(ascii_first, "\xB1\xE8,1\n"));
  EXPECT_TRUE(absl::IsInvalidArgument(guessed.status()));
  EXPECT_THAT(guessed.status().message(), HasSubstr("line 200"));
  EXPECT_TRUE(Read(absl::StrCat(ascii_first, "\xB1\xE8,1\n"), {',', false, "CP949"}).ok());
  EXPECT_TRUE(absl::IsInvalidArgument(Read(kCp949, {',', false, "UTF-8"}).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(Read("\xEA\xB9").status()));
  const auto unknown = Read("a\n", {',', false, "no-such"});
  EXPECT_THAT(unknown.status().message(), HasSubstr("file.encoding"));
}

TEST_F(EncodingTest, LineEndsOfEverySystemAndQuotesInsideQuotes) {
  const auto rows = Read("a,b\r\n\"say \"\"hi\"\", then\r\ngo\",2\r\n3,4");
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_THAT(*rows, ElementsAre(ElementsAre("a", "b"), ElementsAre("say \"hi\", then\r\ngo", "2"),
                                 ElementsAre("3", "4")));
  EXPECT_TRUE(absl::IsInvalidArgument(Read("a\nx \"y\" z\n\"a\"b\n").status()));
}

TEST_F(EncodingTest, AnEndlessLineEndsTheReadingAndNotTheMemory) {
  gzFile file = gzopen(path_.c_str(), "wb1");
  const std::string block(1 << 20, 'x');
  for (int i = 0; i < 64; ++i) gzwrite(file, block.data(), static_cast<unsigned>(block.size()));
  gzclose(file);
  int64_t read = 0;
  const absl::Status status = ReadRows(path_, {}, [&](const Row&, int64_t bytes) {
    read = bytes;
    return absl::OkStatus();
  });
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_THAT(status.message(), HasSubstr("row 1"));
  EXPECT_THAT(status.message(), HasSubstr("too many bytes"));
  EXPECT_EQ(read, 0);
}

}  // namespace
}  // namespace dangol::import
