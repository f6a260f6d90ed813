#include "services/segmentation/domain/evaluate.h"

#include <algorithm>
#include <iterator>

#include "dangol/event/v1/segment.pb.h"

namespace dangol::segmentation {
namespace {

// Business units in which the customer did something.
using Units = absl::InlinedVector<const BusinessUnit*, 8>;
Units UnitsOf(const Customer& customer, const Catalogue& catalogue) {
  Units units;
  for (const Series& series : customer.ledger.series()) {
    const BusinessUnit* unit = catalogue.FindUnit(customer.ledger.Text(series.business_unit));
    if (unit == nullptr || std::find(units.begin(), units.end(), unit) != units.end()) continue;
    units.push_back(unit);
  }
  std::sort(units.begin(), units.end(), [](auto* a, auto* b) { return a->name < b->name; });
  return units;
}

UnitState* FindUnitState(Customer* customer, absl::string_view unit) {
  for (UnitState& state : customer->units) {
    if (state.business_unit == unit) return &state;
  }
  return nullptr;
}

UnitState& UnitStateOf(Customer* customer, absl::string_view unit) {
  if (UnitState* known = FindUnitState(customer, unit)) return *known;
  UnitState& fresh = customer->units.emplace_back();
  fresh.business_unit = std::string(unit);
  return fresh;
}

int StageIndex(absl::string_view name) {
  return static_cast<int>(std::find(std::begin(kStages), std::end(kStages), name) -
                          std::begin(kStages));
}

void UpdateStage(absl::string_view name, Micros at, UnitState* unit,
                 event::v1::MembershipChanged* out) {
  if (name == kStages[unit->stage]) return;
  unit->stage = StageIndex(name);
  unit->stage_since = at;
  event::v1::StageChange* change = out->add_stages();
  change->set_business_unit(unit->business_unit);
  change->set_stage(std::string(name));
  change->set_since_time_us(at);
}

void NoteNext(const BusinessUnit& unit, Micros next, Customer* customer) {
  if (next == kNever) return;
  UnitState& state = UnitStateOf(customer, unit.name);
  state.next = std::min(state.next, next);
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
                       const Cause& cause, Affected affected, Customer* customer,
                       event::v1::MembershipChanged* out, std::vector<SizeChange>* sizes) {
  absl::InlinedVector<Membership, 16> after;
  size_t before = 0;
  for (size_t i = 0; i < catalogue.segments().size(); ++i) {
    const Segment& segment = catalogue.segments()[i];
    const std::vector<Membership>& old = customer->memberships;
    while (before < old.size() && old[before].segment_id < segment.id) ++before;
    const bool was = before < old.size() && old[before].segment_id == segment.id;
    bool is = was;
    if (segment.compiled == nullptr) {
      is = false;
    } else if (affected.Holds(segment.unit)) {
      const expr::Outlook outlook = evaluation.Look(i);
      is = outlook.result;
      NoteNext(*segment.unit, outlook.until, customer);
    }
    if (is) after.push_back({segment.id, was ? old[before].since : at});
    if (is != was) AddChange(segment, is, at, cause, out, sizes);
  }
  customer->memberships.assign(after.begin(), after.end());
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

expr::Outlook Evaluation::Look(size_t index) const {
  const Segment& segment = catalogue_.segments()[index];
  if (segment.compiled == nullptr) return {};
  if (answers_[index] == Answer::kUnknown) answers_[index] = Answer::kAsked;
  const expr::Outlook outlook =
      segment.compiled->Look(ViewOf(*segment.unit), at_, segment.unit->zone);
  answers_[index] = outlook.result ? Answer::kIn : Answer::kOut;
  return outlook;
}

Affected AffectedBy(const Catalogue& catalogue, const Customer& customer,
                    absl::string_view business_unit, absl::string_view kind, Micros at) {
  if (catalogue.crosses_units()) return {};
  const BusinessUnit* unit = catalogue.FindUnit(business_unit);
  // Stages and RFM classes count orders and returns.
  bool read = unit != nullptr &&
              (kind == "purchase" || kind == "return" || unit->kinds.count(std::string(kind)) > 0);
  for (const UnitState& state : customer.units) {
    if (at < state.next) continue;
    if (unit == nullptr || state.business_unit != unit->name) return {};
    read = true;
  }
  return {false, read ? unit : nullptr};
}

Micros Reevaluate(const Catalogue& catalogue, Micros at, const Cause& cause, Affected affected,
                  Customer* customer, event::v1::MembershipChanged* out,
                  std::vector<SizeChange>* sizes) {
  Micros next = kNever;
  if (affected.everything || affected.unit != nullptr) {
    for (UnitState& unit : customer->units) {
      if (affected.everything || unit.business_unit == affected.unit->name) unit.next = kNever;
    }
    const Evaluation evaluation(*customer, catalogue, at);
    UpdateMemberships(catalogue, evaluation, at, cause, affected, customer, out, sizes);
    for (const BusinessUnit* unit : UnitsOf(*customer, catalogue)) {
      if (!affected.Holds(unit)) continue;
      const expr::Stage stage = evaluation.ViewOf(*unit).LifecycleStage(at, unit->zone);
      UpdateStage(stage.name, at, &UnitStateOf(customer, unit->name), out);
      NoteNext(*unit, stage.until, customer);
    }
  }
  for (const UnitState& unit : customer->units) next = std::min(next, unit.next);
  return next;
}

}  // namespace dangol::segmentation
