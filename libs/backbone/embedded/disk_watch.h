// What the disk under the embedded log is good for, and the errors that say why not.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "libs/base/types.h"

namespace dangol::embedded {

// Reasons (ErrorDetail::reason) of errors of the disk; all come with a retry delay.
inline constexpr char kDiskFull[] = "DISK_FULL";
inline constexpr char kDiskReadOnly[] = "DISK_READ_ONLY";
inline constexpr char kDiskSlow[] = "DISK_SLOW";
inline constexpr char kDiskError[] = "DISK_ERROR";

// UNAVAILABLE, or RESOURCE_EXHAUSTED where less work would help, with `reason`.
absl::Status DiskUnavailable(absl::string_view reason, const std::string& message);
absl::Status DiskExhausted(absl::string_view reason, const std::string& message);

// Watches the free space, so that the log stops taking work before RocksDB fails for want of it.
// Thread-safe; asks the file system at most every few milliseconds.
class DiskWatch {
 public:
  // `free_bytes`: of the disk that holds `dir`; empty: asks the file system. min_free 0: no watch.
  DiskWatch(std::string dir, uint64_t min_free_bytes, std::function<uint64_t()> free_bytes);

  // RESOURCE_EXHAUSTED (DISK_FULL) below the low-water mark: new work from outside must wait. What
  // has been accepted may use the reserve.
  absl::Status Admits();
  // UNAVAILABLE (DISK_FULL) below a quarter of it: nothing is written any more.
  absl::Status Writable();

 private:
  uint64_t Free();

  const std::string dir_;
  const uint64_t min_free_bytes_;
  const std::function<uint64_t()> free_bytes_;
  std::atomic<Micros> asked_us_ = 0;
  std::atomic<uint64_t> free_ = UINT64_MAX;
};

}  // namespace dangol::embedded
