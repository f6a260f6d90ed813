#include "libs/backbone/kafka/message_codec.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "libs/backbone/seal_codec.h"
#include "libs/base/status.h"

namespace dangol::kafka {
namespace {

constexpr char kTimeHeader[] = "dgtime";
constexpr char kHopsHeader[] = "dghops";
constexpr char kSealMark = '\xff';
constexpr char kIdMark = '\xfe';

absl::string_view KeyOf(const rd_kafka_message_t& m) {
  return {static_cast<const char*>(m.key), m.key_len};
}
absl::string_view ValueOf(const rd_kafka_message_t& m) {
  return {static_cast<const char*>(m.payload), m.len};
}

// False: there is no such header, or it is no number.
template <typename Number>
bool ReadHeader(const rd_kafka_headers_t* headers, const char* name, Number* number) {
  const void* value = nullptr;
  size_t size = 0;
  Number parsed = 0;
  if (rd_kafka_header_get_last(headers, name, &value, &size) || value == nullptr) return false;
  if (!absl::SimpleAtoi(absl::string_view(static_cast<const char*>(value), size), &parsed)) {
    return false;
  }
  *number = parsed;
  return true;
}

void AddHeader(rd_kafka_headers_t* headers, const char* name, const std::string& value) {
  rd_kafka_header_add(headers, name, -1, value.data(), static_cast<ssize_t>(value.size()));
}

}  // namespace

void AddRecordHeaders(const Record& record, rd_kafka_headers_t* headers) {
  AddHeader(headers, kTimeHeader, absl::StrCat(record.emit_time));
  if (record.hops > 0) AddHeader(headers, kHopsHeader, absl::StrCat(record.hops));
}

StoredRecord ToRecord(Topic topic, const rd_kafka_message_t& message) {
  StoredRecord stored;
  Record& record = stored.record;
  stored.offset = static_cast<uint64_t>(message.offset);
  record.key = std::string(KeyOf(message));
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers)) headers = nullptr;
  const bool ours = headers != nullptr && ReadHeader(headers, kTimeHeader, &record.emit_time);
  if (ours) {
    ReadHeader(headers, kHopsHeader, &record.hops);
  } else {
    rd_kafka_timestamp_type_t type;
    record.emit_time =
        std::max<int64_t>(0, rd_kafka_message_timestamp(&message, &type)) * kMicrosPerMilli;
  }
  record.value = ours || topic != Topic::kIngest ? std::string(ValueOf(message))
                                                 : WrapForeign(headers, ValueOf(message));
  return stored;
}

std::string ChangeKey(const Change& change) {
  return absl::StrCat(std::string(1, static_cast<char>(change.table)), change.key);
}

absl::StatusOr<Change> ToChange(const rd_kafka_message_t& message) {
  const absl::string_view key = KeyOf(message);
  if (key.empty() || static_cast<unsigned char>(key[0]) >= kTables) {
    return absl::DataLossError(
        absl::StrCat("changelog: offset ", message.offset, " holds no change"));
  }
  Change change{static_cast<Table>(key[0]), std::string(key.substr(1)), std::nullopt};
  if (message.payload != nullptr) change.value = std::string(ValueOf(message));
  return change;
}

absl::string_view SealKey() { return {&kSealMark, 1}; }

bool IsSeal(const rd_kafka_message_t& message) { return KeyOf(message) == SealKey(); }

absl::string_view ChangelogIdKey() { return {&kIdMark, 1}; }

bool IsChangelogId(const rd_kafka_message_t& message) { return KeyOf(message) == ChangelogIdKey(); }

std::string EncodeSealRecord(const SealRecord& record) {
  ByteWriter out;
  out.Varint(record.fingerprint);
  WriteSeal(record.seal, &out);
  return out.Take();
}

absl::StatusOr<SealRecord> DecodeSealRecord(absl::string_view bytes) {
  ByteReader in(bytes);
  SealRecord record;
  record.fingerprint = in.Varint();
  record.seal = ReadSeal(&in);
  if (!in.done()) return absl::DataLossError("changelog: a seal is damaged");
  return record;
}

}  // namespace dangol::kafka
