// Sends events in batches until each is durable or rejected.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "dangol/event/v1/ingest.pb.h"
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
ItemRejected RejectedOf(const Item& item, const profile::v1::ItemError& error);
// RESOURCE_EXHAUSTED and UNAVAILABLE: the item is good, send it again.
bool MayPass(const profile::v1::ItemError& error);

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
    int64_t accepted = 0;
  };
  virtual Results Take() = 0;
};
// Facts about customers, call by call. `connection` must outlive the line.
std::unique_ptr<BatchLine> UpsertLine(client::Connection& connection);
// Activities, by a stream with several batches under way. When it breaks, what is under way is sent
// again: the server deduplicates by message id. Gives up after two minutes without an answer.
std::unique_ptr<BatchLine> ActivityLine(client::Connection& connection);

// Sorts events into the two lines, and repeats items that may pass. The activities of a row that
// also tells facts about its customer wait for these: if they are refused, it is not sent. Not
// thread-safe.
class Sender {
 public:
  using OnRejected = std::function<void(const ItemRejected&)>;
  Sender(client::Connection& connection, OnRejected on_rejected);
  Sender(std::unique_ptr<BatchLine> upserts, std::unique_ptr<BatchLine> activities,
         OnRejected on_rejected);

  // All items of one row. Blocks while enough is under way. An error is final.
  absl::Status SendRow(Batch items);
  // Everything sent is durable or rejected.
  absl::Status Flush();
  int64_t accepted() const { return accepted_; }

 private:
  struct Line {
    std::unique_ptr<BatchLine> line;
    Batch batch;
  };
  absl::Status Add(Line& line, Item item);
  absl::Status SendBatch(Line& line);
  absl::Status FlushLine(Line& line);
  void Collect(Line& line);
  // Sends the activities of rows whose customer is settled.
  absl::Status SendHeld();

  OnRejected on_rejected_;
  Line upserts_, activities_;
  std::map<int64_t, Batch> held_;  // activities by row
  int64_t accepted_ = 0;
};

}  // namespace dangol::import
