// A disk that fails on command, under a real directory.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "libs/base/mutex.h"

namespace rocksdb {
class Env;
}  // namespace rocksdb

namespace dangol::embedded {

// Thread-safe. The log's Options take env() and free_bytes().
class FaultDisk {
 public:
  enum class Fault { kNone, kNoSpace, kReadOnly, kIoError };

  FaultDisk();
  ~FaultDisk();
  rocksdb::Env* env() { return env_.get(); }

  // From now on every change of the disk fails so, after `more` more that succeed. The append that
  // fails first leaves half of its bytes: a torn write.
  void FailWrites(Fault fault, uint64_t more = 0);
  // Only syncs fail, and what they were to sync may be lost.
  void FailSyncs(bool fail) { fail_syncs_ = fail; }
  // The next `count` reads of files fail.
  void FailReads(int64_t count) { failing_reads_ = count; }
  // Syncs do not return until the disk is let go.
  void HoldSyncs(bool hold);
  bool sync_waits() const { return waiting_syncs_ > 0; }

  void set_free_bytes(uint64_t bytes) { free_bytes_ = bytes; }
  uint64_t free_bytes() const { return free_bytes_; }
  uint64_t writes() const { return writes_; }
  uint64_t refused() const { return refused_; }

 private:
  friend class FaultFile;
  friend class FaultReader;
  friend class FaultFileSystem;
  // What the next change of the disk meets. `torn`: the first that fails.
  Fault NextWrite(bool* torn);
  bool NextReadFails();
  void AwaitSyncs();

  std::atomic<Fault> fault_ = Fault::kNone;
  std::atomic<int64_t> until_fault_ = 0;
  std::atomic<bool> fail_syncs_ = false;
  std::atomic<int> waiting_syncs_ = 0;
  std::atomic<int64_t> failing_reads_ = 0;
  std::atomic<uint64_t> free_bytes_ = UINT64_MAX;
  std::atomic<uint64_t> writes_ = 0, refused_ = 0;
  Mutex mu_;
  CondVar let_go_;
  bool held_ = false;  // guarded by mu_
  std::unique_ptr<rocksdb::Env> env_;
};

}  // namespace dangol::embedded
