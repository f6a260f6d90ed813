// What a lift is worth under stated assumptions, and whether contacting pays.
#pragma once

#include <cstdint>
#include <optional>

#include "libs/stats/lift.h"

namespace dangol::stats {

// In the money unit of the lift.
struct EconomicAssumptions {
  double margin = 0;            // contribution margin on sales, a share: 0.4 is 40 %
  double cost_per_contact = 0;  // of each treated customer
};

struct Economics {
  // A treated customer: margin × spend lift − cost.
  double contribution_per_head = 0;
  Interval interval;
  // All treated customers together.
  double incremental_contribution = 0;
  Interval incremental_interval;
  double cost = 0;
  // incremental_contribution ÷ cost, which is net of the cost already: 0 breaks even. None where
  // nothing was spent.
  std::optional<double> roi;

  // Margin × spend a treated head (response rate × purchase of a responder), before cost.
  double gross_contribution_per_head = 0;
  // The sources' rule: expected response × expected purchase ≥ cost. It credits the campaign with
  // what customers would have bought anyway.
  bool gross_rule_go = false;
  // The rule that decides: incremental contribution ≥ cost, at the point estimate.
  bool incremental_rule_go = false;
  bool rules_disagree = false;
  // The interval lies wholly on one side of zero: the incremental rule is more than a guess.
  bool settled = false;

  // As in the lift: `measured`, the contribution is a fact; `defined`, so is its interval.
  bool measured = false;
  bool defined = false;
};

// `spend_lift` is MeanLift of sales; its interval becomes that of the contribution, because margin
// and cost are taken as known. All false and zero where the lift is not measured, treated_n ≤ 0, or
// an assumption is negative or not finite. Pure, never NaN.
Economics EconomicsOf(const Lift& spend_lift, int64_t treated_n, EconomicAssumptions assumptions);

}  // namespace dangol::stats
