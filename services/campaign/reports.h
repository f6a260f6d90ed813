// Answers from a scope's tables: progress, and why a customer was contacted or not.
#pragma once

#include <string>
#include <vector>

#include "dangol/campaign/v1/campaign_service.pb.h"
#include "dangol/campaign/v1/state.pb.h"
#include "libs/stream/context.h"

namespace dangol::campaign {

class CampaignProcessor;

// The frame of a campaign's progress: every wave (or the one asked for; "trigger" for triggered
// campaigns), audience and cell, all zero. NOT_FOUND: no such wave.
absl::StatusOr<v1::Progress> EmptyProgress(const v1::Campaign& campaign, const std::string& wave,
                                           uint32_t partitions);
// Adds what one partition counted.
void AddPartition(StateView& state, v1::Progress* progress);
// The same from a partition's own copy of the frame.
void AddProgress(const v1::Progress& partition, v1::Progress* progress);
// Sums up and decides what is done; `campaign` is partition 0's.
void FinishProgress(const v1::Campaign& campaign, v1::Progress* progress);

// Contacts of a campaign (raw prefix) or of a customer in this partition, from behind `cursor` (raw
// id) on, at most `limit`.
std::vector<v1::Contact> ContactsOfCampaign(StateView& state, const std::string& campaign,
                                            const std::string& cursor, int limit);
std::vector<v1::Contact> ContactsOfCustomer(StateView& state, CustomerId id,
                                            const std::string& cursor, int limit);

// NOT_FOUND: the partition knows no such customer, or no such campaign.
absl::StatusOr<v1::ExplainContactResponse> Explain(const CampaignProcessor& processor,
                                                   StateView& state, const std::string& campaign,
                                                   CustomerId id);

}  // namespace dangol::campaign
