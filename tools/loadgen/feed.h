// The retailer's systems: what they send to Dangol.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "tools/client/connection.h"
#include "tools/loadgen/retail.h"

namespace dangol::loadgen {

// Called with (done, total).
using Progress = std::function<void(int64_t, int64_t)>;

// All customers with traits and consents. Idempotent: message ids are those of the customers.
absl::Status SendCustomers(client::Connection& connection, const Retail& retail,
                           const Progress& progress);

// Orders as activities over one stream, in order. Repeated from the last acknowledged one when the
// server goes away. Idempotent: order ids.
absl::Status SendOrders(client::Connection& connection, const std::vector<Order>& orders,
                        const Progress& progress);

// Everything before the start; returns the number of orders.
absl::StatusOr<int64_t> SendHistory(client::Connection& connection, const Retail& retail,
                                    const Progress& progress);

// Waits until profile has taken in so many activities of new customers. DEADLINE_EXCEEDED: after
// minutes it has not.
absl::StatusOr<profile::v1::Stats> AwaitActivities(client::Connection& connection,
                                                   int64_t activities);

}  // namespace dangol::loadgen
