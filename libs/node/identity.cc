#include "libs/node/identity.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "libs/base/files.h"
#include "libs/base/rng.h"
#include "libs/base/status.h"

namespace dangol::node {
namespace {

constexpr size_t kDigits = 16;

absl::Status Unwritable(const std::string& directory) {
  return BadField("data_dir", directory, "cannot be written", "name a directory of this user");
}

// Empty: there is none yet.
std::string ReadId(const std::string& path) {
  std::ifstream file(path);
  std::string id;
  std::getline(file, id);
  return id;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Identity>> Identity::Open(const std::string& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  const int lock = open((directory + "/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (lock < 0) return Unwritable(directory);
  if (flock(lock, LOCK_EX | LOCK_NB) != 0) {
    close(lock);
    return Precondition("DIRECTORY_IN_USE",
                        absl::StrCat(directory, " belongs to a process that runs; name another"));
  }
  const std::string path = directory + "/instance";
  std::string id = ReadId(path);
  if (id.size() != kDigits) {
    id = absl::StrCat(absl::Hex(DeviceRandom(), absl::kZeroPad16));
    if (absl::Status status = ReplaceFile("data_dir", path, id + "\n"); !status.ok()) {
      close(lock);
      return status;
    }
  }
  return std::unique_ptr<Identity>(new Identity(lock, std::move(id)));
}

Identity::~Identity() { close(lock_); }

}  // namespace dangol::node
