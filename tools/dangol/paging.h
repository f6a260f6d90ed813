// Lists, page by page.
#pragma once

#include <algorithm>

#include "libs/base/status.h"
#include "tools/client/connection.h"
#include "tools/dangol/session.h"

namespace dangol::cli {

inline constexpr int kPageSize = 1000;

// Calls `list(connection, context, request, &response)` until the last page, or until `limit` items
// (0: no limit) were given to `each`, which takes one item of `items(response)`.
template <typename Response, typename Request, typename List, typename Items, typename Each>
absl::Status EachItem(Session& session, Request request, int64_t limit, const List& list,
                      const Items& items, const Each& each) {
  request.set_page_size(limit > 0 ? static_cast<int>(std::min<int64_t>(limit, kPageSize))
                                  : kPageSize);
  int64_t seen = 0;
  while (true) {
    Response response;
    DANGOL_RETURN_IF_ERROR(session.Call([&](client::Connection& c, grpc::ClientContext* x) {
      return list(c, x, request, &response);
    }));
    for (const auto& item : items(response)) {
      each(item);
      if (++seen == limit) return absl::OkStatus();
    }
    if (response.next_page_token().empty()) return absl::OkStatus();
    request.set_page_token(response.next_page_token());
  }
}

}  // namespace dangol::cli
