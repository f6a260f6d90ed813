#include "tests/bench/streams/work.h"

#include <cstring>

namespace dangol::bench::streams {
namespace {

// Both machines of the comparison are little-endian.
template <typename T>
void Put(T value, std::string* out) {
  out->append(reinterpret_cast<const char*>(&value), sizeof value);
}

template <typename T>
T Take(absl::string_view* in) {
  T value{};
  std::memcpy(&value, in->data(), sizeof value);
  in->remove_prefix(sizeof value);
  return value;
}

}  // namespace

std::string Encode(const Activity& activity) {
  std::string out;
  out.reserve(kActivityBytes);
  Put(activity.kind, &out);
  Put(activity.amount, &out);
  Put(activity.time_ms, &out);
  Put(activity.sent_us, &out);
  return out;
}

Activity DecodeActivity(absl::string_view in) {
  Activity a;
  a.kind = Take<uint8_t>(&in);
  a.amount = Take<uint32_t>(&in);
  a.time_ms = Take<int64_t>(&in);
  a.sent_us = Take<int64_t>(&in);
  return a;
}

std::string Encode(const Change& change) {
  std::string out;
  out.reserve(30);
  Put(change.segment, &out);
  Put(change.entered, &out);
  Put(change.time_ms, &out);
  Put(change.purchases, &out);
  Put(change.total, &out);
  Put(change.sent_us, &out);
  return out;
}

Change DecodeChange(absl::string_view in) {
  Change c;
  c.segment = Take<uint8_t>(&in);
  c.entered = Take<uint8_t>(&in);
  c.time_ms = Take<int64_t>(&in);
  c.purchases = Take<int32_t>(&in);
  c.total = Take<int64_t>(&in);
  c.sent_us = Take<int64_t>(&in);
  return c;
}

std::string EncodeContact(uint8_t segment, int32_t number, int64_t time_ms, int64_t sent_us) {
  std::string out;
  out.reserve(21);
  Put(segment, &out);
  Put(number, &out);
  Put(time_ms, &out);
  Put(sent_us, &out);
  return out;
}

int64_t SentOfContact(absl::string_view in) {
  in.remove_prefix(13);
  return Take<int64_t>(&in);
}

CustomerSums::CustomerSums(absl::string_view in) {
  purchases_ = Take<int32_t>(&in);
  visits_ = Take<int32_t>(&in);
  bits_ = Take<uint32_t>(&in);
  total_ = Take<int64_t>(&in);
  first_ms_ = Take<int64_t>(&in);
  last_ms_ = Take<int64_t>(&in);
  while (!in.empty()) {
    const auto number = Take<int32_t>(&in);
    Bucket& bucket = buckets_[static_cast<size_t>(number & 7)];
    bucket.number = number;
    bucket.count = Take<int32_t>(&in);
    bucket.sum = Take<int64_t>(&in);
  }
}

std::string CustomerSums::Encode() const {
  std::string out;
  out.reserve(36 + 16 * buckets_.size());
  Put(purchases_, &out);
  Put(visits_, &out);
  Put(bits_, &out);
  Put(total_, &out);
  Put(first_ms_, &out);
  Put(last_ms_, &out);
  for (const Bucket& bucket : buckets_) {
    if (bucket.number == 0) continue;
    Put(bucket.number, &out);
    Put(bucket.count, &out);
    Put(bucket.sum, &out);
  }
  return out;
}

uint32_t CustomerSums::Apply(const Activity& a) {
  const auto current = static_cast<int32_t>(a.time_ms / kBucketMs);
  if (a.kind == 1) {
    ++purchases_;
    total_ += a.amount;
    if (first_ms_ == 0) first_ms_ = a.time_ms;
    if (a.time_ms > last_ms_) last_ms_ = a.time_ms;
    Bucket& bucket = buckets_[static_cast<size_t>(current & 7)];
    if (bucket.number != current) bucket = {current, 0, 0};
    ++bucket.count;
    bucket.sum += a.amount;
  } else {
    ++visits_;
  }
  int32_t recent = 0;
  int64_t recent_sum = 0;
  for (Bucket& bucket : buckets_) {
    if (bucket.number <= current - 8) {
      bucket = {};
    } else {
      recent += bucket.count;
      recent_sum += bucket.sum;
    }
  }
  const uint32_t before = bits_;
  bits_ = Evaluate(a.time_ms, recent, recent_sum);
  return before ^ bits_;
}

uint32_t CustomerSums::Evaluate(int64_t now_ms, int32_t recent, int64_t recent_sum) const {
  const int64_t since_last = last_ms_ == 0 ? -1 : now_ms - last_ms_;
  const int64_t since_first = first_ms_ == 0 ? -1 : now_ms - first_ms_;
  const std::array<bool, kSegments> in = {
      purchases_ >= 1,                                   // bought
      purchases_ >= 3,                                   // bought again
      total_ >= 50'000,                                  // high lifetime sales
      recent_sum >= 20'000,                              // much of late: a contact
      recent >= 2,                                       // often of late
      since_last >= 0 && since_last <= 30 * kDayMs,      // active
      visits_ >= 3 && purchases_ == 0,                   // looks, does not buy
      purchases_ >= 2 && total_ / purchases_ >= 15'000,  // large orders
      since_first >= 0 && since_first <= 30 * kDayMs,    // new
      since_last > 90 * kDayMs,                          // dormant, and here again: a contact
  };
  uint32_t bits = 0;
  for (int i = 0; i < kSegments; ++i) bits |= in[static_cast<size_t>(i)] ? 1u << i : 0u;
  return bits;
}

}  // namespace dangol::bench::streams
