// Opaque page tokens (AIP-158) and page sizes.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace google::protobuf {
class Message;
}

namespace dangol::rpc {

inline constexpr int kPageSizeDefault = 50;
inline constexpr int kPageSizeMax = 1000;

// 0 → kPageSizeDefault, above kPageSizeMax → kPageSizeMax, negative → INVALID_ARGUMENT.
absl::StatusOr<int> PageSize(int page_size);

// A list request without its page_size, page_token and request_id fields: what must be the same on
// every page of one listing. Deterministic within one build and across restarts.
std::string QueryOf(const google::protobuf::Message& request);

// base64url of version, hash of `query` and `cursor` (any bytes: the key after which the next page
// begins). Not encrypted: no secrets in a cursor.
std::string EncodePageToken(absl::string_view query, absl::string_view cursor);

// The cursor; "" for an empty token (first page). INVALID_ARGUMENT naming page_token when it was
// damaged or made for another query.
absl::StatusOr<std::string> DecodePageToken(absl::string_view token, absl::string_view query);

}  // namespace dangol::rpc
