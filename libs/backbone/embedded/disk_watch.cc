#include "libs/backbone/embedded/disk_watch.h"

#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/clock.h"
#include "libs/base/status.h"

namespace dangol::embedded {
namespace {

constexpr Micros kAskEvery = 20 * kMicrosPerMilli;
constexpr char kRetryDelayMs[] = "2000";

uint64_t AskFileSystem(const std::string& dir) {
  std::error_code error;
  const std::filesystem::space_info space = std::filesystem::space(dir, error);
  return error ? UINT64_MAX : space.available;  // an unreadable disk shows itself otherwise
}

ErrorDetail Detail(absl::string_view reason) {
  return {std::string(reason), {{"retry_delay_ms", kRetryDelayMs}}, {}};
}

}  // namespace

absl::Status DiskUnavailable(absl::string_view reason, const std::string& message) {
  return WithDetail(absl::UnavailableError(message), Detail(reason));
}

absl::Status DiskExhausted(absl::string_view reason, const std::string& message) {
  return WithDetail(absl::ResourceExhaustedError(message), Detail(reason));
}

DiskWatch::DiskWatch(std::string dir, uint64_t min_free_bytes, std::function<uint64_t()> free_bytes)
    : dir_(std::move(dir)),
      min_free_bytes_(min_free_bytes),
      free_bytes_(free_bytes ? std::move(free_bytes) : [this] { return AskFileSystem(dir_); }) {}

uint64_t DiskWatch::Free() {
  const Micros now = SteadyMicros();
  if (now - asked_us_.load(std::memory_order_relaxed) >= kAskEvery) {
    free_.store(free_bytes_(), std::memory_order_relaxed);
    asked_us_.store(now, std::memory_order_relaxed);
  }
  return free_.load(std::memory_order_relaxed);
}

absl::Status DiskWatch::Admits() {
  if (min_free_bytes_ == 0) return absl::OkStatus();
  const uint64_t free = Free();
  if (free >= min_free_bytes_) return absl::OkStatus();
  return DiskExhausted(kDiskFull, absl::StrCat("the disk of ", dir_, " has ", free >> 20,
                                               " MiB left, fewer than ", min_free_bytes_ >> 20,
                                               "; new work is taken again once there is space"));
}

absl::Status DiskWatch::Writable() {
  if (min_free_bytes_ == 0) return absl::OkStatus();
  const uint64_t free = Free();
  if (free >= min_free_bytes_ / 4) return absl::OkStatus();
  return DiskUnavailable(kDiskFull, absl::StrCat("the disk of ", dir_, " has ", free >> 20,
                                                 " MiB left; writing goes on once there is space"));
}

}  // namespace dangol::embedded
