#include "tools/dangol/import/reject_file.h"

#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace dangol::import {

std::string CsvField(absl::string_view text) {
  if (text.find_first_of(",;\"\r\n") == absl::string_view::npos) return std::string(text);
  return absl::StrCat("\"", absl::StrReplaceAll(text, {{"\"", "\"\""}}), "\"");
}

RejectFile::RejectFile(std::string path) : path_(std::move(path)) {
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
}

void RejectFile::Add(const Reject& reject) {
  if (count_++ == 0) {
    out_.open(path_, std::ios::trunc);
    out_ << "row,column,value,reason\n";
  }
  out_ << reject.row << ',' << CsvField(reject.column) << ',' << CsvField(reject.value) << ','
       << CsvField(reject.reason) << '\n';
}

absl::Status RejectFile::Close() {
  if (count_ == 0) return absl::OkStatus();
  out_.close();
  if (out_) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("the reject file ", path_, " cannot be written"));
}

}  // namespace dangol::import
