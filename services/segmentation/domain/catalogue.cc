#include "services/segmentation/domain/catalogue.h"

#include <functional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "dangol/common/v1/business_unit.pb.h"
#include "dangol/segmentation/v1/segment.pb.h"
#include "libs/base/calendar.h"
#include "libs/base/status.h"
#include "services/segmentation/domain/stage.h"

namespace dangol::segmentation {
namespace {

expr::FieldSpec AttributeOf(expr::ValueType type) { return {expr::FieldSlot::kAttribute, type}; }

expr::KindSpec WithAttributes(expr::KindSpec kind,
                              std::vector<std::pair<std::string, expr::ValueType>> attributes) {
  for (auto& [name, type] : attributes) kind.fields[name] = AttributeOf(type);
  return kind;
}

// The kinds of the ledger beyond those of every retailer.
void AddKinds(expr::Schema* schema) {
  using expr::ValueType;
  const expr::KindSpec place = schema->kinds["visit"];
  schema->kinds["line"] = schema->kinds["purchase"];
  schema->kinds["visit"] = WithAttributes(place, {{"place", ValueType::kText}});
  schema->kinds["delivery"] = place;
  schema->kinds["inquiry"] = WithAttributes(place, {{"queue", ValueType::kText},
                                                    {"wait_s", ValueType::kNumber},
                                                    {"talk_s", ValueType::kNumber},
                                                    {"satisfaction", ValueType::kNumber}});
  schema->kinds["complaint"] =
      WithAttributes(place, {{"severity", ValueType::kNumber}, {"state", ValueType::kText}});
  schema->kinds["point_entry"] =
      WithAttributes(place, {{"programme", ValueType::kText}, {"points", ValueType::kNumber}});
  schema->kinds["survey_answer"] = WithAttributes(place, {{"survey", ValueType::kText}});
  schema->kinds["survey_answer"].open = true;
}

}  // namespace

BusinessUnit BusinessUnitOf(const common::v1::BusinessUnit& unit) {
  auto zone = LoadZone(unit.time_zone());
  return {unit.name(), unit.currency(), zone.ok() ? *zone : absl::UTCTimeZone(), {}};
}

void Catalogue::AddBusinessUnit(BusinessUnit unit) {
  RfmRules preset = RulesOf(PresetScheme(unit.name));
  // Its edges are won: elsewhere it has no M classes.
  if (unit.currency != preset.currency) preset.monetary_edges_minor.clear();
  presets_[unit.name] = std::move(preset);
  std::string name = unit.name;
  units_[std::move(name)] = std::move(unit);
}

void Catalogue::AddScheme(RfmRules rules) {
  std::string name = rules.name;
  schemes_[std::move(name)] = std::move(rules);
}

void Catalogue::AddSegment(uint32_t id, const v1::Segment& segment, bool deleted) {
  if (!deleted) by_name_[segment.name()] = segments_.size();
  Segment& added = segments_.emplace_back();
  added.id = id;
  added.name = segment.name();
  added.business_unit = segment.business_unit();
  added.version = segment.version();
  added.deleted = deleted;
  expressions_.push_back(segment.expression());
}

std::vector<absl::Status> Catalogue::Compile() {
  std::vector<absl::Status> errors;
  absl::btree_map<std::string, expr::Schema> schemas;
  for (size_t i = 0; i < segments_.size(); ++i) {
    Segment& segment = segments_[i];
    segment.unit = FindUnit(segment.business_unit);
    if (segment.deleted || segment.unit == nullptr) continue;
    auto [schema, fresh] = schemas.try_emplace(segment.business_unit);
    if (fresh) schema->second = SchemaOf(*segment.unit);
    auto compiled = expr::Compile(expressions_[i], schema->second);
    if (compiled.ok()) {
      segment.compiled = *std::move(compiled);
    } else {
      errors.push_back(compiled.status());
    }
  }
  NoteWhatIsRead();
  return errors;
}

void Catalogue::NoteWhatIsRead() {
  for (const Segment& segment : segments_) {
    if (segment.compiled == nullptr) continue;
    const expr::References& reads = segment.compiled->references();
    reads_facts_ = reads_facts_ || !reads.traits.empty() || reads.consent;
    units_.find(segment.business_unit)->second.kinds.insert(reads.kinds.begin(), reads.kinds.end());
    for (const std::string& name : reads.segments) {
      const Segment* other = FindSegment(name);
      crosses_units_ = crosses_units_ || (other != nullptr && other->unit != segment.unit);
    }
  }
}

const BusinessUnit* Catalogue::FindUnit(absl::string_view name) const {
  auto it = units_.find(name);
  return it == units_.end() ? nullptr : &it->second;
}

const Segment* Catalogue::FindSegment(absl::string_view name) const {
  auto it = by_name_.find(std::string(name));
  return it == by_name_.end() ? nullptr : &segments_[it->second];
}

const RfmRules* Catalogue::FindScheme(absl::string_view name,
                                      absl::string_view business_unit) const {
  auto it = schemes_.find(std::string(name));
  if (it != schemes_.end() && it->second.business_unit == business_unit) return &it->second;
  if (name != kPresetScheme) return nullptr;
  auto preset = presets_.find(std::string(business_unit));
  return preset == presets_.end() ? nullptr : &preset->second;
}

std::vector<const RfmRules*> Catalogue::SchemesOf(absl::string_view business_unit) const {
  std::vector<const RfmRules*> rules;
  if (const RfmRules* preset = FindScheme(kPresetScheme, business_unit)) rules.push_back(preset);
  for (const auto& [name, scheme] : schemes_) {
    if (scheme.business_unit == business_unit && name != kPresetScheme) rules.push_back(&scheme);
  }
  return rules;
}

absl::StatusOr<const BusinessUnit*> Catalogue::UnitOrOnly(absl::string_view name) const {
  std::vector<std::string> names;
  for (const auto& [unit_name, unit] : units_) names.push_back(unit_name);
  if (name.empty() && names.size() > 1) {
    return BadField("business_unit", "", "is empty",
                    absl::StrCat("give one of ", absl::StrJoin(names, ", ")));
  }
  const BusinessUnit* unit =
      name.empty() && names.size() == 1 ? &units_.begin()->second : FindUnit(name);
  if (unit != nullptr) return unit;
  const std::string nearest = Nearest(name, names);
  return Precondition("UNKNOWN_BUSINESS_UNIT",
                      absl::StrCat("there is no business unit ", Quote(name),
                                   nearest.empty() ? "; apply it first"
                                                   : absl::StrCat("; did you mean ", nearest)));
}

std::string Catalogue::DefaultScheme(absl::string_view business_unit) const {
  std::string own;
  for (const auto& [name, scheme] : schemes_) {
    if (scheme.business_unit != business_unit) continue;
    if (!own.empty()) return "";
    own = name;
  }
  return own.empty() ? kPresetScheme : own;
}

expr::Schema Catalogue::SchemaOf(const BusinessUnit& unit, const KnownTraits& traits) const {
  expr::Schema schema = expr::RetailSchema(unit.currency);
  schema.traits = traits;
  AddKinds(&schema);
  schema.rfm_schemes.clear();
  for (const RfmRules* rules : SchemesOf(unit.name)) {
    schema.rfm_schemes[rules->name] = {rules->r_classes(), rules->f_classes(), rules->m_classes()};
  }
  schema.default_rfm_scheme = DefaultScheme(unit.name);
  for (const auto& [name, index] : by_name_) schema.segments.insert(name);
  for (absl::string_view stage : kStages) schema.stages.emplace_back(stage);
  schema.purposes = {"marketing", "night_marketing", "service", "profiling", "third_party"};
  return schema;
}

std::string FindCycle(const ReferenceGraph& graph, const std::string& start) {
  std::vector<std::string> path{start};
  std::set<std::string> seen;
  const std::function<bool(const std::string&)> reaches_start = [&](const std::string& from) {
    auto it = graph.find(from);
    if (it == graph.end()) return false;
    for (const std::string& to : it->second) {
      path.push_back(to);
      if (to == start) return true;
      if (seen.insert(to).second && reaches_start(to)) return true;
      path.pop_back();
    }
    return false;
  };
  return reaches_start(start) ? absl::StrJoin(path, " → ") : "";
}

}  // namespace dangol::segmentation
