// What Kafka's messages hold. Stored and read by others: a change of them is a new topic version.
#pragma once

#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/backbone/kafka/cloud_events.h"
#include "libs/backbone/log.h"

namespace dangol::kafka {

// A message about to be sent; the caller keeps what it points to until Send has returned.
struct Outgoing {
  const std::string* topic = nullptr;
  Partition partition = 0;
  absl::string_view key;
  std::optional<absl::string_view> value;  // none: a tombstone
  const Record* record = nullptr;          // its headers dgtime and dghops
  void* tag = nullptr;                     // handed to the delivery callback
  EventAttributes event = {};              // of a record
};
// Its time and hops; to be added last, for they are looked for from the end.
void AddRecordHeaders(const Record& record, rd_kafka_headers_t* headers);

// Without our header dgtime a record is another producer's: its time is the message's, its hops
// none, and in topic ingest the message is wrapped, so that it is told from ours.
StoredRecord ToRecord(Topic topic, const rd_kafka_message_t& message);

// A change in the changelog is keyed by table and key, so that compaction keeps the latest.
std::string ChangeKey(const Change& change);
// DATA_LOSS: no change.
absl::StatusOr<Change> ToChange(const rd_kafka_message_t& message);

// A scope's seal, with the fingerprint of the part that it ends.
struct SealRecord {
  Seal seal;
  uint64_t fingerprint = 0;
};
absl::string_view SealKey();
bool IsSeal(const rd_kafka_message_t& message);
// Of the record that a changelog begins with; its value is the changelog's id.
absl::string_view ChangelogIdKey();
bool IsChangelogId(const rd_kafka_message_t& message);
std::string EncodeSealRecord(const SealRecord& record);
absl::StatusOr<SealRecord> DecodeSealRecord(absl::string_view bytes);

}  // namespace dangol::kafka
