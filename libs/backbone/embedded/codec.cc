#include "libs/backbone/embedded/codec.h"

#include <lz4.h>

#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/backbone/seal_codec.h"
#include "libs/base/bytes.h"
#include "libs/base/hash.h"
#include "libs/base/status.h"
#include "libs/base/types.h"

namespace dangol::embedded {
namespace {

// A frame: checksum, write number, tag, raw size, each of 8 bytes; then LZ4.
constexpr size_t kNumber = 8;
constexpr size_t kHeader = 4 * kNumber;
constexpr uint64_t kMaxBody = uint64_t{1} << 30;
constexpr size_t kScratchMax = 8 << 20;  // of a thread, between two frames
constexpr char kSealMark = '\xff';

absl::Status Damaged(absl::string_view what) {
  return absl::DataLossError(absl::StrCat("stored bytes are damaged: ", what));
}

uint64_t NumberAt(absl::string_view bytes, int index) {
  return DecodeKey(bytes.substr(index * kNumber, kNumber));
}

void PutNumber(uint64_t value, int index, std::string* bytes) {
  bytes->replace(index * kNumber, kNumber, EncodeKey(value));
}

uint64_t Checksum(absl::string_view packed) { return Hash64(packed.substr(kNumber)); }

}  // namespace

std::string TopicPrefix(TopicPartition tp) {
  return {static_cast<char>(tp.topic), static_cast<char>(tp.partition >> 8),
          static_cast<char>(tp.partition)};
}
std::string TopicKey(TopicPartition tp, uint64_t base_offset) {
  return TopicPrefix(tp) + EncodeKey(base_offset);
}
std::string ScopePrefix(Scope scope) {
  return {static_cast<char>(scope.service), static_cast<char>(scope.partition >> 8),
          static_cast<char>(scope.partition)};
}
std::string ChangelogKey(Scope scope, uint64_t cycle) {
  return ScopePrefix(scope) + EncodeKey(cycle);
}
std::string StatePrefix(Scope scope, Table table) {
  return ScopePrefix(scope) + static_cast<char>(table);
}
std::string StateKey(Scope scope, Table table, absl::string_view key) {
  return absl::StrCat(StatePrefix(scope, table), key);
}
std::string StateSealKey(Scope scope) { return ScopePrefix(scope) + kSealMark; }
uint64_t KeyNumber(absl::string_view key) { return DecodeKey(key.substr(key.size() - kNumber)); }

absl::StatusOr<std::string> PackFrame(uint64_t tag, absl::string_view body) {
  if (body.size() > kMaxBody) {
    return absl::InvalidArgumentError(
        absl::StrCat("one write has ", body.size(), " bytes for one key; at most ", kMaxBody));
  }
  // The worst case is much larger than what comes out: it is not worth memory of its own each time.
  thread_local std::vector<char> scratch;
  const int most = LZ4_compressBound(static_cast<int>(body.size()));
  if (scratch.size() < static_cast<size_t>(most)) scratch.resize(most);
  const int size =
      LZ4_compress_default(body.data(), scratch.data(), static_cast<int>(body.size()), most);
  std::string packed;
  packed.reserve(kHeader + size);
  packed.resize(kHeader);
  PutNumber(tag, 2, &packed);
  PutNumber(body.size(), 3, &packed);
  packed.append(scratch.data(), size);
  if (scratch.size() > kScratchMax) scratch = {};
  return packed;
}

void StampFrame(uint64_t write_number, std::string* packed) {
  PutNumber(write_number, 1, packed);
  PutNumber(Checksum(*packed), 0, packed);
}

absl::StatusOr<Frame> PeekFrame(absl::string_view bytes) {
  if (bytes.size() < kHeader) return Damaged("too short");
  if (NumberAt(bytes, 0) != Checksum(bytes)) return Damaged("checksum");
  return Frame{NumberAt(bytes, 1), NumberAt(bytes, 2), {}};
}

absl::StatusOr<Frame> UnpackFrame(absl::string_view bytes) {
  DANGOL_ASSIGN_OR_RETURN(Frame frame, PeekFrame(bytes));
  const uint64_t raw_size = NumberAt(bytes, 3);
  if (raw_size > kMaxBody) return Damaged("size");
  frame.body.resize(raw_size);
  const absl::string_view packed = bytes.substr(kHeader);
  const int size = LZ4_decompress_safe(packed.data(), frame.body.data(),
                                       static_cast<int>(packed.size()), static_cast<int>(raw_size));
  if (size != static_cast<int>(raw_size)) return Damaged("compressed bytes");
  return frame;
}

std::string EncodeRecords(absl::Span<const Record* const> records) {
  size_t bytes = 16;
  for (const Record* record : records) bytes += record->key.size() + record->value.size() + 24;
  ByteWriter out(bytes);
  out.Varint(records.size());
  for (const Record* record : records) {
    out.Text(record->key);
    out.Text(record->value);
    out.Signed(record->emit_time);
    out.Varint(record->hops);
  }
  return out.Take();
}

absl::StatusOr<std::vector<Record>> DecodeRecords(absl::string_view body) {
  ByteReader in(body);
  std::vector<Record> records(in.Count());
  for (Record& record : records) {
    record.key = std::string(in.Text());
    record.value = std::string(in.Text());
    record.emit_time = in.Signed();
    record.hops = static_cast<uint32_t>(in.Varint());
  }
  if (!in.done()) return Damaged("records");
  return records;
}

std::string EncodeChangelog(const Seal& seal, const std::vector<Change>& changes) {
  size_t bytes = 256;
  for (const Change& change : changes) {
    bytes += change.key.size() + (change.value ? change.value->size() : 0) + 12;
  }
  ByteWriter out(bytes);
  WriteSeal(seal, &out);
  out.Varint(changes.size());
  for (const Change& change : changes) {
    out.Varint(static_cast<uint64_t>(change.table) << 1 | (change.value ? 1 : 0));
    out.Text(change.key);
    if (change.value) out.Text(*change.value);
  }
  return out.Take();
}

absl::StatusOr<ChangelogEntry> DecodeChangelog(absl::string_view body) {
  ByteReader in(body);
  ChangelogEntry entry;
  entry.seal = ReadSeal(&in);
  entry.changes.resize(in.Count());
  for (Change& change : entry.changes) {
    const uint64_t table = in.Varint();
    if (table >> 1 >= kTables) return Damaged("table of a change");
    change.table = static_cast<Table>(table >> 1);
    change.key = std::string(in.Text());
    if (table & 1) change.value = std::string(in.Text());
  }
  if (!in.done()) return Damaged("changelog entry");
  return entry;
}

}  // namespace dangol::embedded
