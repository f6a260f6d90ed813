// Facts of a customer: traits, consents, time zone, do-not-serve. Each carries the time at which
// its source knew it; the result never depends on the order of arrival.
#pragma once

#include "libs/base/types.h"

namespace dangol::event::v1 {
class CustomerUpsert;
class ProfileChanged;
}  // namespace dangol::event::v1
namespace dangol::profile::v1 {
class Consent;
class Customer;
class CustomerRecord;
class TraitRecord;
}  // namespace dangol::profile::v1

namespace dangol::profile {

inline constexpr int kTraitsPerCustomerMax = 256;
inline constexpr int kConsentsPerCustomerMax = 64;

struct MergeResult {
  bool record_changed = false;
  bool facts_changed = false;  // something for `published`
  int dropped = 0;             // facts beyond the limits per customer
};

// Takes over what is newer than the record's: a later observed time replaces; at the same time the
// larger bytes do, and a refusal or a do-not-serve always. Observed times of 0 or after `now` (the
// latest time that can be true) count as `now`. `published` receives what others must know: only
// what changed.
MergeResult MergeFacts(const event::v1::CustomerUpsert& upsert, Micros now,
                       v1::CustomerRecord* record, event::v1::ProfileChanged* published);

// The upsert's facts made newer than those they replace: for commands, which always take effect.
void MakeNewest(const v1::CustomerRecord& record, Micros now, event::v1::CustomerUpsert* upsert);

// What the API shows: without removed traits and identifiers that are not the customer's.
void FillCustomer(CustomerId id, const v1::CustomerRecord& record, v1::Customer* customer);

}  // namespace dangol::profile
