#include "libs/backbone/kafka/transactor.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/clock.h"
#include "libs/base/status.h"

namespace dangol::kafka {
namespace {

// A commit that took longer may have been timed out by the broker and ended otherwise.
constexpr Micros kSureCommit = kMicrosPerSecond;

Transactor::Outcome OutcomeOf(rd_kafka_resp_err_t refusal) {
  switch (refusal) {
    case RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION:
    case RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS:
      return Transactor::Outcome::kFenced;
    case RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID:
    case RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID:
      return Transactor::Outcome::kEnded;
    default:
      return Transactor::Outcome::kNothing;
  }
}

bool IsTransport(rd_kafka_resp_err_t error) {
  return error == RD_KAFKA_RESP_ERR__TRANSPORT || error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN;
}

}  // namespace

Transactor::Transactor(const Settings& settings, int number)
    : settings_(settings),
      id_(absl::StrCat(settings.prefix, ".", settings.instance, ".", number)) {}

absl::Status Transactor::Init() {
  producer_ = nullptr;
  DANGOL_ASSIGN_OR_RETURN(
      producer_,
      Producer::Connect(
          settings_,
          {{"transactional.id", id_},
           {"acks", "all"},
           // Fuller batches while a cycle is handed over; its commit waits for none of it.
           {"linger.ms", "20"},
           // Headers say the same again and again: half of the bytes without it.
           {"compression.codec", "lz4"},
           {"transaction.timeout.ms", absl::StrCat(Millis(settings_.transaction_timeout_us))},
           {"queue.buffering.max.kbytes", "1048576"},
           {"queue.buffering.max.messages", "1000000"}},
          {.opaque = this, .delivered = &Transactor::OnDelivery}));
  const Error failed(
      rd_kafka_init_transactions(producer_->client(), Millis(settings_.patience_us)));
  if (failed == nullptr) return absl::OkStatus();
  producer_ = nullptr;
  return Failure(absl::StrCat("starting transactions of ", id_), failed);
}

// Called by the one who waits for the transaction; it is flushed before it ends.
void Transactor::OnDelivery(rd_kafka_t*, const rd_kafka_message_t* message, void* self) {
  if (message->_private == nullptr || message->err) return;
  static_cast<Transactor*>(self)->offsets_[message->_private] =
      static_cast<uint64_t>(message->offset);
}

Transactor::Result Transactor::Abort(Result result) {
  const Error failed(
      rd_kafka_abort_transaction(producer_->client(), Millis(settings_.patience_us)));
  // Not committed by us, but perhaps still open: a new producer of this name ends it.
  if (failed != nullptr) producer_ = nullptr;
  return result;
}

Transactor::Result Transactor::Write(const Batch& batch) {
  if (producer_ == nullptr) {
    if (absl::Status status = Init(); !status.ok()) return {Outcome::kNothing, status};
  }
  offsets_.clear();
  if (const Error failed{rd_kafka_begin_transaction(producer_->client())}; failed != nullptr) {
    producer_ = nullptr;
    return {Outcome::kNothing, Failure("beginning a transaction", failed)};
  }
  for (const Outgoing& message : batch.messages) {
    if (const auto error = producer_->Send(message)) {
      return Abort(
          {Outcome::kNothing, Failure(absl::StrCat("writing to ", *message.topic), error)});
    }
  }
  for (const Batch::Fenced& fenced : batch.fenced) {
    const std::string topic = LeaseTopicOf(settings_, fenced.service);
    PartitionList list(rd_kafka_topic_partition_list_new(
        static_cast<int>(fenced.positions.size() + fenced.progress.size())));
    for (const auto& [partition, position] : fenced.positions) {
      WritePosition(position, rd_kafka_topic_partition_list_add(list.get(), topic.c_str(),
                                                                static_cast<int>(partition)));
    }
    for (const Progress& read : fenced.progress) {
      rd_kafka_topic_partition_list_add(list.get(), read.topic->c_str(),
                                        static_cast<int>(read.partition))
          ->offset = static_cast<int64_t>(read.next);
    }
    const Error failed(rd_kafka_send_offsets_to_transaction(
        producer_->client(), list.get(), fenced.metadata.get(), Millis(settings_.patience_us)));
    if (failed == nullptr) continue;
    return Abort({OutcomeOf(rd_kafka_error_code(failed.get())),
                  Failure(absl::StrCat("writing positions to ", topic), failed), fenced.service});
  }
  return Commit();
}

Transactor::Result Transactor::Commit() {
  const Micros begin = SteadyMicros();
  const Micros until = begin + settings_.patience_us;
  for (;;) {
    const Error failed(rd_kafka_commit_transaction(producer_->client(), Millis(kSureCommit)));
    if (failed == nullptr && SteadyMicros() - begin <= kSureCommit) {
      return {Outcome::kCommitted, {}, {}, std::move(offsets_)};
    }
    // A commit that timed out may be called again, and must never be aborted.
    const bool again = failed != nullptr && rd_kafka_error_is_retriable(failed.get()) &&
                       !IsTransport(rd_kafka_error_code(failed.get())) && SteadyMicros() < until;
    if (again) continue;
    // A message that was not delivered ends the transaction before its commit began.
    if (failed != nullptr && rd_kafka_error_txn_requires_abort(failed.get())) {
      return Abort({Outcome::kNothing, Failure("committing", failed)});
    }
    producer_ = nullptr;
    return {Outcome::kUnknown, failed == nullptr
                                   ? absl::UnavailableError("a commit took more than a second")
                                   : Failure("committing", failed)};
  }
}

}  // namespace dangol::kafka
