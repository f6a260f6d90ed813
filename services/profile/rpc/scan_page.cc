#include "services/profile/rpc/scan_page.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "libs/base/status.h"
#include "libs/rpc/page_token.h"
#include "services/profile/tables.h"

namespace dangol::profile {
namespace {

// A cursor: 8 bytes of partition, then the last key shown ("" before the first).
struct Cursor {
  uint64_t partition = 0;
  std::string key;
};

Cursor ParseCursor(const std::string& bytes) {
  if (bytes.size() < 8) return {};
  return {DecodeKey(bytes), bytes.substr(8)};
}

}  // namespace

absl::StatusOr<std::string> ScanPage(Gateway& gateway, const ScanSpec& spec, Micros deadline,
                                     const RowFn& fn) {
  DANGOL_ASSIGN_OR_RETURN(const int size, rpc::PageSize(spec.page_size));
  DANGOL_ASSIGN_OR_RETURN(const std::string bytes,
                          rpc::DecodePageToken(spec.page_token, spec.query));
  Cursor at = ParseCursor(bytes);
  int shown = 0;
  bool more = false;
  for (; at.partition < gateway.partitions() && !more; ++at.partition, at.key.clear()) {
    const Scope scope{Service::kProfile, static_cast<Partition>(at.partition)};
    std::string last = at.key;
    DANGOL_RETURN_IF_ERROR(
        gateway.Read(scope, deadline, [&](Processor&, StateView& state) -> absl::Status {
          // Rows are copied: reading another one may move them.
          std::vector<std::pair<std::string, std::string>> rows;
          ScanPrefix(state, spec.table, spec.prefix, last,
                     [&](absl::string_view key, absl::string_view value) {
                       if (key == last) return true;
                       more = shown + static_cast<int>(rows.size()) == size;
                       if (!more) rows.emplace_back(std::string(key), std::string(value));
                       return !more;
                     });
          for (const auto& [key, value] : rows) fn(state, key, value);
          shown += static_cast<int>(rows.size());
          if (!rows.empty()) last = rows.back().first;
          return absl::OkStatus();
        }));
    if (more) return rpc::EncodePageToken(spec.query, EncodeKey(at.partition) + last);
  }
  return std::string();
}

}  // namespace dangol::profile
