// Time goes by at the retailer: customers buy of themselves, receive messages and react to them.
#pragma once

#include <functional>
#include <map>
#include <vector>

#include "absl/status/status.h"
#include "tools/client/connection.h"
#include "tools/loadgen/receiver.h"
#include "tools/loadgen/retail.h"
#include "tools/loadgen/timeline.h"
#include "tools/loadgen/truth.h"

namespace dangol::loadgen {

// Not thread-safe.
class Season {
 public:
  // All outlive the season.
  Season(client::Connection& connection, Timeline& timeline, const Retail& retail,
         Receiver& receiver, Truth& truth)
      : connection_(connection),
        timeline_(timeline),
        retail_(retail),
        receiver_(receiver),
        truth_(truth) {}

  // To the end of day `day` (0: the day of the start), day by day; each day's orders are tracked at
  // its end.
  absl::Status RunThrough(int64_t day, const std::function<void(int64_t day)>& progress);

  int64_t orders() const { return orders_; }
  int64_t reactions() const { return reactions_; }

 private:
  void CollectReactions();
  std::vector<Order> OrdersOf(int64_t day);

  client::Connection& connection_;
  Timeline& timeline_;
  const Retail& retail_;
  Receiver& receiver_;
  Truth& truth_;
  int64_t next_day_ = 0;
  int64_t orders_ = 0;
  int64_t reactions_ = 0;
  std::multimap<Micros, Order> agenda_;  // reactions to come, by time
};

}  // namespace dangol::loadgen
