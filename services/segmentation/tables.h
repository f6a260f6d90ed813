// Segmentation's tables: which keys there are, and how the records are read and written.
//
//   customer  EncodeKey(id)          Customer (domain/customer_codec.cc)
//   shared    def/segment/<name>     Segment       partition 0: what was applied
//             def/rfm_scheme/<name>  RfmScheme     partition 0: what was applied
//             unit/<name>            BusinessUnit  as read from `definition`
//             rfm/<name>             RfmScheme     as read from `definition`
//             segment/<id>           PartitionSegment
//             size/<id>              members in this partition
//             trait/<name>           type of the values seen (expr::ValueType)
//             trait_names            how many of these there are
//             job                    EvaluationJob
//             watermark/<number>     Watermark that waits for the job's end
#pragma once

#include <functional>
#include <string>

#include "absl/strings/string_view.h"
#include "dangol/segmentation/v1/state.pb.h"
#include "libs/stream/context.h"
#include "services/segmentation/domain/catalogue.h"

namespace dangol::segmentation {

inline constexpr char kDefSegment[] = "def/segment/";
inline constexpr char kDefScheme[] = "def/rfm_scheme/";
inline constexpr char kUnit[] = "unit/";
inline constexpr char kScheme[] = "rfm/";
inline constexpr char kSegment[] = "segment/";
inline constexpr char kSize[] = "size/";
inline constexpr char kWatermark[] = "watermark/";
inline constexpr char kTrait[] = "trait/";
inline constexpr char kTraitNames[] = "trait_names";
inline constexpr char kJob[] = "job";

// Calls `fn` with the rest of the key and the value of every shared record whose key begins with
// `prefix`, from `prefix + from` on, until it returns false.
void ScanShared(StateView& state, absl::string_view prefix, absl::string_view from,
                const StateView::ScanFn& fn);

// False when there is no such record.
template <typename Message>
bool LoadShared(StateView& state, absl::string_view key, Message* message) {
  const std::string* bytes = state.Get(Table::kShared, key);
  return bytes != nullptr && message->ParseFromString(*bytes);
}

template <typename Message>
void PutShared(Context& ctx, absl::string_view key, const Message& message) {
  ctx.Put(Table::kShared, key, message.SerializeAsString());
}

std::string SegmentKey(uint32_t id);
int64_t LoadSize(StateView& state, uint32_t segment_id);
void AddToSize(Context& ctx, uint32_t segment_id, int64_t delta);

v1::EvaluationJob LoadJob(StateView& state);

// What this partition evaluates with. `errors` (may be null) gets what did not compile.
Catalogue BuildCatalogue(StateView& state, std::vector<absl::Status>* errors);
// What was applied, on partition 0: ahead of the above by what is still on its way. Segments have
// id 0. Not compiled yet.
Catalogue BuildApplied(StateView& state);

}  // namespace dangol::segmentation
