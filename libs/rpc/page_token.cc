#include "libs/rpc/page_token.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "google/protobuf/message.h"
#include "libs/base/hash.h"
#include "libs/base/status.h"
#include "libs/base/types.h"

namespace dangol::rpc {
namespace {

constexpr char kVersion = 1;
constexpr size_t kHeaderBytes = 1 + sizeof(uint64_t);

// Covers the cursor too, so that a damaged token is refused rather than misread.
std::string Seal(absl::string_view query, absl::string_view cursor) {
  return EncodeKey(Hash64(cursor, Hash64(query)));
}

}  // namespace

absl::StatusOr<int> PageSize(int page_size) {
  if (page_size < 0) {
    return BadField("page_size", absl::StrCat(page_size), "is negative",
                    absl::StrCat("use 1 to ", kPageSizeMax, ", or 0 for ", kPageSizeDefault));
  }
  return page_size == 0 ? kPageSizeDefault : std::min(page_size, kPageSizeMax);
}

std::string QueryOf(const google::protobuf::Message& request) {
  std::unique_ptr<google::protobuf::Message> copy(request.New());
  copy->CopyFrom(request);
  for (const char* name : {"page_size", "page_token", "request_id"}) {
    if (const auto* field = copy->GetDescriptor()->FindFieldByName(name)) {
      copy->GetReflection()->ClearField(copy.get(), field);
    }
  }
  std::string bytes = request.GetDescriptor()->full_name() + '\0';
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  copy->SerializeToCodedStream(&coded);
  coded.Trim();
  return bytes;
}

std::string EncodePageToken(absl::string_view query, absl::string_view cursor) {
  return absl::WebSafeBase64Escape(
      absl::StrCat(std::string(1, kVersion), Seal(query, cursor), cursor));
}

absl::StatusOr<std::string> DecodePageToken(absl::string_view token, absl::string_view query) {
  if (token.empty()) return std::string();
  std::string bytes;
  if (absl::WebSafeBase64Unescape(token, &bytes) && bytes.size() >= kHeaderBytes &&
      bytes[0] == kVersion) {
    std::string cursor = bytes.substr(kHeaderBytes);
    if (bytes.substr(1, sizeof(uint64_t)) == Seal(query, cursor)) return cursor;
  }
  return BadField("page_token", token, "does not belong to this query",
                  "send the next_page_token of the same request, or none to begin again");
}

}  // namespace dangol::rpc
