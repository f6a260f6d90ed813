#include "services/segmentation/tables.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "dangol/common/v1/business_unit.pb.h"

namespace dangol::segmentation {
namespace {

template <typename Message>
void ForEach(StateView& state, absl::string_view prefix,
             const std::function<void(const Message&)>& fn) {
  ScanShared(state, prefix, "", [&](absl::string_view, absl::string_view value) {
    Message message;
    if (message.ParseFromArray(value.data(), static_cast<int>(value.size()))) fn(message);
    return true;
  });
}

std::string SizeKey(uint32_t id) { return absl::StrCat(kSize, absl::Hex(id, absl::kZeroPad8)); }

void AddUnits(StateView& state, Catalogue* catalogue) {
  ForEach<common::v1::BusinessUnit>(state, kUnit, [&](const common::v1::BusinessUnit& unit) {
    catalogue->AddBusinessUnit(BusinessUnitOf(unit));
  });
}

void AddSchemes(StateView& state, absl::string_view prefix, Catalogue* catalogue) {
  ForEach<v1::RfmScheme>(
      state, prefix, [&](const v1::RfmScheme& scheme) { catalogue->AddScheme(RulesOf(scheme)); });
}

}  // namespace

void ScanShared(StateView& state, absl::string_view prefix, absl::string_view from,
                const StateView::ScanFn& fn) {
  state.Scan(Table::kShared, absl::StrCat(prefix, from),
             [&](absl::string_view key, absl::string_view value) {
               return absl::StartsWith(key, prefix) && fn(key.substr(prefix.size()), value);
             });
}

std::string SegmentKey(uint32_t id) {
  return absl::StrCat(kSegment, absl::Hex(id, absl::kZeroPad8));
}

int64_t LoadSize(StateView& state, uint32_t segment_id) {
  const std::string* text = state.Get(Table::kShared, SizeKey(segment_id));
  int64_t size = 0;
  return text != nullptr && absl::SimpleAtoi(*text, &size) ? size : 0;
}

void AddToSize(Context& ctx, uint32_t segment_id, int64_t delta) {
  if (delta == 0) return;
  const int64_t size = LoadSize(ctx, segment_id) + delta;
  if (size == 0) {
    ctx.Delete(Table::kShared, SizeKey(segment_id));
  } else {
    ctx.Put(Table::kShared, SizeKey(segment_id), absl::StrCat(size));
  }
}

v1::EvaluationJob LoadJob(StateView& state) {
  v1::EvaluationJob job;
  LoadShared(state, kJob, &job);
  return job;
}

Catalogue BuildCatalogue(StateView& state, std::vector<absl::Status>* errors) {
  Catalogue catalogue;
  AddUnits(state, &catalogue);
  AddSchemes(state, kScheme, &catalogue);
  ForEach<v1::PartitionSegment>(state, kSegment, [&](const v1::PartitionSegment& segment) {
    catalogue.AddSegment(segment.id(), segment.segment(), segment.deleted());
  });
  std::vector<absl::Status> failed = catalogue.Compile();
  if (errors != nullptr) *errors = std::move(failed);
  return catalogue;
}

Catalogue BuildApplied(StateView& state) {
  Catalogue catalogue;
  AddUnits(state, &catalogue);
  AddSchemes(state, kDefScheme, &catalogue);
  ForEach<v1::Segment>(state, kDefSegment, [&](const v1::Segment& segment) {
    catalogue.AddSegment(0, segment, false);
  });
  return catalogue;
}

}  // namespace dangol::segmentation
