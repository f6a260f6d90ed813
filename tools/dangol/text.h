// Small pieces of human output.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/base/types.h"

namespace dangol::common::v1 {
class CustomerRef;
}

namespace dangol::cli {

// Columns as wide as their widest cell; numbers to the right. The first row is the header.
class Table {
 public:
  explicit Table(std::vector<std::string> header) { rows_.push_back(std::move(header)); }
  void Add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  std::string ToString() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

// 1234567 → "1,234,567".
std::string Thousands(int64_t n);
// 0.1468 → "14.68 %".
std::string Percent(double share);
// "2026-03-01 09:00:00 UTC"; "-" for 0.
std::string TimeText(Micros time);

// "customers/…", or type:value. INVALID_ARGUMENT (usage) otherwise.
absl::StatusOr<common::v1::CustomerRef> ParseRef(absl::string_view text);
// The opposite: the line that a list's hash is made of.
std::string RefText(const common::v1::CustomerRef& ref);

// What it takes to turn `before` into `after`: lines with "-", "+" and up to 3 of context with " ".
// Empty when they are equal.
std::string LineDiff(const std::string& before, const std::string& after);

// "40%" → 4000 basis points.
absl::StatusOr<int> ParsePercent(absl::string_view field, absl::string_view text);

}  // namespace dangol::cli
