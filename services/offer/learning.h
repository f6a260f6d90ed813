// What responses teach: each partition counts, partition 0 adds up and publishes a posterior, both
// on fixed boundaries of time.
#pragma once

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "dangol/offer/v1/command.pb.h"
#include "libs/stream/context.h"
#include "services/offer/catalogue.h"
#include "services/offer/domain/learning_pace.h"

namespace dangol::offer {

inline constexpr uint32_t kReportTimer = 1;   // a partition reports its counts
inline constexpr uint32_t kPublishTimer = 2;  // partition 0 publishes

// One more contact that carried the offer (-1: it was not made after all), or one more contact of
// it that brought a purchase.
void CountContact(Context& ctx, const LearningPace& pace, const std::string& offer,
                  int64_t delta = 1);
void CountResponse(Context& ctx, const LearningPace& pace, const std::string& offer);

void ReportCounts(Context& ctx);
void KeepCounts(Context& ctx, const LearningPace& pace, const v1::PartitionCounts& counts);
void PublishPosteriors(Context& ctx, const Catalogue& catalogue);

}  // namespace dangol::offer
