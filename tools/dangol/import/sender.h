// Sends events in batches until each is durable or rejected.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "dangol/event/v1/ingest.pb.h"
#include "libs/base/types.h"
#include "tools/dangol/import/origin.h"

namespace dangol::client {
struct Connection;
}
namespace dangol::profile::v1 {
class ItemError;
}

namespace dangol::import {

inline constexpr size_t kBatch = 1000;

// One event and the row (or line) it comes from.
struct Item {
  int64_t row = 0;
  event::v1::IngestEvent event;
  Origin origin;
};
using Batch = std::vector<Item>;

struct ItemRejected {
  int64_t row = 0;
  std::string field, value, reason;  // the field as in the request
  Origin origin;
};

// One way to the server. Not thread-safe.
class BatchLine {
 public:
  virtual ~BatchLine() = default;
  // Takes a batch; may return before it is durable. An error is final.
  virtual absl::Status Send(Batch batch) = 0;
  // Nothing is under way any more.
  virtual absl::Status Drain() = 0;
  // Since last asked: what was rejected, what should be sent again, how much was accepted.
  struct Results {
    std::vector<ItemRejected> rejected;
    Batch again;
    std::string busy;  // what the server said of the last of `again`
    int64_t accepted = 0;

    // The server did not take `item`: to `again` if that may pass (RESOURCE_EXHAUSTED,
    // UNAVAILABLE).
    void Refuse(Item item, const profile::v1::ItemError& error);
  };
  virtual Results Take() = 0;
};
// Facts about customers, call by call. `connection` must outlive the line.
std::unique_ptr<BatchLine> UpsertLine(client::Connection& connection);
// Activities, by a stream with several batches under way. When it breaks, what is under way is sent
// again: the server deduplicates by message id. Gives up after two minutes without an answer.
std::unique_ptr<BatchLine> ActivityLine(client::Connection& connection);

// With a server that asks for time.
struct Patience {
  // Without any item taken.
  Micros give_up_us = 2 * kMicrosPerMinute;
  Micros pause_us = 200 * kMicrosPerMilli;
};

// Sorts events into the two lines, and repeats items that may pass. The activities of a row that
// also tells facts about its customer wait for these: if they are refused, it is not sent. Not
// thread-safe.
class Sender {
 public:
  using OnRejected = std::function<void(const ItemRejected&)>;
  Sender(client::Connection& connection, OnRejected on_rejected);
  Sender(std::unique_ptr<BatchLine> upserts, std::unique_ptr<BatchLine> activities,
         OnRejected on_rejected, Patience patience = {});

  // All items of one row. Blocks while enough is under way, or the server asks for time. An error
  // is final; UNAVAILABLE: out of patience, with the server's reason.
  absl::Status SendRow(Batch items);
  // Everything sent is durable or rejected.
  absl::Status Flush();
  int64_t accepted() const { return accepted_; }

 private:
  struct Line {
    std::unique_ptr<BatchLine> line;
    Batch batch;
    Micros busy_since_us = 0;  // 0: the server takes what it is sent
  };
  // Sends until less than a batch is left.
  absl::Status SendFull(Line& line);
  absl::Status SendBatch(Line& line);
  absl::Status FlushLine(Line& line);
  // Takes the answers that have come; waits a little if the server asks for time.
  absl::Status Collect(Line& line);
  // Sends the activities of rows whose customer is settled.
  absl::Status SendHeld();

  OnRejected on_rejected_;
  const Patience patience_;
  Line upserts_, activities_;
  std::map<int64_t, Batch> held_;  // activities by row
  int64_t accepted_ = 0;
};

}  // namespace dangol::import
