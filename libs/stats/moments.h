// Exact sums of one metric over the customers of one cell: what means, rates and lifts rest on.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace dangol::stats {

__extension__ using Int128 = __int128;
__extension__ using Uint128 = unsigned __int128;

// A 128-bit number as two words, for protobuf fields. A negative one is in two's complement.
struct Words {
  uint64_t hi = 0;
  uint64_t lo = 0;
  bool operator==(const Words&) const = default;
};
Words ToWords(Uint128 number);
Uint128 FromWords(Words words);
// "-170141183460469231731687303715884105728": JSON and protobuf have no wider integer.
std::string Decimal(Int128 number);

// One customer's metric so far. Money is in minor units. `responded` says whether the customer had
// any activity of the metric: an order of value zero is a response.
struct Observation {
  int64_t value = 0;
  bool responded = false;
};

// Additions commute and Remove undoes Add bit for bit, so replay in any order ends in the same
// sums. Exact while the sum of squares is below 2^128, which 2^33 customers of kMaxExactValue each
// reach; beyond that the squares wrap, and are right again once the large values are replaced.
// Thread-compatible. Not idempotent: the caller deduplicates.
struct Sums {
  static constexpr int64_t kMaxExactValue = int64_t{1} << 47;
  static constexpr size_t kEncodedBytes = 48;

  int64_t n = 0;           // customers measured, whether they responded or not
  int64_t responders = 0;  // of them, those with at least one activity
  Int128 sum = 0;
  Uint128 sum_squares = 0;

  void Add(Observation customer);
  // A value other than zero is a response.
  void Add(int64_t value) { Add(Observation{value, value != 0}); }
  // Takes out a customer added before with exactly this observation.
  void Remove(Observation customer);
  // The customer's metric changed, as further activities arrive: n stays.
  void Replace(Observation before, Observation after);
  void Replace(int64_t before, int64_t after) {
    Replace(Observation{before, before != 0}, Observation{after, after != 0});
  }
  void Merge(const Sums& other);

  // 0 when there are no customers.
  double mean() const;
  double response_rate() const;
  // Sum of squared deviations from the mean, without the cancellation of the textbook formula: the
  // deviations are taken from the integer below the mean in exact arithmetic.
  double squared_deviations() const;
  // With divisor n − 1; 0 when n < 2.
  double sample_variance() const;
  // Of the mean, √(sample variance ÷ n); 0 when n < 2.
  double standard_error() const;

  // kEncodedBytes bytes, big-endian: n, responders, sum, sum_squares.
  std::string Encode() const;
  // DATA_LOSS when the bytes are not what Encode writes.
  static absl::StatusOr<Sums> Decode(absl::string_view bytes);

  bool operator==(const Sums&) const = default;
};

}  // namespace dangol::stats
