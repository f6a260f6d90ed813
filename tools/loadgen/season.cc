#include "tools/loadgen/season.h"

#include <algorithm>

#include "libs/base/status.h"
#include "tools/loadgen/feed.h"

namespace dangol::loadgen {

void Season::CollectReactions() {
  for (Delivery& delivery : receiver_.TakeNew()) {
    delivery.received.time = timeline_.ToSeason(delivery.received.time);
    truth_.Add(delivery);
    if (auto order = retail_.React(delivery.received)) {
      ++reactions_;
      agenda_.emplace(order->time, *std::move(order));
    }
  }
}

std::vector<Order> Season::OrdersOf(int64_t day) {
  std::vector<Order> orders;
  for (int64_t i = 0; i < retail_.options().customers; ++i) retail_.OrdersOfDay(i, day, &orders);
  const Micros end = retail_.options().start + (day + 1) * kMicrosPerDay;
  while (!agenda_.empty() && agenda_.begin()->first < end) {
    orders.push_back(std::move(agenda_.begin()->second));
    agenda_.erase(agenda_.begin());
  }
  std::sort(orders.begin(), orders.end(), [](const Order& a, const Order& b) {
    return a.time != b.time ? a.time < b.time : a.order_id < b.order_id;
  });
  return orders;
}

absl::Status Season::RunThrough(int64_t day, const std::function<void(int64_t)>& progress) {
  for (; next_day_ <= day; ++next_day_) {
    const Micros end = retail_.options().start + (next_day_ + 1) * kMicrosPerDay;
    DANGOL_RETURN_IF_ERROR(timeline_.RunTo(end));
    CollectReactions();
    std::vector<Order> orders = OrdersOf(next_day_);
    for (Order& order : orders) order.time = timeline_.ToServer(order.time);
    DANGOL_RETURN_IF_ERROR(SendOrders(connection_, orders, nullptr));
    orders_ += static_cast<int64_t>(orders.size());
    if (progress) progress(next_day_);
  }
  // What was tracked last is processed, too.
  return timeline_.RunTo(retail_.options().start + next_day_ * kMicrosPerDay);
}

}  // namespace dangol::loadgen
