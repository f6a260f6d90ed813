// Activities into topic customer, as fast as the broker takes them or at a rate, and what comes
// out.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/backbone/kafka/kafka_log.h"

namespace dangol::bench::streams {

struct LoadOptions {
  int64_t records = 0;
  int64_t customers = 1'000'000;
  double rate = 0;  // a second; 0: as fast as it goes
  uint64_t seed = 1;
};

// A year of activities, evenly over time: 40 % purchases of about 100. Returns when all are
// durable.
absl::Status SendActivities(KafkaLog& log, const LoadOptions& options);

// Sends as `options` say, and reads topic contact meanwhile, from its end on. Milliseconds from the
// moment an activity was due to its contact's being read, of those due after `warm_up`.
absl::StatusOr<std::vector<double>> ContactLatencies(KafkaLog& log, const LoadOptions& options,
                                                     Micros warm_up);

}  // namespace dangol::bench::streams
