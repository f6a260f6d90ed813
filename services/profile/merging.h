// Two customers that are one: evidence, proposals, merges.
//
// A pair stands in the scope of its greater id, `from`, until it is merged; then its record goes to
// the scope of `into` with everything else, and on with it. Strong evidence merges at once, weak
// evidence proposes, and a pair that somebody has rejected stays two until somebody approves it.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "dangol/profile/v1/command.pb.h"
#include "dangol/profile/v1/state.pb.h"
#include "libs/stream/context.h"

namespace dangol::profile {

// "merges/{from}-{into}".
std::string MergeName(CustomerId from, CustomerId into);

// Evidence that two different customers are one, told to both scopes, the smaller one's first: an
// erased customer is no one's pair.
void ReportPair(CustomerId a, CustomerId b, const v1::MergeEvidence& evidence, Context& ctx);
absl::Status TakePair(const v1::PairFound& pair, Context& ctx);
// In the scope of one of the two: the pair is forgotten there, or reported again under the new name
// (`now`) of its `into`.
absl::Status TakePairGone(const v1::PairGone& pair, Context& ctx);
void SendPairGone(absl::string_view pair_key, CustomerId to, CustomerId now, Context& ctx);

// Proposed or rejected: its record stands with `from`. Of a customer `mine` that is the pair's
// `into`, that is elsewhere, if in the same scope.
bool IsOpen(const v1::Merge& merge);
bool IsOpenElsewhere(const v1::MergeRecord& record, absl::string_view pair_key, CustomerId mine);

// `record` is the pair as it is to be kept; `from` stands in this scope. Everything of `from`
// leaves it, and the others learn of the merge. FAILED_PRECONDITION MERGE_TOO_LARGE, with nothing
// changed: it is more than one record holds.
absl::Status MergeAway(CustomerId from, CustomerId into, v1::MergeRecord record, Context& ctx);
// Processor::Merge.
absl::Status TakeHandOver(CustomerId into, CustomerId from, absl::string_view state, Context& ctx);

// Processor::MergeErased: releases the identifiers of the customer that came too late.
absl::Status DropHandOver(absl::string_view state, Context& ctx);

// Whether `id` was merged into the customer whose record this is.
bool IsNameOf(StateView& state, const v1::CustomerRecord& record, CustomerId id);
// Adds the pair to the record's; false if it was there.
bool AddPair(absl::string_view pair_key, v1::CustomerRecord* record);

// In the identifier's scope.
void SetOwner(const v1::SetOwner& message, Context& ctx);
// Tells each identifier's scope: if one of `owners` has it, `owner` has it from now on (0: no one).
void ReownIdentifiers(const std::vector<common::v1::Identifier>& identifiers,
                      const std::vector<CustomerId>& owners, CustomerId owner, Context& ctx);

}  // namespace dangol::profile
