#include "libs/stats/moments.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"

namespace dangol::stats {
namespace {

// Through __int128: the square of INT64_MIN overflows nothing.
Uint128 Square(int64_t value) { return static_cast<Uint128>(static_cast<Int128>(value) * value); }

void AppendWord(uint64_t word, std::string* out) {
  for (int shift = 56; shift >= 0; shift -= 8) out->push_back(static_cast<char>(word >> shift));
}

uint64_t ReadWord(absl::string_view bytes, size_t index) {
  uint64_t word = 0;
  for (size_t i = 0; i < 8; ++i) word = word << 8 | static_cast<uint8_t>(bytes[index * 8 + i]);
  return word;
}

}  // namespace

Words ToWords(Uint128 number) {
  return {static_cast<uint64_t>(number >> 64), static_cast<uint64_t>(number)};
}

Uint128 FromWords(Words words) { return static_cast<Uint128>(words.hi) << 64 | words.lo; }

std::string Decimal(Int128 number) {
  Uint128 rest = static_cast<Uint128>(number);
  if (number < 0) rest = -rest;
  std::string digits;
  do {
    digits.push_back(static_cast<char>('0' + static_cast<int>(rest % 10)));
    rest /= 10;
  } while (rest != 0);
  if (number < 0) digits.push_back('-');
  std::reverse(digits.begin(), digits.end());
  return digits;
}

void Sums::Add(Observation customer) {
  ++n;
  responders += customer.responded;
  sum += customer.value;
  sum_squares += Square(customer.value);
}

void Sums::Remove(Observation customer) {
  --n;
  responders -= customer.responded;
  sum -= customer.value;
  sum_squares -= Square(customer.value);
}

void Sums::Replace(Observation before, Observation after) {
  Remove(before);
  Add(after);
}

void Sums::Merge(const Sums& other) {
  n += other.n;
  responders += other.responders;
  sum += other.sum;
  sum_squares += other.sum_squares;
}

double Sums::mean() const {
  if (n <= 0) return 0;
  return static_cast<double>(static_cast<long double>(sum) / n);
}

double Sums::response_rate() const {
  return n <= 0 ? 0 : static_cast<double>(responders) / static_cast<double>(n);
}

double Sums::squared_deviations() const {
  if (n < 2) return 0;
  // sum = floor · n + rest, 0 ≤ rest < n. About `floor` the squares sum to D, an integer that fits,
  // so arithmetic modulo 2^128 gives it exactly; about the mean they sum to D − rest²/n.
  Int128 floor = sum / n;
  Int128 rest = sum % n;
  if (rest < 0) {
    rest += n;
    --floor;
  }
  const auto f = static_cast<Uint128>(floor);
  const Uint128 about_floor =
      sum_squares - 2 * f * static_cast<Uint128>(sum) + static_cast<Uint128>(n) * f * f;
  const Uint128 rest_squared = static_cast<Uint128>(rest) * static_cast<Uint128>(rest);
  const Uint128 divisor = static_cast<Uint128>(n);
  const auto whole = static_cast<long double>(about_floor - rest_squared / divisor);
  const auto part = static_cast<long double>(rest_squared % divisor) / n;
  return static_cast<double>(std::max(0.0L, whole - part));
}

double Sums::sample_variance() const {
  return n < 2 ? 0 : squared_deviations() / static_cast<double>(n - 1);
}

double Sums::standard_error() const {
  return n < 2 ? 0 : std::sqrt(sample_variance() / static_cast<double>(n));
}

std::string Sums::Encode() const {
  const Words total = ToWords(static_cast<Uint128>(sum));
  const Words squares = ToWords(sum_squares);
  std::string out;
  out.reserve(kEncodedBytes);
  for (uint64_t word : {static_cast<uint64_t>(n), static_cast<uint64_t>(responders), total.hi,
                        total.lo, squares.hi, squares.lo}) {
    AppendWord(word, &out);
  }
  return out;
}

absl::StatusOr<Sums> Sums::Decode(absl::string_view bytes) {
  if (bytes.size() != kEncodedBytes) {
    return absl::DataLossError(
        absl::StrCat("sums of a cell take ", kEncodedBytes, " bytes, not ", bytes.size()));
  }
  Sums sums;
  sums.n = static_cast<int64_t>(ReadWord(bytes, 0));
  sums.responders = static_cast<int64_t>(ReadWord(bytes, 1));
  sums.sum = static_cast<Int128>(FromWords({ReadWord(bytes, 2), ReadWord(bytes, 3)}));
  sums.sum_squares = FromWords({ReadWord(bytes, 4), ReadWord(bytes, 5)});
  if (sums.n < 0 || sums.responders < 0 || sums.responders > sums.n) {
    return absl::DataLossError(absl::StrCat("sums of a cell with ", sums.responders,
                                            " responders among ", sums.n, " customers"));
  }
  return sums;
}

}  // namespace dangol::stats
