#include "services/profile/rpc/page.h"

namespace dangol::profile {

PageCursor ParsePageCursor(const std::string& bytes) {
  if (bytes.size() < 8) return {};
  return {DecodeKey(bytes), bytes.substr(8)};
}

absl::StatusOr<std::string> RowsPage(Gateway& gateway, const RowsOf& rows, const PageSpec& spec,
                                     Micros deadline,
                                     const std::function<void(const std::string& value)>& take) {
  const auto fetch = [&](Scope scope, const std::string& after,
                         int limit) -> absl::StatusOr<std::vector<Keyed<std::string>>> {
    DANGOL_ASSIGN_OR_RETURN(
        Rows part,
        AskRows(gateway, scope, {rows.table, rows.prefix, after, static_cast<uint32_t>(limit)},
                deadline));
    std::vector<Keyed<std::string>> items;
    for (Row& row : part.rows) items.push_back({std::move(row.key), std::move(row.value)});
    return items;
  };
  return Page<std::string>(gateway, spec, fetch, take);
}

}  // namespace dangol::profile
