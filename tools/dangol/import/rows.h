// Rows of a delimited text file, plain or gzip, with bounds on everything.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace dangol::import {

inline constexpr size_t kFieldBytesMax = 64 << 10;
inline constexpr size_t kRowBytesMax = 1 << 20;
inline constexpr size_t kColumnsMax = 1024;

struct RowFormat {
  char delimiter = ',';     // unless whitespace
  bool whitespace = false;  // runs of blanks separate, quotes mean nothing
  std::string encoding;     // of the file (encoding.h); empty: found out
};

using Row = std::vector<std::string>;
// `bytes_read` of the file so far, compressed ones where it is compressed. An error ends the
// reading.
using OnRow = std::function<absl::Status(const Row& row, int64_t bytes_read)>;

// Calls `on_row` for every row that is not empty, the header included, in UTF-8. A byte-order mark
// is skipped; an unfinished last line is a row. NOT_FOUND: no such file. INVALID_ARGUMENT naming
// the row or line: a quote that does not end, a field, row or number of columns beyond the bounds,
// bytes that are not text in the file's encoding. DATA_LOSS: the gzip stream is damaged or ends
// early.
absl::Status ReadRows(const std::string& path, const RowFormat& format, const OnRow& on_row);

// The same for UTF-8 text that comes in pieces: what ReadRows is made of. Not thread-safe.
class RowParser {
 public:
  RowParser(const RowFormat& format, std::function<absl::Status(const Row&)> on_row);
  absl::Status Feed(absl::string_view bytes);
  absl::Status Finish();

 private:
  struct Csv;
  absl::Status FeedBlanks(absl::string_view bytes);
  absl::Status FeedCsv(absl::string_view bytes);
  absl::Status EndLine();

  RowFormat format_;
  std::function<absl::Status(const Row&)> on_row_;
  std::shared_ptr<Csv> csv_;
  std::string line_;  // of a whitespace file, so far
  int64_t rows_ = 0;
};

}  // namespace dangol::import
