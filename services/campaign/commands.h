// Commands that belong to customers' partitions, or to every partition.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "dangol/campaign/v1/campaign_service.pb.h"
#include "dangol/campaign/v1/command.pb.h"
#include "libs/stream/processor.h"
#include "services/campaign/contacts.h"
#include "services/campaign/definitions.h"

namespace dangol::campaign {

absl::StatusOr<std::string> RunCustomerCommand(const v1::Command& command, const Caller& caller,
                                               Definitions* definitions, Contacts* contacts,
                                               Context& ctx);

// Rows of a list; those of a merged customer are sent on, those of an erased one dropped.
// INVALID_ARGUMENT, and nothing is stored: a row without a cell, or of a cell that is not named.
absl::StatusOr<v1::StoreAssignmentsReply> StoreAssignments(const v1::StoreAssignments& command,
                                                           Context& ctx);

// A stored contact as the API shows it.
v1::Contact ToContact(absl::string_view contact_id, const v1::ContactRecord& record);

}  // namespace dangol::campaign
