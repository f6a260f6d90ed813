// From an event of outside to the customer it is about: validation, normal form, identity.
//
// An identifier's scope is the partition of its text. There, an unknown primary identifier becomes
// a new customer of the same partition; a known one leads to its customer, in this scope or by
// topic `resolved`. Further identifiers are claimed in their own scopes; the first claim wins.
#pragma once

#include <functional>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "dangol/event/v1/ingest.pb.h"
#include "dangol/profile/v1/command.pb.h"
#include "libs/stream/context.h"

namespace dangol::event::v1 {
class ProfileChanged;
}

namespace dangol::profile {

// The region of national phone numbers in a business unit.
using RegionFn = std::function<absl::string_view(absl::string_view business_unit)>;
// Continues in the customer's scope.
using AcceptFn = std::function<absl::Status(CustomerId, event::v1::IngestEvent&, Context&)>;

// An event of ingest, or one forwarded. INVALID_ARGUMENT: a bad event, for the dead letters.
// A misplaced one is forwarded in normal form, which the next scope leaves as it is: once.
absl::Status TakeIn(event::v1::IngestEvent& event, const RegionFn& region, const AcceptFn& accept,
                    Context& ctx);

// In the scope of the customer that `owner`, by whom the event's first identifier is known, is or
// was merged into: accepts it, or sends it to where that one went. Of an erased customer the event
// goes back to its identifier, which is forgotten there, and so begins a new customer.
absl::Status Arrive(CustomerId owner, CustomerId customer, event::v1::IngestEvent& event,
                    const AcceptFn& accept, Context& ctx);
absl::Status TakeBounced(CustomerId owner, event::v1::IngestEvent& event, const RegionFn& region,
                         const AcceptFn& accept, Context& ctx);

// Sends one claim for each identifier that is new to the customer; settled by AnswerClaim. Fills in
// changed->addresses where that changes the kinds of address the customer has.
// NOT_FOUND: no such customer in this scope.
absl::Status ClaimIdentifiers(CustomerId customer,
                              const google::protobuf::RepeatedPtrField<common::v1::Identifier>& ids,
                              absl::string_view source, event::v1::ProfileChanged* changed,
                              Context& ctx);

// In the identifier's scope: takes it if it is free, and answers the claimant.
void AnswerClaim(const v1::Claim& claim, Context& ctx);
// In the claimant's scope: the identifier becomes its own, or is evidence that it and the owner are
// one.
absl::Status TakeAnswer(const v1::ClaimAnswer& answer, Context& ctx);

}  // namespace dangol::profile
