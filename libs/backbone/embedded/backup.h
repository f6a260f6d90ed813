// Backups of an embedded log's directory: a folder of its own with any number of generations, each
// complete and checksummed; files that did not change between two are kept once.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/base/types.h"

namespace dangol {

class EmbeddedLog;

struct BackupInfo {
  uint64_t id = 0;  // 1, 2, 3 …
  int64_t created_unix_s = 0;
  uint64_t bytes = 0;
  uint64_t files = 0;
};

// A consistent cut of the log, which may be in use: all that was acknowledged when the call began.
// Creates `backup_dir`. FAILED_PRECONDITION: it is no backup folder, or of a newer format.
absl::StatusOr<BackupInfo> CreateBackup(EmbeddedLog& log, const std::string& backup_dir);

// Reads every byte of the newest backup against its checksums. DATA_LOSS: it is damaged. NOT_FOUND:
// there is none.
absl::StatusOr<BackupInfo> CheckBackup(const std::string& backup_dir);

// Checks the newest backup and makes the data directory `data_dir` of it. FAILED_PRECONDITION: that
// holds something already.
absl::StatusOr<BackupInfo> RestoreBackup(const std::string& backup_dir,
                                         const std::string& data_dir);

}  // namespace dangol
