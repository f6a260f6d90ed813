// One page of a listing that runs over all partitions, in order of partition and key.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/base/status.h"
#include "libs/rpc/page_token.h"
#include "libs/stream/gateway.h"
#include "libs/stream/rows.h"

namespace dangol::profile {

struct PageSpec {
  std::string query;  // what the page token belongs to
  std::string page_token;
  int page_size = 0;  // as in the request
};

template <typename Item>
struct Keyed {
  std::string key;
  Item item;
};

// Where a page begins: 8 bytes of partition, then the last key shown ("" before the first).
struct PageCursor {
  uint64_t partition = 0;
  std::string key;
};
PageCursor ParsePageCursor(const std::string& bytes);

// `fetch(scope, after, limit)`: the items of a partition behind a key, in order of key; `take` gets
// those of the page. Returns the next page's token, empty on the last page. INVALID_ARGUMENT: a bad
// page size or token.
template <typename Item, typename Fetch, typename Take>
absl::StatusOr<std::string> Page(Gateway& gateway, const PageSpec& spec, const Fetch& fetch,
                                 const Take& take) {
  DANGOL_ASSIGN_OR_RETURN(const int size, rpc::PageSize(spec.page_size));
  DANGOL_ASSIGN_OR_RETURN(const std::string bytes,
                          rpc::DecodePageToken(spec.page_token, spec.query));
  PageCursor at = ParsePageCursor(bytes);
  int room = size;
  for (; at.partition < gateway.partitions(); ++at.partition, at.key.clear()) {
    const Scope scope{Service::kProfile, static_cast<Partition>(at.partition)};
    // One more than there is room for tells that there is more.
    DANGOL_ASSIGN_OR_RETURN(std::vector<Keyed<Item>> items, fetch(scope, at.key, room + 1));
    for (Keyed<Item>& keyed : items) {
      if (room-- == 0) return rpc::EncodePageToken(spec.query, EncodeKey(at.partition) + at.key);
      at.key = std::move(keyed.key);
      take(std::move(keyed.item));
    }
  }
  return std::string();
}

struct RowsOf {
  Table table;
  std::string prefix;
};
absl::StatusOr<std::string> RowsPage(Gateway& gateway, const RowsOf& rows, const PageSpec& spec,
                                     Micros deadline,
                                     const std::function<void(const std::string& value)>& take);

}  // namespace dangol::profile
