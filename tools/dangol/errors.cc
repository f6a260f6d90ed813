// Errors as exit codes and as text.
#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "tools/dangol/session.h"

namespace dangol::cli {
namespace {

constexpr char kUsageMark[] = "dangol/cli-usage";

}  // namespace

absl::Status Usage(const absl::Status& status) {
  absl::Status marked = status;
  marked.SetPayload(kUsageMark, absl::Cord("1"));
  return marked;
}

int ExitCodeOf(const absl::Status& status) {
  if (status.ok()) return kOk;
  if (status.GetPayload(kUsageMark)) return kUsage;
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
      return kUnavailable;
    case absl::StatusCode::kNotFound:
      return kNotFound;
    default:
      return kRefused;
  }
}

std::string Describe(const absl::Status& status) {
  std::string text = absl::StrCat("error: ", status.message(), "\n");
  const ErrorDetail detail = DetailOf(status);
  if (!status.GetPayload(kUsageMark)) {
    absl::StrAppend(&text, "  ", absl::StatusCodeToString(status.code()));
    if (!detail.reason.empty() && detail.reason != absl::StatusCodeToString(status.code())) {
      absl::StrAppend(&text, " ", detail.reason);
    }
    absl::StrAppend(&text, "\n");
  }
  for (const auto& [key, value] : detail.metadata) {
    absl::StrAppend(&text, "  ", key, ": ", value, "\n");
  }
  for (const FieldViolation& field : detail.fields) {
    const std::string line = absl::StrCat(field.field, ": ", field.description);
    // A single field's error is usually the message itself.
    if (status.message().find(field.description) != absl::string_view::npos) continue;
    absl::StrAppend(&text, "  ", line, "\n");
  }
  return text;
}

}  // namespace dangol::cli
