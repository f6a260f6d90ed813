// The values that expressions compare: what traits, fields, aggregates and features evaluate to.
#pragma once

#include <cstdint>

#include "absl/numeric/int128.h"
#include "absl/strings/string_view.h"
#include "libs/base/types.h"

namespace dangol::expr {

// kAny: a trait or attribute that the schema does not know; its type follows the literal.
enum class ValueType : uint8_t { kAbsent, kText, kNumber, kBoolean, kTime, kMoney, kAny };

// A value without its storage: `text` points into whoever made it.
struct Value {
  ValueType type = ValueType::kAbsent;
  bool boolean = false;
  absl::string_view text;
  double number = 0;
  Micros time = 0;
  // Money is the exact fraction minor / divisor, so that a mean needs no rounding.
  absl::int128 minor = 0;
  int64_t divisor = 1;

  static Value Text(absl::string_view text) {
    Value v;
    v.type = ValueType::kText;
    v.text = text;
    return v;
  }
  static Value Number(double number) {
    Value v;
    v.type = ValueType::kNumber;
    v.number = number;
    return v;
  }
  static Value Boolean(bool boolean) {
    Value v;
    v.type = ValueType::kBoolean;
    v.boolean = boolean;
    return v;
  }
  static Value Time(Micros time) {
    Value v;
    v.type = ValueType::kTime;
    v.time = time;
    return v;
  }
  static Value Money(absl::int128 minor, int64_t divisor = 1) {
    Value v;
    v.type = ValueType::kMoney;
    v.minor = minor;
    v.divisor = divisor;
    return v;
  }
};

}  // namespace dangol::expr
