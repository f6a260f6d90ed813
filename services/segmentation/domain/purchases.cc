#include "services/segmentation/domain/purchases.h"

#include <algorithm>

#include "absl/container/flat_hash_map.h"

namespace dangol::segmentation {
namespace {

// What was paid back before `at`, by the key of the purchase.
absl::flat_hash_map<uint64_t, int64_t> PaidBack(const Series* returns, Micros at, Micros* until) {
  absl::flat_hash_map<uint64_t, int64_t> paid_back;
  if (returns == nullptr) return paid_back;
  for (size_t i = 0; i < returns->rows.size(); ++i) {
    if (returns->rows[i].time >= at) {
      *until = std::min(*until, returns->rows[i].time + 1);
      break;
    }
    if (returns->extras[i].reference == 0) continue;
    paid_back[returns->extras[i].reference] += returns->rows[i].net;
  }
  return paid_back;
}

}  // namespace

Purchases PurchasesBefore(const Ledger& ledger, absl::string_view business_unit,
                          absl::string_view currency, Micros at) {
  Purchases result;
  result.ledger = &ledger;
  const auto paid_back = PaidBack(ledger.Find(business_unit, "return"), at, &result.until);
  const Series* purchases = ledger.Find(business_unit, "purchase");
  if (purchases == nullptr) return result;
  result.rows.reserve(purchases->rows.size());
  for (size_t i = 0; i < purchases->rows.size(); ++i) {
    const expr::Activity& row = purchases->rows[i];
    if (row.time >= at) {
      result.until = std::min(result.until, row.time + 1);
      break;
    }
    const RowExtra& extra = purchases->extras[i];
    auto back = paid_back.find(extra.key);
    const int64_t net = back == paid_back.end() ? row.net : row.net - back->second;
    if (row.net > 0 && net <= 0) continue;
    const absl::string_view own = ledger.Text(extra.currency);
    result.rows.push_back({row.time, net, row.channel, !own.empty() && own != currency});
  }
  return result;
}

}  // namespace dangol::segmentation
