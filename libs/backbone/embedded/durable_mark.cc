#include "libs/backbone/embedded/durable_mark.h"

#include <fcntl.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "libs/base/hash.h"
#include "libs/base/types.h"

namespace dangol::embedded {
namespace {

constexpr size_t kBytes = 16;

std::string Encode(uint64_t number) {
  const std::string bytes = EncodeKey(number);
  return bytes + EncodeKey(Hash64(bytes));
}

}  // namespace

DurableMark::DurableMark(const std::string& dir)
    : file_(open(absl::StrCat(dir, "/durable").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)) {}

DurableMark::~DurableMark() {
  if (file_ >= 0) close(file_);
}

uint64_t DurableMark::Read() const {
  std::string bytes(kBytes, '\0');
  if (file_ < 0 || pread(file_, bytes.data(), kBytes, 0) != static_cast<ssize_t>(kBytes)) return 0;
  const uint64_t number = DecodeKey(bytes);
  return Encode(number) == bytes ? number : 0;
}

void DurableMark::Write(uint64_t write_number) {
  const std::string bytes = Encode(write_number);
  if (file_ >= 0 && pwrite(file_, bytes.data(), kBytes, 0) < 0) return;
}

}  // namespace dangol::embedded
