#include "libs/base/files.h"

#include <cstdio>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"

namespace dangol {

absl::Status ReplaceFile(absl::string_view field, absl::string_view path, absl::string_view text) {
  const std::string to(path), aside = absl::StrCat(path, ".new");
  std::ofstream file(aside);
  file << text;
  file.close();
  if (!file.fail() && std::rename(aside.c_str(), to.c_str()) == 0) return absl::OkStatus();
  return BadField(field, path, "cannot be written", "name another, or run as its owner");
}

}  // namespace dangol
