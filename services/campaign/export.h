// Everything the service keeps of a customer, as it hands it out.
#pragma once

#include <vector>

#include "dangol/campaign/v1/campaign_service.pb.h"
#include "libs/stream/context.h"
#include "services/campaign/processor.h"

namespace dangol::campaign {

// The record and the pending triggers of `id`, from its scope. False: there is no record.
bool ExportRecord(const CampaignProcessor& processor, StateView& state, CustomerId id,
                  v1::ExportCustomerResponse* out);

// `id` and those that were merged into it, whose contacts stand in their own scopes.
std::vector<CustomerId> AllIdsOf(StateView& state, CustomerId id);

}  // namespace dangol::campaign
