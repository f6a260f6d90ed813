// CSV import: a file, by a mapping, to a server.
#pragma once

#include <functional>
#include <string>

#include "absl/status/statusor.h"

namespace dangol::client {
struct Connection;
}
namespace dangol::config::v1 {
class ImportMapping;
}

namespace dangol::import {

struct ImportOptions {
  // Names the file in message ids. Empty: the file's name without directory and ".gz".
  std::string file_id;
  // Where rejected rows go. Empty: "<path>.rejects.csv".
  std::string reject_path;
  // Checks everything that can be checked here, sends nothing.
  bool dry_run = false;
  // Called now and then: bytes of the file read and its size, rows read.
  std::function<void(int64_t bytes, int64_t size, int64_t rows)> progress;
};

struct ImportSummary {
  int64_t rows = 0;      // after the header
  int64_t skipped = 0;   // rows that no record wanted
  int64_t imported = 0;  // records accepted; what was imported before is accepted again
  int64_t rejected = 0;  // rows refused here, and records refused by the server
  std::string reject_path;
};

// Idempotent as long as file id and mapping stay: the same records have the same ids. An error ends
// the import; what was accepted before stays. Errors are those of ReadRows, CheckMapping and the
// server. `connection` may be null in a dry run.
absl::StatusOr<ImportSummary> ImportFile(client::Connection* connection,
                                         const config::v1::ImportMapping& mapping,
                                         const std::string& path, const ImportOptions& options);

// What rows of the file are called in ids.
std::string FileIdOf(const std::string& path);

}  // namespace dangol::import
