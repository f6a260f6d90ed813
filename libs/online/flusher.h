// The writer's side of the store: looks at marks, writes batches. One thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/online/client.h"
#include "libs/online/mark.h"
#include "libs/online/view_codec.h"

namespace dangol::online {

// Not thread-safe.
class Flusher {
 public:
  Flusher(std::shared_ptr<Store> store, Micros tombstone_expiry_us);

  // Learns who the masters are now.
  absl::Status Look();
  // Whether a connection was made since Look: a master may be another one.
  bool Reconnected() const { return client_.connects() != looked_connects_; }

  absl::StatusOr<std::optional<Mark>> ReadMark(Scope scope);
  // A new mark for a rewrite of everything; its token.
  absl::StatusOr<std::string> BeginMark(Scope scope, absl::string_view log);
  absl::StatusOr<bool> Advance(Scope scope, const Mark& mark);

  struct Written {
    uint64_t written = 0;
    uint64_t as_new = 0;           // the store had them already
    uint64_t refused = 0;          // never to be written: `why_refused`
    std::vector<Entry> unwritten;  // to be tried again: `why`
    absl::Status why;
    absl::Status why_refused;
  };
  Written Write(absl::string_view log, std::vector<Entry> entries);

  absl::StatusOr<std::vector<std::string>> Describe();

 private:
  // At most so much a call (one entry may exceed it), so that each call's time is bounded.
  static constexpr size_t kSliceEntries = 2048;
  static constexpr size_t kSliceBytes = 4 << 20;
  static size_t SliceAt(const std::vector<Entry>& entries, size_t begin);
  void WriteSlice(absl::string_view log, absl::Span<Entry> slice, Written& written);

  const std::shared_ptr<Store> store_;
  const std::string expiry_s_;
  Client client_;
  Marks marks_;
  Masters masters_;
  uint64_t looked_connects_ = 0;
};

}  // namespace dangol::online
