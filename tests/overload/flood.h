// Clients that send more than a server can hold, and count what it says to that.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "dangol/event/v1/activity.pb.h"
#include "tools/client/connection.h"

namespace dangol::overload {

struct FloodOptions {
  int streams = 4;
  int batch = 1'000;  // activities a message
  // Messages of a stream that are sent and not yet answered.
  int in_flight = 16;
  // Activities a second of all streams together; 0: as many as they can.
  double rate = 0;
  int64_t most = 0;  // activities in all, to the message; 0: until Stop
  // Makes the n-th activity of all, in a message that may have been used before. From any stream's
  // thread.
  std::function<void(int64_t n, event::v1::Activity* to)> fill;
};

struct FloodCounts {
  int64_t offered = 0;
  int64_t acknowledged = 0;   // durable, the server says
  int64_t refused = 0;        // RESOURCE_EXHAUSTED, to be sent again later
  int64_t without_delay = 0;  // ... which did not say when
  int64_t failed = 0;         // any other refusal
  absl::Status first_failure;
};

// What is refused is not sent again: each activity is offered once. Not thread-safe.
class Flood {
 public:
  // `connection` outlives it. Sends from here on.
  Flood(client::Connection& connection, FloodOptions options);
  ~Flood();

  // Returns when `most` were offered and everything offered has been answered. Idempotent.
  FloodCounts Await();
  // The same, but offers no more from here on.
  FloodCounts Stop();

 private:
  class Stream;
  const FloodOptions options_;
  std::atomic<bool> stopping_{false};
  std::atomic<int64_t> offered_{0};
  std::vector<std::unique_ptr<Stream>> streams_;
  FloodCounts counts_;
};

// A visit of customer n of `customers`, under an id that begins with `prefix`, now.
void FillVisit(const std::string& prefix, int64_t customers, int64_t n, event::v1::Activity* to);

}  // namespace dangol::overload
