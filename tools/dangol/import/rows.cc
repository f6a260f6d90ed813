#include "tools/dangol/import/rows.h"

#include <csv.h>
#include <zlib.h>

#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "libs/base/status.h"
#include "tools/dangol/import/encoding.h"

namespace dangol::import {
namespace {

absl::Status TooBig(int64_t row, absl::string_view what, size_t limit) {
  return BadField("file", absl::StrCat("row ", row), absl::StrCat("has ", what),
                  absl::StrCat("at most ", limit, " are read; is a quote left open?"));
}

}  // namespace

// libcsv calls back without a way to stop, so errors are kept until it returns.
struct RowParser::Csv {
  csv_parser parser;
  Row row;
  size_t row_bytes = 0;
  absl::Status status;
  RowParser* owner = nullptr;

  Csv() { csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI); }
  ~Csv() { csv_free(&parser); }

  static void OnField(void* text, size_t size, void* self) {
    auto* csv = static_cast<Csv*>(self);
    csv->row_bytes += size;
    if (size > kFieldBytesMax) csv->Fail("a field too long", kFieldBytesMax);
    if (csv->row.size() >= kColumnsMax) csv->Fail("too many fields", kColumnsMax);
    if (csv->row_bytes > kRowBytesMax) csv->Fail("too many bytes", kRowBytesMax);
    if (csv->status.ok()) csv->row.emplace_back(static_cast<const char*>(text), size);
  }
  static void OnEnd(int, void* self) {
    auto* csv = static_cast<Csv*>(self);
    ++csv->owner->rows_;
    if (csv->status.ok()) csv->status = csv->owner->on_row_(csv->row);
    csv->row.clear();
    csv->row_bytes = 0;
  }
  void Fail(absl::string_view what, size_t limit) {
    if (status.ok()) status = TooBig(owner->rows_ + 1, what, limit);
  }
  absl::Status Malformed() {
    return BadField("file", absl::StrCat("row ", owner->rows_ + 1),
                    "has a quote where none belongs, or one that does not end",
                    "write \"\" for a quote inside quotes");
  }
};

RowParser::RowParser(const RowFormat& format, std::function<absl::Status(const Row&)> on_row)
    : format_(format), on_row_(std::move(on_row)) {
  if (format_.whitespace) return;
  csv_ = std::make_shared<Csv>();
  csv_->owner = this;
  csv_set_delim(&csv_->parser, static_cast<unsigned char>(format_.delimiter));
}

absl::Status RowParser::EndLine() {
  const Row row = absl::StrSplit(line_, absl::ByAnyChar(" \t\r"), absl::SkipEmpty());
  line_.clear();
  if (row.empty()) return absl::OkStatus();
  ++rows_;
  if (row.size() > kColumnsMax) return TooBig(rows_, "too many fields", kColumnsMax);
  return on_row_(row);
}

absl::Status RowParser::FeedBlanks(absl::string_view bytes) {
  for (const char c : bytes) {
    if (c == '\n') {
      DANGOL_RETURN_IF_ERROR(EndLine());
    } else {
      line_ += c;
      if (line_.size() > kRowBytesMax) return TooBig(rows_ + 1, "too many bytes", kRowBytesMax);
    }
  }
  return absl::OkStatus();
}

absl::Status RowParser::FeedCsv(absl::string_view bytes) {
  const size_t parsed =
      csv_parse(&csv_->parser, bytes.data(), bytes.size(), &Csv::OnField, &Csv::OnEnd, csv_.get());
  DANGOL_RETURN_IF_ERROR(csv_->status);
  if (parsed != bytes.size()) return csv_->Malformed();
  // A field that is not finished yet has called nothing back.
  if (csv_->parser.entry_pos > kRowBytesMax) csv_->Fail("too many bytes", kRowBytesMax);
  return csv_->status;
}

absl::Status RowParser::Feed(absl::string_view bytes) {
  return format_.whitespace ? FeedBlanks(bytes) : FeedCsv(bytes);
}

absl::Status RowParser::Finish() {
  if (format_.whitespace) return EndLine();
  if (csv_fini(&csv_->parser, &Csv::OnField, &Csv::OnEnd, csv_.get()) != 0) {
    return csv_->Malformed();
  }
  return csv_->status;
}

absl::Status ReadRows(const std::string& path, const RowFormat& format, const OnRow& on_row) {
  gzFile file = gzopen(path.c_str(), "rb");  // reads plain files as they are
  if (file == nullptr) return NotFound("file", path);
  RowParser parser(format, [&](const Row& row) { return on_row(row, gzoffset(file)); });
  TextDecoder decoder(format.encoding);
  std::array<char, 64 << 10> buffer;
  std::string text;
  absl::Status status;
  for (int size = 1; status.ok() && size > 0;) {
    size = gzread(file, buffer.data(), buffer.size());
    if (size < 0) break;
    text.clear();
    status = decoder.Decode(absl::string_view(buffer.data(), static_cast<size_t>(size)),
                            /*last=*/size == 0, &text);
    if (status.ok()) status = parser.Feed(text);
  }
  int error = Z_OK;
  const char* why = gzerror(file, &error);
  if (error != Z_OK && error != Z_STREAM_END) {
    status = absl::DataLossError(absl::StrCat(path, " cannot be read to its end: ", why));
  }
  if (status.ok()) status = parser.Finish();
  gzclose(file);
  return status;
}

}  // namespace dangol::import
