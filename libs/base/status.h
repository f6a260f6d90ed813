// Errors: absl::Status everywhere, with a machine-readable reason and the offending fields.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#define DANGOL_RETURN_IF_ERROR(expr)                                        \
  do {                                                                      \
    if (absl::Status status_macro_value = (expr); !status_macro_value.ok()) \
      return status_macro_value;                                            \
  } while (false)

#define DANGOL_CONCAT_INNER(a, b) a##b
#define DANGOL_CONCAT(a, b) DANGOL_CONCAT_INNER(a, b)
#define DANGOL_ASSIGN_OR_RETURN(lhs, expr) \
  DANGOL_ASSIGN_OR_RETURN_IMPL(DANGOL_CONCAT(statusor_, __LINE__), lhs, expr)
#define DANGOL_ASSIGN_OR_RETURN_IMPL(tmp, lhs, expr)          \
  auto tmp = (expr);                             /* NOLINT */ \
  if (!tmp.ok()) return std::move(tmp).status(); /* NOLINT */ \
  lhs = *std::move(tmp)                          /* NOLINT: may declare */

namespace dangol {

// One bad field of a request: its path, the value as given (shortened) and what would be right.
struct FieldViolation {
  std::string field;
  std::string description;
};

// What travels with an error: google.rpc.ErrorInfo and google.rpc.BadRequest at the RPC edge.
struct ErrorDetail {
  std::string reason;  // UPPER_SNAKE_CASE, stable: callers may switch on it
  std::map<std::string, std::string> metadata;
  std::vector<FieldViolation> fields;
};

absl::Status WithDetail(absl::Status status, ErrorDetail detail);
// The detail attached to `status`, or one whose reason is the status code's name.
ErrorDetail DetailOf(const absl::Status& status);

// INVALID_ARGUMENT, "<field>: <value> <problem>; <fix>". The value is quoted and cut at 80 bytes.
absl::Status BadField(absl::string_view field, absl::string_view value, absl::string_view problem,
                      absl::string_view fix);
absl::Status NotFound(absl::string_view kind, absl::string_view name);
// FAILED_PRECONDITION with `reason`.
absl::Status Precondition(absl::string_view reason, absl::string_view message);
// ABORTED: the caller's etag is stale; it should read again and retry.
absl::Status EtagMismatch(absl::string_view name, absl::string_view given,
                          absl::string_view current);

// `text` between quotes, shortened, with control bytes and invalid UTF-8 escaped.
std::string Quote(absl::string_view text, size_t limit = 80);

// A status as bytes with its detail, for outcomes kept in state or sent between processes.
std::string EncodeStatus(const absl::Status& status);
absl::Status DecodeStatus(absl::string_view bytes);

// The candidate nearest to `name` by edit distance, or "" when none is near: for "did you mean".
std::string Nearest(absl::string_view name, const std::vector<std::string>& candidates);

}  // namespace dangol
