// What a service makes of its records for the store: supplied by the service, called by the owner
// of a scope.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "absl/strings/string_view.h"
#include "libs/online/view.h"
#include "libs/stream/context.h"

namespace dangol::online {

// Each function is pure and total, and appends the same keys whatever the records hold, so that no
// older value outlives its record. `state` is what a commit left.
struct ViewBuilder {
  // Of a customer: its view, or its delete where the scope has none (any more). Called for every
  // record of table customer that changed. Empty: the service has no views.
  std::function<void(StateView& state, CustomerId customer, std::vector<Change>* changes)> view;

  // The service's views are also made of table index. Then: whose view shows this record; 0:
  // nobody's,
  std::function<CustomerId(absl::string_view key)> customer_of_index;
  // and what else the store keeps of it: identifiers. nullopt: the record is gone.
  std::function<void(absl::string_view key, std::optional<absl::string_view> value,
                     std::vector<Change>* changes)>
      index;
};

}  // namespace dangol::online
