#include "services/segmentation/domain/stage.h"

#include <algorithm>

#include "libs/expr/window.h"

namespace dangol::segmentation {
namespace {

expr::Offset Months(int n) { return {n, expr::TimeUnit::kMonths}; }

absl::string_view NameOf(const Purchases& purchases, Micros at, absl::TimeZone zone) {
  const auto silent = [&](int months) {
    return purchases.last() < expr::Before(at, Months(months), zone);
  };
  if (silent(12)) return "dormant-12";
  if (silent(6)) return "dormant-6";
  if (purchases.first() > expr::Before(at, Months(6), zone)) return "new";
  if (silent(2)) return "dormant-2";
  return "existing";
}

}  // namespace

expr::Stage StageAt(const Purchases& purchases, Restricted restricted, Micros at,
                    absl::TimeZone zone) {
  if (restricted.now) return {"do-not-serve", restricted.until};
  expr::Stage stage{kProspect, std::min(purchases.until, restricted.until)};
  if (purchases.empty()) return stage;
  stage.name = NameOf(purchases, at, zone);
  for (int months : {2, 6, 12}) {
    stage.until =
        std::min(stage.until, expr::NextCrossing(purchases.last(), Months(months), at, zone));
  }
  // "FP is after D − 6 months" ends when the edge reaches FP, a microsecond before it passes it.
  stage.until =
      std::min(stage.until, expr::NextCrossing(purchases.first() - 1, Months(6), at, zone));
  return stage;
}

}  // namespace dangol::segmentation
