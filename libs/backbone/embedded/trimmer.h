// Frees the disk of what was trimmed, in the background.
#pragma once

#include <set>
#include <thread>

#include "absl/status/status.h"
#include "libs/backbone/embedded/database.h"
#include "libs/base/mutex.h"

namespace dangol::embedded {

// Thread-safe. A deleted range keeps its blob files until a compaction has dropped its keys, and
// RocksDB starts none for range deletions alone.
class Trimmer {
 public:
  Trimmer(Database& database, Micros interval_us);
  ~Trimmer();  // gives up a clean-up that is running

  void Mark(Family family);
  // Cleans up what is marked, now.
  absl::Status Run();

 private:
  void Loop();

  Database& database_;
  const Micros interval_us_;
  Mutex mu_;
  CondVar changed_;
  std::set<Family> marked_;  // guarded by mu_
  bool stopping_ = false;    // guarded by mu_
  std::thread thread_;
};

}  // namespace dangol::embedded
