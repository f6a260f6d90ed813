#include "libs/backbone/embedded/rocks_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "libs/base/calendar.h"
#include "libs/base/clock.h"

namespace dangol::embedded {
namespace {

constexpr size_t kLineBytesMax = 2048;
constexpr uintmax_t kFileBytesMax = 1 << 20;

int Open(const std::string& path) {
  std::error_code none;
  const uintmax_t size = std::filesystem::file_size(path, none);
  if (!none && size > kFileBytesMax) std::filesystem::rename(path, path + ".old", none);
  return open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
}

}  // namespace

RocksLog::RocksLog(const std::string& dir)
    : Logger(rocksdb::InfoLogLevel::WARN_LEVEL), file_(Open(dir + "/LOG")) {}

RocksLog::~RocksLog() {
  if (file_ >= 0) close(file_);
}

void RocksLog::Logv(const char* format, va_list args) {
  char text[kLineBytesMax];
  const int bytes = std::vsnprintf(text, sizeof(text), format, args);
  if (bytes < 0 || file_ < 0) return;
  const size_t kept = std::min<size_t>(bytes, sizeof(text) - 1);
  const std::string line =
      absl::StrCat(FormatTime(SystemClock().Now()), " ", absl::string_view(text, kept), "\n");
  if (write(file_, line.data(), line.size()) < 0) return;
}

}  // namespace dangol::embedded
