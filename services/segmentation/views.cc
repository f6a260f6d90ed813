#include "services/segmentation/views.h"

#include <vector>

#include "dangol/online/v1/views.pb.h"
#include "libs/online/view_json.h"
#include "services/segmentation/domain/customer.h"
#include "services/segmentation/tables.h"

namespace dangol::segmentation {
namespace {

using online::View;

// Of a segment that is being deleted, too, until the customer has left it.
void AddMemberships(StateView& state, CustomerId id, std::vector<online::Change>* changes) {
  const std::string* bytes = state.Get(Table::kCustomer, EncodeKey(id));
  const auto memberships = bytes == nullptr ? absl::NotFoundError("") : DecodeMemberships(*bytes);
  if (!memberships.ok()) return changes->push_back(online::DeleteView(View::kMemberships, id));
  online::v1::Memberships view;
  v1::PartitionSegment segment;
  for (const Membership& membership : *memberships) {
    if (!LoadShared(state, SegmentKey(membership.segment_id), &segment)) continue;
    online::v1::Membership* shown = view.add_memberships();
    shown->set_segment(segment.segment().name());
    shown->set_segment_version(segment.segment().version());
    shown->set_since_time_us(membership.since);
  }
  changes->push_back(online::PutMessage(View::kMemberships, id, view));
}

}  // namespace

online::ViewBuilder Views() { return {.view = AddMemberships}; }

}  // namespace dangol::segmentation
