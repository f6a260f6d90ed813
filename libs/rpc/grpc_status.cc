#include "libs/rpc/grpc_status.h"

#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "grpcpp/support/status.h"
#include "libs/base/status.h"
#include "nlohmann/json.hpp"

namespace dangol::rpc {
namespace {

constexpr char kRetryDelay[] = "retry_delay_ms";

// Clients accept 8 KB of metadata. The message travels twice, percent-encoded (threefold at worst)
// and with the details, which go in base64: 3 × 1,000 + 4/3 × 3,500 bytes stay below it.
constexpr size_t kMessageBytesMax = 1000;
constexpr size_t kDetailBytesMax = 2500;

bool ContinuesCharacter(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

// Proto3 strings must be UTF-8, or the client cannot parse the details at all.
std::string BoundedUtf8(absl::string_view text) {
  using nlohmann::json;
  const std::string bounded(text.substr(0, kMessageBytesMax + 1));
  std::string valid =
      json::parse(json(bounded).dump(-1, ' ', false, json::error_handler_t::replace))
          .get<std::string>();
  if (valid.size() <= kMessageBytesMax) return valid;
  size_t end = kMessageBytesMax - 3;  // "…" is three bytes
  while (end > 0 && ContinuesCharacter(valid[end])) --end;
  return valid.substr(0, end) + "…";
}

google::rpc::BadRequest ToBadRequest(const ErrorDetail& detail, size_t limit) {
  google::rpc::BadRequest result;
  for (const FieldViolation& violation : detail.fields) {
    auto* field = result.add_field_violations();
    field->set_field(violation.field);
    field->set_description(violation.description);
    if (result.ByteSizeLong() > limit) {
      result.mutable_field_violations()->RemoveLast();
      break;
    }
  }
  return result;
}

google::rpc::ErrorInfo ToErrorInfo(const ErrorDetail& detail) {
  google::rpc::ErrorInfo info;
  info.set_reason(detail.reason);
  info.set_domain(kErrorDomain);
  for (const auto& [key, value] : detail.metadata) {
    if (info.ByteSizeLong() + key.size() + value.size() > kDetailBytesMax / 2) break;
    (*info.mutable_metadata())[key] = value;
  }
  return info;
}

// 0 when the caller should not simply retry.
int RetryDelayMs(const absl::Status& status, const ErrorDetail& detail) {
  const auto found = detail.metadata.find(kRetryDelay);
  int delay = 0;
  if (found != detail.metadata.end() && absl::SimpleAtoi(found->second, &delay)) return delay;
  return status.code() == absl::StatusCode::kResourceExhausted ? kDefaultRetryDelayMs : 0;
}

}  // namespace

grpc::Status ToGrpc(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  const ErrorDetail detail = DetailOf(status);
  google::rpc::Status proto;
  proto.set_code(static_cast<int>(status.code()));
  proto.set_message(BoundedUtf8(status.message()));
  proto.add_details()->PackFrom(ToErrorInfo(detail));
  if (const int delay = RetryDelayMs(status, detail); delay > 0) {
    google::rpc::RetryInfo retry;
    retry.mutable_retry_delay()->set_seconds(delay / 1000);
    retry.mutable_retry_delay()->set_nanos(delay % 1000 * 1'000'000);
    proto.add_details()->PackFrom(retry);
  }
  if (!detail.fields.empty()) {
    const size_t used = proto.ByteSizeLong() - proto.message().size();
    proto.add_details()->PackFrom(ToBadRequest(detail, kDetailBytesMax - used));
  }
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), proto.message(),
                      proto.SerializeAsString());
}

absl::Status FromGrpc(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  const absl::Status plain(static_cast<absl::StatusCode>(status.error_code()),
                           status.error_message());
  google::rpc::Status proto;
  if (status.error_details().empty() || !proto.ParseFromString(status.error_details())) {
    return plain;
  }
  ErrorDetail detail;
  google::rpc::ErrorInfo info;
  google::rpc::BadRequest bad_request;
  google::rpc::RetryInfo retry;
  for (const auto& any : proto.details()) {
    if (any.UnpackTo(&info)) {
      detail.reason = info.reason();
      detail.metadata.insert(info.metadata().begin(), info.metadata().end());
    } else if (any.UnpackTo(&bad_request)) {
      for (const auto& v : bad_request.field_violations()) {
        detail.fields.push_back({v.field(), v.description()});
      }
    } else if (any.UnpackTo(&retry)) {
      detail.metadata.emplace(kRetryDelay, absl::StrCat(retry.retry_delay().seconds() * 1000 +
                                                        retry.retry_delay().nanos() / 1'000'000));
    }
  }
  return WithDetail(plain, std::move(detail));
}

}  // namespace dangol::rpc
