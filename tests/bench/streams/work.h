// The work that both sides of the comparison do: per-customer running sums, ten segment predicates,
// entered and left events, contacts. peer/src/main/java/peer/Work.java is the same; the bytes are,
// too.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace dangol::bench::streams {

inline constexpr int64_t kDayMs = 86'400'000;
inline constexpr int64_t kBucketMs = 90 * kDayMs / 8;
inline constexpr int kSegments = 10;

// An activity, little-endian, padded to kActivityBytes: kind u8 (1 purchase, 2 visit), amount u32
// (cents), time i64 (ms), sent i64 (µs, of the generator's clock).
struct Activity {
  uint8_t kind = 0;
  uint32_t amount = 0;
  int64_t time_ms = 0;
  int64_t sent_us = 0;
};
inline constexpr size_t kActivityBytes = 150;
inline constexpr size_t kActivityHeader = 21;
std::string Encode(const Activity& activity);
Activity DecodeActivity(absl::string_view bytes);

// A customer entered or left a segment: segment u8, entered u8, time i64, purchases i32, total i64,
// sent i64.
struct Change {
  uint8_t segment = 0;
  uint8_t entered = 0;
  int64_t time_ms = 0;
  int32_t purchases = 0;
  int64_t total = 0;
  int64_t sent_us = 0;
};
std::string Encode(const Change& change);
Change DecodeChange(absl::string_view bytes);

// segment u8, number i32 (of the customer's contacts), time i64, sent i64.
std::string EncodeContact(uint8_t segment, int32_t number, int64_t time_ms, int64_t sent_us);
int64_t SentOfContact(absl::string_view bytes);
// Who enters one of these is contacted.
inline bool IsContact(const Change& c) { return c.entered && (c.segment == 3 || c.segment == 9); }

// What stage one keeps of a customer: totals, and sums of the last 90 days in eight buckets.
class CustomerSums {
 public:
  CustomerSums() = default;
  explicit CustomerSums(absl::string_view bytes);
  std::string Encode() const;

  // Takes the activity in; returns the segments that changed, by bit.
  uint32_t Apply(const Activity& activity);
  bool In(int segment) const { return (bits_ >> segment & 1) != 0; }
  int32_t purchases() const { return purchases_; }
  int64_t total() const { return total_; }

 private:
  struct Bucket {
    int32_t number = 0;  // since 1970; 0: empty
    int32_t count = 0;
    int64_t sum = 0;
  };
  uint32_t Evaluate(int64_t now_ms, int32_t recent, int64_t recent_sum) const;

  int32_t purchases_ = 0, visits_ = 0;
  uint32_t bits_ = 0;
  int64_t total_ = 0, first_ms_ = 0, last_ms_ = 0;
  std::array<Bucket, 8> buckets_;
};

}  // namespace dangol::bench::streams
