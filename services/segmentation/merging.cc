// SegmentationProcessor: merged and erased customers.
//
// Only the ledger is handed over. Facts come from profile, as changes of the customer it is now,
// and memberships are what the two together are in.
#include <utility>
#include <vector>

#include "dangol/event/v1/segment.pb.h"
#include "libs/base/status.h"
#include "libs/stream/emit.h"
#include "libs/stream/merge.h"
#include "services/segmentation/processor.h"
#include "services/segmentation/tables.h"

namespace dangol::segmentation {
namespace {

const Cause kMergeCause{event::v1::MEMBERSHIP_CAUSE_MERGE, ""};

// All that the customer was in.
event::v1::MembershipChanged Leave(const Customer& customer, const Catalogue& catalogue,
                                   Micros at) {
  event::v1::MembershipChanged out;
  for (const Membership& membership : customer.memberships) {
    for (const Segment& segment : catalogue.segments()) {
      if (segment.id != membership.segment_id) continue;
      event::v1::MembershipChange* change = out.add_changes();
      change->set_segment(segment.name);
      change->set_segment_version(segment.version);
      change->set_cause(event::v1::MEMBERSHIP_CAUSE_MERGE);
      change->set_time_us(at);
    }
  }
  out.set_sequence(customer.sequence + 1);
  return out;
}

}  // namespace

void SegmentationProcessor::Remove(absl::string_view key, const Customer& customer,
                                   Context& ctx) const {
  for (const Membership& membership : customer.memberships) {
    AddToSize(ctx, membership.segment_id, -1);
  }
  ctx.CancelTimer(kCustomerTimer, key);
  ctx.Delete(Table::kCustomer, key);
}

absl::Status SegmentationProcessor::HandOver(CustomerId from, CustomerId into, Context& ctx) {
  const std::string key = EncodeKey(from);
  const std::string* bytes = ctx.Get(Table::kCustomer, key);
  if (bytes == nullptr) return HandOverCustomer(ctx, from, into, "");
  auto customer = DecodeCustomer(*bytes);
  if (!customer.ok()) return customer.status();
  Remove(key, *customer, ctx);
  event::v1::SegmentEvent event;
  event.set_customer_id(from);
  *event.mutable_membership() = Leave(*customer, catalogue_, ctx.now());
  if (event.membership().changes_size() > 0) EmitToCustomer(ctx, Topic::kSegment, from, event);
  return HandOverCustomer(ctx, from, into, customer->ledger.Encode());
}

absl::Status SegmentationProcessor::Merge(CustomerId into, CustomerId, absl::string_view state,
                                          Context& ctx) {
  if (state.empty()) return absl::OkStatus();
  auto theirs = Ledger::Decode(state);
  if (!theirs.ok()) return theirs.status();
  const std::string key = EncodeKey(into);
  const std::string* bytes = ctx.Get(Table::kCustomer, key);
  Customer customer;
  DANGOL_RETURN_IF_ERROR(
      DecodeCustomerInto(bytes == nullptr ? absl::string_view() : *bytes, &customer));
  event::v1::MembershipChanged changed;
  std::vector<SizeChange> sizes;
  if (bytes != nullptr) CatchUp(ctx.now(), &customer, &changed, &sizes);
  const int dropped = customer.ledger.Unite(*theirs);
  if (dropped > 0) ctx.Count("segmentation_ledger_rows_dropped", "", dropped);
  const Micros next =
      Reevaluate(catalogue_, ctx.now(), kMergeCause, {}, &customer, &changed, &sizes);
  Save(key, next, &customer, &changed, sizes, ctx);
  return absl::OkStatus();
}

absl::Status SegmentationProcessor::Erase(CustomerId id, const std::string& erasure, Context& ctx) {
  const std::string key = EncodeKey(id);
  if (const std::string* bytes = ctx.Get(Table::kCustomer, key)) {
    auto customer = DecodeCustomer(*bytes);
    if (!customer.ok()) return customer.status();
    Remove(key, *customer, ctx);
  }
  MarkErasedAndTell<event::v1::SegmentEvent>(ctx, id, erasure, Topic::kSegment);
  return absl::OkStatus();
}

}  // namespace dangol::segmentation
