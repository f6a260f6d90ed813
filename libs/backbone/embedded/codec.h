// The bytes that the embedded log keeps in RocksDB. Stored: a change of any of it is a new format.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "libs/backbone/log.h"

namespace dangol::embedded {

// Keys, in byte order = (topic, partition, base offset), (scope, cycle), (scope, table, key).
std::string TopicPrefix(TopicPartition tp);
std::string TopicKey(TopicPartition tp, uint64_t base_offset);
std::string ScopePrefix(Scope scope);
std::string ChangelogKey(Scope scope, uint64_t cycle);
std::string StatePrefix(Scope scope, Table table);
std::string StateKey(Scope scope, Table table, absl::string_view key);
std::string StateSealKey(Scope scope);  // after all of the scope's tables
// The number that a TopicKey or ChangelogKey ends with.
uint64_t KeyNumber(absl::string_view key);

// A value: LZ4 bytes with the number of the write they came in, a tag and a checksum of all of it.
struct Frame {
  uint64_t write_number = 0;
  uint64_t tag = 0;  // a batch's record count; a changelog entry's fingerprint
  std::string body;
};
// In two steps, so that the costly one needs no lock. INVALID_ARGUMENT: a body over 1 GiB.
absl::StatusOr<std::string> PackFrame(uint64_t tag, absl::string_view body);
void StampFrame(uint64_t write_number, std::string* packed);
// DATA_LOSS: not what StampFrame made.
absl::StatusOr<Frame> UnpackFrame(absl::string_view bytes);
// The header of a frame whose body stays packed.
absl::StatusOr<Frame> PeekFrame(absl::string_view bytes);

std::string EncodeRecords(absl::Span<const Record* const> records);
absl::StatusOr<std::vector<Record>> DecodeRecords(absl::string_view body);

struct ChangelogEntry {
  Seal seal;
  std::vector<Change> changes;
};
std::string EncodeChangelog(const Seal& seal, const std::vector<Change>& changes);
absl::StatusOr<ChangelogEntry> DecodeChangelog(absl::string_view body);

}  // namespace dangol::embedded
