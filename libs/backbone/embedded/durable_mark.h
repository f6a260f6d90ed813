// How far the log was acknowledged, beside the log: a write-ahead log that lost its synced end
// looks like one that never had it.
#pragma once

#include <cstdint>
#include <string>

namespace dangol::embedded {

// Thread-compatible. The file is overwritten after each sync and not synced itself: it never says
// more than is true, survives a killed process, and after a power cut may say less.
class DurableMark {
 public:
  explicit DurableMark(const std::string& dir);
  ~DurableMark();
  DurableMark(const DurableMark&) = delete;
  DurableMark& operator=(const DurableMark&) = delete;

  // 0: unknown (none, or damaged).
  uint64_t Read() const;
  // What cannot be written is left out: it only serves to notice damage.
  void Write(uint64_t write_number);

 private:
  int file_;
};

}  // namespace dangol::embedded
