#include "libs/base/status.h"

#include <algorithm>

#include "absl/strings/cord.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"

namespace dangol {
namespace {

constexpr char kDetailUrl[] = "type.dangol/error-detail";

nlohmann::json ToJson(const ErrorDetail& detail) {
  nlohmann::json fields = nlohmann::json::array();
  for (const FieldViolation& f : detail.fields) fields.push_back({f.field, f.description});
  return {{"reason", detail.reason}, {"metadata", detail.metadata}, {"fields", fields}};
}

// Throws where something is of another type.
ErrorDetail FromJson(const nlohmann::json& json) {
  ErrorDetail detail;
  detail.reason = json.value("reason", "");
  detail.metadata = json.value("metadata", std::map<std::string, std::string>{});
  for (const auto& f : json.value("fields", nlohmann::json::array())) {
    detail.fields.push_back({f.at(0), f.at(1)});
  }
  return detail;
}

std::string Dump(const nlohmann::json& json) {
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

size_t EditDistance(absl::string_view a, absl::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t substitute = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substitute});
    }
  }
  return row[b.size()];
}

}  // namespace

absl::Status WithDetail(absl::Status status, ErrorDetail detail) {
  if (!status.ok()) status.SetPayload(kDetailUrl, absl::Cord(Dump(ToJson(detail))));
  return status;
}

ErrorDetail DetailOf(const absl::Status& status) {
  if (auto payload = status.GetPayload(kDetailUrl)) {
    try {
      return FromJson(nlohmann::json::parse(std::string(*payload)));
    } catch (const nlohmann::json::exception&) {  // not of ours
    }
  }
  return {absl::StatusCodeToString(status.code()), {}, {}};
}

absl::Status BadField(absl::string_view field, absl::string_view value, absl::string_view problem,
                      absl::string_view fix) {
  const std::string description = absl::StrCat(Quote(value), " ", problem, "; ", fix);
  return WithDetail(absl::InvalidArgumentError(absl::StrCat(field, ": ", description)),
                    {"INVALID_FIELD", {}, {{std::string(field), description}}});
}

absl::Status NotFound(absl::string_view kind, absl::string_view name) {
  return WithDetail(absl::NotFoundError(absl::StrCat("no ", kind, " ", Quote(name))),
                    {"NOT_FOUND", {{"kind", std::string(kind)}, {"name", Quote(name)}}, {}});
}

absl::Status Precondition(absl::string_view reason, absl::string_view message) {
  return WithDetail(absl::FailedPreconditionError(std::string(message)),
                    {std::string(reason), {}, {}});
}

absl::Status EtagMismatch(absl::string_view name, absl::string_view given,
                          absl::string_view current) {
  return WithDetail(
      absl::AbortedError(absl::StrCat(name, ": etag ", Quote(given), " is stale (now ",
                                      Quote(current), "); read it again and retry")),
      {"ETAG_MISMATCH", {{"etag", std::string(current)}}, {}});
}

std::string Quote(absl::string_view text, size_t limit) {
  const bool cut = text.size() > limit;
  // Never inside a UTF-8 character, or the result would not be UTF-8.
  while (cut && limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xc0) == 0x80) --limit;
  return absl::StrCat("\"", absl::Utf8SafeCHexEscape(text.substr(0, limit)), cut ? "…" : "", "\"");
}

std::string EncodeStatus(const absl::Status& status) {
  return Dump({{"code", static_cast<int>(status.code())},
               {"message", std::string(status.message())},
               {"detail", ToJson(DetailOf(status))}});
}

absl::Status DecodeStatus(absl::string_view bytes) {
  try {
    const auto json = nlohmann::json::parse(bytes);
    if (!json.at("code").is_number_unsigned()) return absl::DataLossError("undecodable status");
    const auto code = static_cast<absl::StatusCode>(json.at("code").get<uint32_t>());
    if (code == absl::StatusCode::kOk) return absl::OkStatus();
    return WithDetail(absl::Status(code, json.at("message").get<std::string>()),
                      FromJson(json.at("detail")));
  } catch (const nlohmann::json::exception&) {
    return absl::DataLossError("undecodable status");
  }
}

std::string Nearest(absl::string_view name, const std::vector<std::string>& candidates) {
  std::string best;
  size_t best_distance = std::max<size_t>(2, name.size() / 3) + 1;
  for (const std::string& candidate : candidates) {
    const size_t distance = EditDistance(name, candidate);
    if (distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

}  // namespace dangol
