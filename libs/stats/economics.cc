#include "libs/stats/economics.h"

#include <cmath>

namespace dangol::stats {
namespace {

bool IsAmount(double x) { return x >= 0 && std::isfinite(x); }

}  // namespace

Economics EconomicsOf(const Lift& spend_lift, int64_t treated_n, EconomicAssumptions assumptions) {
  const double margin = assumptions.margin;
  const double cost = assumptions.cost_per_contact;
  if (!spend_lift.measured || treated_n <= 0 || !IsAmount(margin) || !IsAmount(cost)) return {};

  const auto net = [&](double spend) { return margin * spend - cost; };
  const auto heads = static_cast<double>(treated_n);
  Economics result;
  result.contribution_per_head = net(spend_lift.difference);
  result.interval = {net(spend_lift.interval.low), net(spend_lift.interval.high)};
  result.incremental_contribution = result.contribution_per_head * heads;
  result.incremental_interval = {result.interval.low * heads, result.interval.high * heads};
  result.cost = cost * heads;
  if (cost > 0) {
    const double roi = result.contribution_per_head / cost;
    if (std::isfinite(roi)) result.roi = roi;
  }
  result.gross_contribution_per_head = margin * spend_lift.treated;
  result.gross_rule_go = result.gross_contribution_per_head >= cost;
  result.incremental_rule_go = result.contribution_per_head >= 0;
  result.rules_disagree = result.gross_rule_go != result.incremental_rule_go;
  result.measured = true;
  result.defined = spend_lift.defined;
  result.settled = result.defined && (result.interval.low > 0 || result.interval.high < 0);
  return result;
}

}  // namespace dangol::stats
