// A report as text, and a cost as the server takes it.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace dangol::response::v1 {
class Report;
}

namespace dangol::cli {

std::string ReportText(const response::v1::Report& report);

// "0.01" USD → 1,000,000: millionths of a cent, exactly.
absl::StatusOr<int64_t> ParseCost(absl::string_view text, absl::string_view currency);

}  // namespace dangol::cli
