// What must not be exceeded over all partitions (budget, stock, rate): partition 0 grants parts of
// it, and only what is granted can be spent. Pure functions over a scope's `shared` table; the
// messages travel through the service's inbox.
//
// Invariant, whatever the order of messages: Σ spent ≤ Σ granted ≤ the greatest total set.
#pragma once

#include <cstdint>

#include "absl/strings/string_view.h"
#include "libs/stream/context.h"

namespace dangol::event::v1 {
class AllotmentGrant;
class AllotmentRequest;
}  // namespace dangol::event::v1

namespace dangol::allotment {

// What a partition holds, and what the grantor's book says. In the allotment's own unit.
struct Held {
  int64_t available = 0;
  int64_t spent = 0;
};
struct Book {
  int64_t total = 0;
  int64_t granted = 0;  // to all partitions, less what they gave back
};

enum class Spending {
  kSpent,      // taken (or, for Check, there to be taken)
  kWait,       // more was asked for; try again in OnGrant
  kExhausted,  // nothing is left; OnGrant follows if that changes
};

// In the grantor's scope (partition 0): creates the allotment or changes its total. Lowering it
// below what is granted grants nothing more until enough came back.
void SetTotal(Context& ctx, absl::string_view name, int64_t total);
Book BookOf(StateView& view, absl::string_view name);

// In any scope. `amount` ≥ 0. Can it be spent here, now? Asks for more in good time; takes nothing.
Spending Check(Context& ctx, absl::string_view name, int64_t amount);
// Check, and take it if so.
Spending Spend(Context& ctx, absl::string_view name, int64_t amount);
// Of an amount spent here earlier; available again, or given back where others starve.
void Refund(Context& ctx, absl::string_view name, int64_t amount);
Held HeldOf(StateView& view, absl::string_view name);

// The runtime's part: messages of the inbox.
void HandleRequest(Context& ctx, const event::v1::AllotmentRequest& request);
void HandleGrant(Context& ctx, const event::v1::AllotmentGrant& grant);

}  // namespace dangol::allotment
