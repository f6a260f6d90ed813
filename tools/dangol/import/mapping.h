// The mapping file: read, and checked before the first row.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "dangol/config/v1/import.pb.h"
#include "tools/dangol/import/rows.h"

namespace dangol::import {

using Columns = std::map<std::string, size_t, std::less<>>;

// INVALID_ARGUMENT naming the file, line or field.
absl::StatusOr<config::v1::ImportMapping> ReadMapping(const std::string& path);
// What can be wrong without knowing the file.
absl::Status CheckMapping(const config::v1::ImportMapping& mapping);

absl::StatusOr<RowFormat> FormatOf(const config::v1::ImportMapping& mapping);
bool HasHeader(const config::v1::ImportMapping& mapping);

// Where each column stands: names given in the mapping before those of `header` (its first row, or
// null). INVALID_ARGUMENT for a name twice, or none at all.
absl::StatusOr<Columns> ColumnsOf(const config::v1::ImportMapping& mapping, const Row* header);
// Every column and template of the mapping must be found among them; names the nearest.
absl::Status CheckColumns(const config::v1::ImportMapping& mapping, const Columns& columns);

}  // namespace dangol::import
