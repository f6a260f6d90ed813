#include "tests/bench/streams/load.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <deque>
#include <string>
#include <thread>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "libs/base/clock.h"
#include "libs/base/rng.h"
#include "libs/base/status.h"
#include "tests/bench/streams/work.h"

namespace dangol::bench::streams {
namespace {

constexpr int64_t kBeginMs = 1'735'689'600'000;  // 2025-01-01
constexpr size_t kBatch = 1'000;
constexpr size_t kBatchesInFlight = 64;
constexpr Micros kSilence = 5 * kMicrosPerSecond;
constexpr size_t kReadRecords = 4'096;
constexpr size_t kReadBytes = 1 << 20;

class Generator {
 public:
  Generator(const LoadOptions& options, uint32_t partitions)
      : options_(options), partitions_(partitions), rng_(options.seed) {}

  // What a session id and the like would take up is noise that does not compress to nothing.
  Emit Make(int64_t n, Micros sent) {
    const CustomerId customer = rng_.Below(static_cast<uint64_t>(options_.customers));
    Activity a;
    a.kind = rng_.Chance(0.4) ? 1 : 2;
    if (a.kind == 1) a.amount = static_cast<uint32_t>(500 + 9'500 * rng_.Exponential(1.0));
    a.time_ms = kBeginMs +
                static_cast<int64_t>(365.0 * static_cast<double>(kDayMs) * static_cast<double>(n) /
                                     static_cast<double>(options_.records));
    a.sent_us = sent;
    Emit emit;
    // Neighbouring numbers are not customers of one slot.
    emit.to = {Topic::kCustomer, static_cast<Partition>(customer % partitions_)};
    emit.record.key = EncodeKey(customer + 1);
    emit.record.value = Encode(a);
    emit.record.value.append("https://shop.example.com/catalog/item?session=");
    while (emit.record.value.size() < kActivityBytes) {
      emit.record.value.push_back("0123456789abcdef"[rng_.Below(16)]);
    }
    emit.record.emit_time = sent;
    return emit;
  }

 private:
  const LoadOptions options_;
  const uint32_t partitions_;
  Rng rng_;
};

// Hands batches over and waits for the oldest when many are under way.
class Sender {
 public:
  explicit Sender(KafkaLog& log) : log_(log) {}

  absl::Status Send(std::vector<Emit> batch) {
    if (batch.empty()) return absl::OkStatus();
    DANGOL_ASSIGN_OR_RETURN(const uint64_t ticket, log_.AppendAsync(std::move(batch)));
    tickets_.push_back(ticket);
    return AwaitAllBut(kBatchesInFlight);
  }
  absl::Status AwaitAllBut(size_t most) {
    for (; tickets_.size() > most; tickets_.pop_front()) {
      DANGOL_RETURN_IF_ERROR(log_.AwaitDurable(tickets_.front()));
    }
    return absl::OkStatus();
  }

 private:
  KafkaLog& log_;
  std::deque<uint64_t> tickets_;
};

// Reads what comes into topic contact after it was made.
class ContactWatch {
 public:
  explicit ContactWatch(KafkaLog& log) : log_(log), next_(log.partitions()) {
    for (Partition p = 0; p < next_.size(); ++p) next_[p] = log.EndOffset({Topic::kContact, p});
  }

  absl::Status Run(const std::atomic<bool>& sending, Micros since) {
    for (Micros last = SteadyMicros(); sending || SteadyMicros() < last + kSilence;) {
      bool any = false;
      for (Partition p = 0; p < next_.size(); ++p) {
        std::vector<StoredRecord> read;
        DANGOL_ASSIGN_OR_RETURN(
            next_[p], log_.Read({Topic::kContact, p}, next_[p], kReadRecords, kReadBytes, &read));
        const Micros now = clock_.Now();
        for (const StoredRecord& contact : read) {
          const Micros sent = SentOfContact(contact.record.value);
          if (sent >= since) latencies_.push_back(static_cast<double>(now - sent) / 1e3);
        }
        any = any || !read.empty();
      }
      if (any) last = SteadyMicros();
      if (!any) absl::SleepFor(absl::Milliseconds(1));
    }
    return absl::OkStatus();
  }
  std::vector<double> latencies() { return std::move(latencies_); }

 private:
  KafkaLog& log_;
  const SystemClock clock_;
  std::vector<uint64_t> next_;
  std::vector<double> latencies_;
};

}  // namespace

absl::Status SendActivities(KafkaLog& log, const LoadOptions& options) {
  Generator generator(options, log.partitions());
  Sender sender(log);
  const SystemClock clock;
  const Micros begin = clock.Now();
  for (int64_t n = 0; n < options.records;) {
    int64_t due = options.records;
    if (options.rate > 0) {
      due = std::min<int64_t>(
          due, std::llround(static_cast<double>(clock.Now() - begin) / 1e6 * options.rate));
    }
    std::vector<Emit> batch;
    for (; n < due && batch.size() < kBatch; ++n) {
      const auto wait = options.rate > 0 ? static_cast<double>(n) * 1e6 / options.rate : 0.0;
      batch.push_back(generator.Make(n, begin + static_cast<Micros>(wait)));
    }
    if (batch.empty()) absl::SleepFor(absl::Milliseconds(1));
    DANGOL_RETURN_IF_ERROR(sender.Send(std::move(batch)));
  }
  return sender.AwaitAllBut(0);
}

absl::StatusOr<std::vector<double>> ContactLatencies(KafkaLog& log, const LoadOptions& options,
                                                     Micros warm_up) {
  ContactWatch watch(log);
  std::atomic<bool> sending{true};
  absl::Status sent;
  const Micros since = SystemClock().Now() + warm_up;
  std::thread sender([&] {
    sent = SendActivities(log, options);
    sending = false;
  });
  const absl::Status watched = watch.Run(sending, since);
  sender.join();
  DANGOL_RETURN_IF_ERROR(sent);
  DANGOL_RETURN_IF_ERROR(watched);
  return watch.latencies();
}

}  // namespace dangol::bench::streams
