// How a backup is asked of a running server: by a file in its data directory, so that who may read
// the data may copy it, and nobody else.
#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/base/types.h"

namespace dangol {

class EmbeddedLog;
struct BackupInfo;

// "backup 3 in /backups: 40 files, 1234 KiB".
std::string DescribeBackup(const BackupInfo& info, const std::string& dir);

// The server's side, called now and then: makes the backup that is asked for, if any, and answers.
// Returns what became of it; nullopt: none was asked for.
std::optional<absl::Status> ServeBackupRequest(const std::string& data_dir, EmbeddedLog& log);

// The asking side: returns what the server says about it, as a line of text. DEADLINE_EXCEEDED: no
// server answered.
absl::StatusOr<std::string> RequestBackup(const std::string& data_dir,
                                          const std::string& backup_dir, Micros patience);

}  // namespace dangol
