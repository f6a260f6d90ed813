#include "services/offer/learning.h"

#include <map>

#include "absl/strings/str_cat.h"
#include "dangol/event/v1/definition.pb.h"
#include "dangol/offer/v1/state.pb.h"
#include "libs/stream/emit.h"
#include "libs/stream/tables.h"

namespace dangol::offer {
namespace {

constexpr absl::string_view kLearned = "learn/";
constexpr absl::string_view kReported = "reported/";  // in partition 0, by partition

void Add(Context& ctx, const LearningPace& pace, const std::string& offer, int64_t contacts,
         int64_t responses) {
  const std::string key = absl::StrCat(kLearned, offer);
  auto counts = LoadRecord<v1::LearnedCounts>(ctx, Table::kShared, key);
  counts.set_contacts(counts.contacts() + contacts);
  counts.set_responses(counts.responses() + responses);
  StoreRecord(ctx, Table::kShared, key, counts);
  ctx.SetTimer({kReportTimer, "", pace.NextReport(ctx.now()), ""});
}

}  // namespace

void CountContact(Context& ctx, const LearningPace& pace, const std::string& offer, int64_t delta) {
  Add(ctx, pace, offer, delta, 0);
}
void CountResponse(Context& ctx, const LearningPace& pace, const std::string& offer) {
  Add(ctx, pace, offer, 0, 1);
}

void ReportCounts(Context& ctx) {
  v1::OfferInternal message;
  auto* counts = message.mutable_counts();
  counts->set_partition(ctx.scope().partition);
  ForEachRecord<v1::LearnedCounts>(ctx, Table::kShared, kLearned,
                                   [&](absl::string_view offer, const auto& learned) {
                                     auto& of = (*counts->mutable_by_offer())[std::string(offer)];
                                     of.set_contacts(learned.contacts());
                                     of.set_responses(learned.responses());
                                   });
  EmitInternal(ctx, 0, message.SerializeAsString());
}

void KeepCounts(Context& ctx, const LearningPace& pace, const v1::PartitionCounts& counts) {
  ctx.Put(Table::kShared, absl::StrCat(kReported, absl::Dec(counts.partition(), absl::kZeroPad4)),
          counts.SerializeAsString());
  ctx.SetTimer({kPublishTimer, "", pace.NextPublish(ctx.now()), ""});
}

void PublishPosteriors(Context& ctx, const Catalogue& catalogue) {
  std::map<std::string, v1::OfferPosterior> sums;
  ForEachRecord<v1::PartitionCounts>(ctx, Table::kShared, kReported,
                                     [&](absl::string_view, const auto& reported) {
                                       for (const auto& [offer, counts] : reported.by_offer()) {
                                         auto& sum = sums[offer];
                                         sum.set_contacts(sum.contacts() + counts.contacts());
                                         sum.set_responses(sum.responses() + counts.responses());
                                       }
                                     });
  for (auto& [offer, sum] : sums) {
    const v1::OfferPosterior known = catalogue.PosteriorOf(offer);
    if (known.contacts() == sum.contacts() && known.responses() == sum.responses()) continue;
    event::v1::DefinitionEvent definition;
    definition.set_effective_time_us(ctx.now());
    definition.set_changed_by("offer");
    auto* posterior = definition.mutable_offer_posterior();
    *posterior = sum;
    posterior->set_offer(offer);
    posterior->set_version(known.version() + 1);
    EmitDefinition(ctx, absl::StrCat("posterior/", offer), definition);
  }
}

}  // namespace dangol::offer
