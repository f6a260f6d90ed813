// The rows that were not imported, as CSV: row,column,value,reason.
#pragma once

#include <fstream>
#include <string>

#include "absl/status/status.h"
#include "tools/dangol/import/convert.h"

namespace dangol::import {

// A field as CSV: quoted where it must be.
std::string CsvField(absl::string_view text);

// Makes the file with the first reject: none, no file; an old one of that name is removed. Not
// thread-safe.
class RejectFile {
 public:
  explicit RejectFile(std::string path);
  void Add(const Reject& reject);
  int64_t count() const { return count_; }
  const std::string& path() const { return path_; }
  // DATA_LOSS when not all of it could be written.
  absl::Status Close();

 private:
  std::string path_;
  std::ofstream out_;
  int64_t count_ = 0;
};

}  // namespace dangol::import
