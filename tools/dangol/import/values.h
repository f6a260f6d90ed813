// One cell as a value. Every error is a reason for people, without the value.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "libs/base/types.h"

namespace dangol::config::v1 {
class ImportMoney;
class ImportTrait;
}  // namespace dangol::config::v1
namespace dangol::profile::v1 {
class TraitValue;
}

namespace dangol::import {

// "11.77" USD → 1177, exactly; INVALID_ARGUMENT for more decimals than the currency has.
absl::StatusOr<int64_t> ParseMoneyCell(absl::string_view cell,
                                       const config::v1::ImportMoney& money);
// By a strptime format, or as ParseTime (libs/base/calendar.h) without one.
absl::StatusOr<Micros> ParseTimeCell(absl::string_view cell, const std::string& format,
                                     absl::TimeZone zone);
absl::StatusOr<bool> ParseFlagCell(absl::string_view cell);
absl::StatusOr<int64_t> ParseWholeCell(absl::string_view cell);
// Cleans by `trait.values`, then reads by `trait.type`.
absl::Status ParseTraitCell(absl::string_view cell, const config::v1::ImportTrait& trait,
                            absl::TimeZone zone, profile::v1::TraitValue* value);

// "row-{row}" with what `lookup` finds (null: no such name); INVALID_ARGUMENT for an unknown name
// or an open brace.
using Lookup = std::function<const std::string*(absl::string_view name)>;
absl::StatusOr<std::string> FillTemplate(absl::string_view text, const Lookup& lookup);

}  // namespace dangol::import
