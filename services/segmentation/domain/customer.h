// One customer's record in memory, and the changes that events make to it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "dangol/segmentation/v1/state.pb.h"
#include "libs/base/types.h"
#include "services/segmentation/domain/ledger.h"
#include "services/segmentation/domain/stage.h"

namespace dangol::event::v1 {
class ProfileChanged;
}

namespace dangol::segmentation {

struct Membership {
  uint32_t segment_id = 0;
  Micros since = 0;
};

// A customer in one business unit.
struct UnitState {
  std::string business_unit;
  int stage = 0;           // index into kStages
  Micros stage_since = 0;  // 0: it was never another than "prospect"
  Micros next = kNever;    // when time alone may change one of the unit's segments or the stage
};

struct Customer {
  uint64_t sequence = 0;                // of the last MembershipChanged
  uint64_t generation = 0;              // of the definitions it was last evaluated with
  Micros timer = kNever;                // what its timer is set for: the earliest of the units
  std::vector<Membership> memberships;  // ascending by segment id
  std::vector<UnitState> units;
  v1::CustomerFacts facts;
  std::string undecoded;  // facts as they are stored, where nobody asks for them
  // Of the facts.
  bool restricted = false;
  Micros restricted_until = kNever;
  Ledger ledger;
};

// DATA_LOSS: not bytes that EncodeCustomer made.
absl::StatusOr<Customer> DecodeCustomer(absl::string_view bytes);
// The same into a record that was used before, whose memory is used again. Empty bytes: nobody yet.
absl::Status DecodeCustomerInto(absl::string_view bytes, Customer* customer);
// The same without `facts`, which EncodeCustomer puts back as they were: for an activity, where no
// segment reads them (Catalogue::reads_facts). They are not looked at.
absl::Status DecodeWithoutFacts(absl::string_view bytes, Customer* customer);
// Its memberships alone, without a look at the rest.
absl::StatusOr<std::vector<Membership>> DecodeMemberships(absl::string_view bytes);
std::string EncodeCustomer(const Customer& customer);

void ApplyProfile(const event::v1::ProfileChanged& changed, Customer* customer);

Restricted RestrictedAt(const Customer& customer, Micros at);

}  // namespace dangol::segmentation
