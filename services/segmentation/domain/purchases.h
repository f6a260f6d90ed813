// The purchases of one business unit as RFM and life-cycle stages count them: those before an
// instant, without the ones that came back whole.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "libs/base/types.h"
#include "libs/expr/customer_view.h"
#include "services/segmentation/domain/ledger.h"

namespace dangol::segmentation {

struct PurchaseRow {
  Micros time = 0;
  int64_t net = 0;  // less what was paid back before the instant; may be 0 for a gift
  expr::TextId channel = 0;
  bool foreign = false;  // in another currency than the business unit's
};

struct Purchases {
  std::vector<PurchaseRow> rows;  // by ascending time
  // The first instant at which a purchase or return dated at or after `at` counts; else kNever.
  Micros until = kNever;
  const Ledger* ledger = nullptr;

  bool empty() const { return rows.empty(); }
  Micros first() const { return rows.front().time; }
  Micros last() const { return rows.back().time; }
};

// A purchase with a net value above zero is gone once its returns add up to that value.
Purchases PurchasesBefore(const Ledger& ledger, absl::string_view business_unit,
                          absl::string_view currency, Micros at);

}  // namespace dangol::segmentation
