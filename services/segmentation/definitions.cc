#include "services/segmentation/definitions.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dangol/event/v1/definition.pb.h"
#include "services/segmentation/tables.h"

namespace dangol::segmentation {
namespace {

DefinitionEffect StoreUnit(const common::v1::BusinessUnit& unit, Context& ctx) {
  const std::string key = absl::StrCat(kUnit, unit.name());
  common::v1::BusinessUnit before;
  const bool known = LoadShared(ctx, key, &before);
  PutShared(ctx, key, unit);
  const bool same =
      known && before.currency() == unit.currency() && before.time_zone() == unit.time_zone();
  return same ? DefinitionEffect::kCatalogue : DefinitionEffect::kEvaluation;
}

DefinitionEffect StoreScheme(const v1::RfmScheme& scheme, bool deleted, Context& ctx) {
  const std::string key = absl::StrCat(kScheme, scheme.name());
  v1::RfmScheme before;
  const bool known = LoadShared(ctx, key, &before);
  if (deleted) {
    ctx.Delete(Table::kShared, key);
    return known ? DefinitionEffect::kEvaluation : DefinitionEffect::kNone;
  }
  if (known && before.version() == scheme.version()) return DefinitionEffect::kNone;
  PutShared(ctx, key, scheme);
  return DefinitionEffect::kEvaluation;
}

// The live record of that name, if any.
bool FindByName(StateView& state, const std::string& name, v1::PartitionSegment* found) {
  bool hit = false;
  ScanShared(state, kSegment, "", [&](absl::string_view, absl::string_view value) {
    v1::PartitionSegment segment;
    segment.ParseFromArray(value.data(), static_cast<int>(value.size()));
    hit = !segment.deleted() && segment.segment().name() == name;
    if (hit) *found = std::move(segment);
    return !hit;
  });
  return hit;
}

uint32_t NextSegmentId(Context& ctx) {
  v1::EvaluationJob job = LoadJob(ctx);
  job.set_last_segment_id(job.last_segment_id() + 1);
  PutShared(ctx, kJob, job);
  return job.last_segment_id();
}

DefinitionEffect StoreSegment(const v1::Segment& segment, bool deleted, Context& ctx) {
  v1::PartitionSegment stored;
  const bool known = FindByName(ctx, segment.name(), &stored);
  if (!known && deleted) return DefinitionEffect::kNone;
  const bool same = known && !deleted && stored.segment().version() == segment.version();
  if (!known) stored.set_id(NextSegmentId(ctx));
  *stored.mutable_segment() = segment;
  stored.set_deleted(deleted);
  PutShared(ctx, SegmentKey(stored.id()), stored);
  return same ? DefinitionEffect::kCatalogue : DefinitionEffect::kEvaluation;
}

}  // namespace

DefinitionEffect StoreDefinition(const event::v1::DefinitionEvent& event, Context& ctx) {
  switch (event.definition_case()) {
    case event::v1::DefinitionEvent::kBusinessUnit:
      return event.deleted() ? DefinitionEffect::kNone : StoreUnit(event.business_unit(), ctx);
    case event::v1::DefinitionEvent::kSegment:
      return StoreSegment(event.segment(), event.deleted(), ctx);
    case event::v1::DefinitionEvent::kRfmScheme:
      return StoreScheme(event.rfm_scheme(), event.deleted(), ctx);
    default:
      return DefinitionEffect::kNone;
  }
}

bool RemoveDeleted(Context& ctx) {
  std::vector<std::string> keys;
  ScanShared(ctx, kSegment, "", [&](absl::string_view rest, absl::string_view value) {
    v1::PartitionSegment segment;
    segment.ParseFromArray(value.data(), static_cast<int>(value.size()));
    if (segment.deleted()) keys.push_back(absl::StrCat(kSegment, rest));
    return true;
  });
  for (const std::string& key : keys) ctx.Delete(Table::kShared, key);
  return !keys.empty();
}

}  // namespace dangol::segmentation
