#include "services/segmentation/domain/evaluate.h"

#include <algorithm>
#include <set>

#include "dangol/event/v1/segment.pb.h"

namespace dangol::segmentation {
namespace {

// Business units in which the customer did something.
std::vector<const BusinessUnit*> UnitsOf(const Customer& customer, const Catalogue& catalogue) {
  std::vector<const BusinessUnit*> units;
  for (const Series& series : customer.ledger.series()) {
    const BusinessUnit* unit = catalogue.FindUnit(customer.ledger.Text(series.business_unit));
    if (unit == nullptr || std::find(units.begin(), units.end(), unit) != units.end()) continue;
    units.push_back(unit);
  }
  std::sort(units.begin(), units.end(), [](auto* a, auto* b) { return a->name < b->name; });
  return units;
}

v1::StageRecord* FindStage(v1::CustomerRecord* record, absl::string_view unit) {
  for (v1::StageRecord& stage : *record->mutable_stages()) {
    if (stage.business_unit() == unit) return &stage;
  }
  return nullptr;
}

void UpdateStage(const BusinessUnit& unit, absl::string_view name, Micros at,
                 v1::CustomerRecord* record, event::v1::MembershipChanged* out) {
  v1::StageRecord* stored = FindStage(record, unit.name);
  if (name == (stored == nullptr ? kProspect : stored->stage())) return;
  if (stored == nullptr) {
    stored = record->add_stages();
    stored->set_business_unit(unit.name);
  }
  stored->set_stage(std::string(name));
  stored->set_since_time_us(at);
  event::v1::StageChange* change = out->add_stages();
  change->set_business_unit(unit.name);
  change->set_stage(std::string(name));
  change->set_since_time_us(at);
}

void AddChange(const Segment& segment, bool entered, Micros at, const Cause& cause,
               event::v1::MembershipChanged* out, std::vector<SizeChange>* sizes) {
  event::v1::MembershipChange* change = out->add_changes();
  change->set_segment(segment.name);
  change->set_segment_version(segment.version);
  change->set_entered(entered);
  change->set_cause(static_cast<event::v1::MembershipCause>(cause.kind));
  change->set_message_id(cause.message_id);
  change->set_time_us(at);
  sizes->push_back({segment.id, entered ? 1 : -1});
}

// Both lists ascend by segment id.
void UpdateMemberships(const Catalogue& catalogue, const Evaluation& evaluation, Micros at,
                       const Cause& cause, v1::CustomerRecord* record,
                       event::v1::MembershipChanged* out, std::vector<SizeChange>* sizes) {
  google::protobuf::RepeatedPtrField<v1::MembershipRecord> after;
  int before = 0;
  for (size_t i = 0; i < catalogue.segments().size(); ++i) {
    const Segment& segment = catalogue.segments()[i];
    while (before < record->memberships_size() &&
           record->memberships(before).segment_id() < segment.id) {
      ++before;
    }
    const bool was = before < record->memberships_size() &&
                     record->memberships(before).segment_id() == segment.id;
    const bool is = evaluation.IsMember(i);
    if (is && was) {
      *after.Add() = record->memberships(before);
    } else if (is) {
      v1::MembershipRecord* fresh = after.Add();
      fresh->set_segment_id(segment.id);
      fresh->set_since_time_us(at);
    }
    if (is != was) AddChange(segment, is, at, cause, out, sizes);
  }
  record->mutable_memberships()->Swap(&after);
}

}  // namespace

Evaluation::Evaluation(const Customer& customer, const Catalogue& catalogue, Micros at)
    : customer_(customer),
      catalogue_(catalogue),
      at_(at),
      answers_(catalogue.segments().size(), Answer::kUnknown) {}

Evaluation::~Evaluation() = default;

const View& Evaluation::ViewOf(const BusinessUnit& unit) const {
  for (const auto& [known, view] : views_) {
    if (known == &unit) return *view;
  }
  views_.emplace_back(&unit, std::make_unique<View>(customer_, catalogue_, unit, *this));
  return *views_.back().second;
}

bool Evaluation::Test(const expr::Compiled& compiled, const BusinessUnit& unit) const {
  return compiled.Evaluate(ViewOf(unit), at_, unit.zone);
}

bool Evaluation::IsMember(size_t index) const {
  Answer& answer = answers_[index];
  if (answer == Answer::kUnknown) {
    const Segment& segment = catalogue_.segments()[index];
    // A cycle, which commands refuse, would find itself asked and be out.
    answer = Answer::kAsked;
    const bool in = segment.compiled != nullptr && Test(*segment.compiled, *segment.unit);
    answer = in ? Answer::kIn : Answer::kOut;
  }
  return answer == Answer::kIn;
}

bool Evaluation::IsMember(absl::string_view name) const {
  const Segment* segment = catalogue_.FindSegment(name);
  return segment != nullptr &&
         IsMember(static_cast<size_t>(segment - catalogue_.segments().data()));
}

Micros Evaluation::NextChange() const {
  Micros next = kNever;
  for (const Segment& segment : catalogue_.segments()) {
    if (segment.compiled == nullptr) continue;
    next = std::min(next,
                    segment.compiled->NextChange(ViewOf(*segment.unit), at_, segment.unit->zone));
  }
  for (const BusinessUnit* unit : UnitsOf(customer_, catalogue_)) {
    next = std::min(next, ViewOf(*unit).LifecycleStage(at_, unit->zone).until);
  }
  return next;
}

Micros Reevaluate(const Catalogue& catalogue, Micros at, const Cause& cause, Customer* customer,
                  event::v1::MembershipChanged* out, std::vector<SizeChange>* sizes) {
  const Evaluation evaluation(*customer, catalogue, at);
  UpdateMemberships(catalogue, evaluation, at, cause, &customer->record, out, sizes);
  for (const BusinessUnit* unit : UnitsOf(*customer, catalogue)) {
    UpdateStage(*unit, evaluation.ViewOf(*unit).LifecycleStage(at, unit->zone).name, at,
                &customer->record, out);
  }
  return evaluation.NextChange();
}

}  // namespace dangol::segmentation
