// Writes from outside: an idempotent producer, whose deliveries a thread of its own takes note of.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/backbone/kafka/producer.h"
#include "libs/backbone/log.h"
#include "libs/base/mutex.h"

namespace dangol::kafka {

// Thread-safe.
class Appender {
 public:
  static absl::StatusOr<std::unique_ptr<Appender>> Open(const Settings& settings);
  ~Appender();

  // Hands the records over, in order, and returns a ticket for Await. Kafka has no write of several
  // records that is all or nothing without a transaction: where Await fails, some may be there.
  // RESOURCE_EXHAUSTED: the queue has been full for as long as the settings are patient.
  absl::StatusOr<uint64_t> Write(const std::vector<Emit>& records);
  // The offset of the last record of the ticket, once all of its records are durable. UNAVAILABLE:
  // one may not be. Once for each ticket.
  absl::StatusOr<uint64_t> Await(uint64_t ticket);

  // One message of another topic, under way when it returns: nobody waits for it but Flush.
  absl::Status WriteOne(const Outgoing& message);
  // Returns once all of them are durable. UNAVAILABLE: one may not be.
  absl::Status Flush();

 private:
  struct Pending {
    Appender* owner;
    size_t left = 0;  // records not yet answered
    int64_t last_offset = -1;
    absl::Status status;
  };
  explicit Appender(const Settings& settings);
  static void OnDelivery(rd_kafka_t*, const rd_kafka_message_t* message, void* self);
  void NoteOther(const rd_kafka_message_t& message);
  void Run();

  const Settings settings_;
  const std::string source_;
  const std::string run_;           // no other run of a process has it: ids begin with it
  std::vector<std::string> names_;  // by topic
  std::unique_ptr<Producer> producer_;
  std::thread thread_;

  Mutex mu_;
  CondVar changed_;
  uint64_t last_ticket_ = 0;
  std::map<uint64_t, std::unique_ptr<Pending>> pending_;
  absl::Status others_;  // how the messages of WriteOne fared
  bool stopping_ = false;
};

}  // namespace dangol::kafka
