// What RocksDB says of itself, in the file LOG of its directory.
#pragma once

#include <rocksdb/env.h>

#include <string>

namespace dangol::embedded {

// Thread-safe. In place of RocksDB's own, whose file writer ends the process by an assertion when
// it is used again after a write failed: a full disk fails there first. What cannot be written is
// left out: it only serves who looks. Beyond 1 MiB the next one begins anew and keeps this as
// LOG.old.
class RocksLog final : public rocksdb::Logger {
 public:
  explicit RocksLog(const std::string& dir);
  ~RocksLog() override;

  using rocksdb::Logger::Logv;
  void Logv(const char* format, va_list args) override;
  void LogHeader(const char*, va_list) override {}  // pages of options at each start

 private:
  const int file_;
};

}  // namespace dangol::embedded
