#include "services/campaign/domain/waterfall.h"

#include <string>

namespace dangol::campaign {
namespace {

void Bump(int64_t delta, v1::ContactStage stage, absl::string_view reason, v1::CellCounts* counts) {
  (*counts->mutable_stages())[stage] += delta;
  if (stage == v1::CONTACT_STAGE_SUPPRESSED) {
    (*counts->mutable_suppressed())[std::string(reason)] += delta;
  }
}

void AddStage(v1::ContactStage stage, int64_t n, v1::Waterfall* w) {
  switch (stage) {
    case v1::CONTACT_STAGE_PROPOSED:
    case v1::CONTACT_STAGE_DEFERRED:
    case v1::CONTACT_STAGE_PARKED:
    case v1::CONTACT_STAGE_RESERVED:
      w->set_pending(w->pending() + n);
      return;
    case v1::CONTACT_STAGE_SUPPRESSED:
      w->set_suppressed(w->suppressed() + n);
      return;
    case v1::CONTACT_STAGE_HELD_OUT:
      w->set_held_out(w->held_out() + n);
      break;
    case v1::CONTACT_STAGE_ATTEMPTING:
    case v1::CONTACT_STAGE_RETRY:
      w->set_in_flight(w->in_flight() + n);
      break;
    case v1::CONTACT_STAGE_ACCEPTED:
      w->set_assumed_delivered(w->assumed_delivered() + n);
      w->set_sent(w->sent() + n);
      break;
    case v1::CONTACT_STAGE_DELIVERED:
      w->set_delivered(w->delivered() + n);
      w->set_sent(w->sent() + n);
      break;
    case v1::CONTACT_STAGE_UNDELIVERED:
      w->set_undelivered(w->undelivered() + n);
      w->set_sent(w->sent() + n);
      break;
    case v1::CONTACT_STAGE_FAILED:
      w->set_failed(w->failed() + n);
      break;
    case v1::CONTACT_STAGE_UNKNOWN:
      w->set_unknown(w->unknown() + n);
      break;
    default:
      return;
  }
  w->set_contactable(w->contactable() + n);
}

}  // namespace

bool IsTerminal(v1::ContactStage stage) { return stage >= v1::CONTACT_STAGE_SUPPRESSED; }

void MoveStage(v1::ContactStage from, absl::string_view from_reason, v1::ContactStage to,
               absl::string_view to_reason, v1::CellCounts* counts) {
  if (from == v1::CONTACT_STAGE_UNSPECIFIED) {
    counts->set_assigned(counts->assigned() + 1);
  } else {
    Bump(-1, from, from_reason, counts);
  }
  Bump(1, to, to_reason, counts);
}

void AddCounts(const v1::CellCounts& counts, v1::Waterfall* w) {
  w->set_selected(w->selected() + counts.selected());
  w->set_eligible(w->eligible() + counts.selected());
  for (const auto& [reason, n] : counts.excluded()) {
    w->set_excluded(w->excluded() + n);
    w->set_eligible(w->eligible() - n);
    (*w->mutable_excluded_by_reason())[reason] += n;
  }
  w->set_assigned(w->assigned() + counts.assigned());
  for (const auto& [stage, n] : counts.stages()) {
    AddStage(static_cast<v1::ContactStage>(stage), n, w);
  }
  for (const auto& [reason, n] : counts.suppressed()) {
    if (n != 0) (*w->mutable_suppressed_by_reason())[reason] += n;
  }
}

void CloseCell(v1::Waterfall* w) {
  w->set_selected(w->assigned());
  w->set_eligible(w->assigned());
}

void AddWaterfall(const v1::Waterfall& part, v1::Waterfall* sum) {
  sum->set_selected(sum->selected() + part.selected());
  sum->set_excluded(sum->excluded() + part.excluded());
  for (const auto& [reason, n] : part.excluded_by_reason()) {
    (*sum->mutable_excluded_by_reason())[reason] += n;
  }
  sum->set_eligible(sum->eligible() + part.eligible());
  sum->set_assigned(sum->assigned() + part.assigned());
  sum->set_pending(sum->pending() + part.pending());
  sum->set_suppressed(sum->suppressed() + part.suppressed());
  for (const auto& [reason, n] : part.suppressed_by_reason()) {
    (*sum->mutable_suppressed_by_reason())[reason] += n;
  }
  sum->set_contactable(sum->contactable() + part.contactable());
  sum->set_held_out(sum->held_out() + part.held_out());
  sum->set_in_flight(sum->in_flight() + part.in_flight());
  sum->set_sent(sum->sent() + part.sent());
  sum->set_delivered(sum->delivered() + part.delivered());
  sum->set_assumed_delivered(sum->assumed_delivered() + part.assumed_delivered());
  sum->set_undelivered(sum->undelivered() + part.undelivered());
  sum->set_failed(sum->failed() + part.failed());
  sum->set_unknown(sum->unknown() + part.unknown());
}

bool Ties(const v1::Waterfall& w) {
  return w.selected() == w.eligible() + w.excluded() && w.eligible() == w.assigned() &&
         w.assigned() == w.contactable() + w.suppressed() + w.pending() &&
         w.contactable() == w.held_out() + w.in_flight() + w.sent() + w.failed() + w.unknown() &&
         w.sent() == w.delivered() + w.assumed_delivered() + w.undelivered();
}

}  // namespace dangol::campaign
