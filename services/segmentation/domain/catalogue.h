// Everything that evaluation needs to know of definitions: business units, RFM schemes and compiled
// segments of one partition. Built anew from the tables whenever one of them changes.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "libs/expr/compiled.h"
#include "libs/expr/schema.h"
#include "services/segmentation/domain/rfm.h"

namespace dangol::common::v1 {
class BusinessUnit;
}

namespace dangol::segmentation::v1 {
class Segment;
}

namespace dangol::segmentation {

struct BusinessUnit {
  std::string name;
  std::string currency;
  absl::TimeZone zone;
  std::set<std::string> kinds;  // that its segments read by name, once compiled
};

// NOT an error: a zone that is not known is UTC; profile has checked it.
BusinessUnit BusinessUnitOf(const common::v1::BusinessUnit& unit);

struct Segment {
  uint32_t id = 0;  // the partition's own
  std::string name;
  std::string business_unit;
  int64_t version = 0;
  bool deleted = false;
  const BusinessUnit* unit = nullptr;  // of the catalogue; nullptr: not known
  // nullptr: deleted, or it does not compile here; it then has no members.
  std::unique_ptr<const expr::Compiled> compiled;
};

// Traits by name, with the type of their values; for warnings, not for evaluation.
using KnownTraits = std::map<std::string, expr::ValueType>;

// Thread-compatible; immutable once built, except through Add….
class Catalogue {
 public:
  void AddBusinessUnit(BusinessUnit unit);
  void AddScheme(RfmRules rules);
  void AddSegment(uint32_t id, const v1::Segment& segment, bool deleted);
  // Compiles the segments, after everything was added, and notes what they read. Returns what did
  // not compile.
  std::vector<absl::Status> Compile();

  // nullptr where there is none.
  const BusinessUnit* FindUnit(absl::string_view name) const;
  const Segment* FindSegment(absl::string_view name) const;  // not deleted ones
  // The scheme, or the preset "333-monthly" of the unit.
  const RfmRules* FindScheme(absl::string_view name, absl::string_view business_unit) const;
  std::vector<const RfmRules*> SchemesOf(absl::string_view business_unit) const;

  // The unit named, or the only one. INVALID_ARGUMENT: none named among several;
  // FAILED_PRECONDITION, reason UNKNOWN_BUSINESS_UNIT.
  absl::StatusOr<const BusinessUnit*> UnitOrOnly(absl::string_view name) const;

  // What a bare `rfm` means: the unit's only scheme of its own, or the preset where it has none.
  // Empty: it has several.
  std::string DefaultScheme(absl::string_view business_unit) const;

  // The names that an expression of the unit may use. Without `traits` any trait will do.
  expr::Schema SchemaOf(const BusinessUnit& unit, const KnownTraits& traits = {}) const;

  // Whether a segment reads traits or consents.
  bool reads_facts() const { return reads_facts_; }

  // Whether a segment refers to one of another business unit.
  bool crosses_units() const { return crosses_units_; }

  // By id, deleted ones included.
  const std::vector<Segment>& segments() const { return segments_; }
  const absl::btree_map<std::string, BusinessUnit>& units() const { return units_; }

 private:
  void NoteWhatIsRead();

  absl::btree_map<std::string, BusinessUnit> units_;
  absl::btree_map<std::string, RfmRules> schemes_;  // applied
  absl::btree_map<std::string, RfmRules> presets_;  // by business unit
  absl::btree_map<std::string, size_t> by_name_;    // index into segments_
  std::vector<Segment> segments_;
  std::vector<std::string> expressions_;  // of segments_
  bool reads_facts_ = false;
  bool crosses_units_ = false;
};

// The first cycle that `name`, referring to `references`, would close, as "a → b → a"; "" for none.
// `references_of` gives the references of every other segment.
using ReferenceGraph = absl::btree_map<std::string, std::set<std::string>>;
std::string FindCycle(const ReferenceGraph& graph, const std::string& start);

}  // namespace dangol::segmentation
