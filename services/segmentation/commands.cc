#include "services/segmentation/commands.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "dangol/event/v1/definition.pb.h"
#include "dangol/segmentation/v1/command.pb.h"
#include "libs/base/names.h"
#include "libs/base/status.h"
#include "libs/stream/emit.h"
#include "services/segmentation/tables.h"

namespace dangol::segmentation {
namespace {

constexpr char kCreated[] = "CREATED";
constexpr char kUpdated[] = "UPDATED";
constexpr char kUnchanged[] = "UNCHANGED";

// Deterministic: neither resource has a map.
template <typename Resource>
std::string TagOf(Resource resource) {
  resource.clear_etag();
  return EtagOf(resource.SerializeAsString());
}

absl::Status CheckEtag(absl::string_view name, absl::string_view given, absl::string_view current) {
  if (given.empty() || given == current) return absl::OkStatus();
  return EtagMismatch(name, given, current);
}

// An expression's error, told as one of the field that holds it.
absl::Status AtField(absl::string_view field, absl::Status status) {
  ErrorDetail detail = DetailOf(status);
  detail.fields = {{std::string(field), std::string(status.message())}};
  return WithDetail(std::move(status), std::move(detail));
}

void Publish(Context& ctx, absl::string_view key, event::v1::DefinitionEvent event,
             const Caller& caller) {
  event.set_effective_time_us(ctx.now());
  event.set_changed_by(caller.principal);
  EmitDefinition(ctx, key, event);
}

ReferenceGraph GraphOf(const Catalogue& applied) {
  ReferenceGraph graph;
  for (const Segment& segment : applied.segments()) {
    if (segment.compiled != nullptr) {
      graph[segment.name] = segment.compiled->references().segments;
    }
  }
  return graph;
}

absl::StatusOr<std::unique_ptr<const expr::Compiled>> CompileSegment(const v1::Segment& segment,
                                                                     const BusinessUnit& unit,
                                                                     Catalogue& applied) {
  expr::Schema schema = applied.SchemaOf(unit);
  schema.segments.insert(segment.name());  // so that a cycle through itself is called that
  auto compiled = expr::Compile(segment.expression(), schema);
  if (!compiled.ok()) return AtField("segment.expression", compiled.status());
  ReferenceGraph graph = GraphOf(applied);
  graph[segment.name()] = (*compiled)->references().segments;
  const std::string cycle = FindCycle(graph, segment.name());
  if (cycle.empty()) return compiled;
  absl::Status status =
      BadField("segment.expression", segment.expression(),
               absl::StrCat("refers to itself: ", cycle), "leave one of these references out");
  ErrorDetail detail = DetailOf(status);
  detail.reason = "SEGMENT_CYCLE";
  detail.metadata["cycle"] = cycle;
  return WithDetail(std::move(status), std::move(detail));
}

// Fills the output-only fields from what was before. Returns what changed.
const char* Stamp(const v1::Segment* before, bool same_predicate, Micros now,
                  v1::Segment* segment) {
  segment->set_version(before == nullptr ? 1 : before->version() + (same_predicate ? 0 : 1));
  segment->set_create_time_us(before == nullptr ? now : before->create_time_us());
  segment->set_etag(TagOf(*segment));
  if (before == nullptr) return kCreated;
  return before->etag() == segment->etag() ? kUnchanged : kUpdated;
}

absl::StatusOr<std::string> ApplySegment(const v1::ApplySegmentRequest& request,
                                         const Caller& caller, Context& ctx) {
  v1::Segment segment = request.segment();
  DANGOL_RETURN_IF_ERROR(CheckResourceName("segment.name", segment.name()));
  Catalogue applied = BuildApplied(ctx);
  applied.Compile();
  DANGOL_ASSIGN_OR_RETURN(const BusinessUnit* unit, applied.UnitOrOnly(segment.business_unit()));
  segment.set_business_unit(unit->name);

  const std::string key = absl::StrCat(kDefSegment, segment.name());
  v1::Segment stored;
  const v1::Segment* before = LoadShared(ctx, key, &stored) ? &stored : nullptr;
  DANGOL_RETURN_IF_ERROR(CheckEtag(segment.name(), segment.etag(), stored.etag()));
  DANGOL_ASSIGN_OR_RETURN(auto compiled, CompileSegment(segment, *unit, applied));

  const Segment* current = applied.FindSegment(segment.name());
  const bool same_predicate = current != nullptr && current->compiled != nullptr &&
                              current->compiled->Canonical() == compiled->Canonical() &&
                              current->business_unit == segment.business_unit();
  v1::ApplySegmentResponse response;
  response.set_changed(Stamp(before, same_predicate, ctx.now(), &segment));
  *response.mutable_segment() = segment;
  for (const std::string& warning : compiled->warnings()) response.add_warnings(warning);
  if (!request.validate_only() && response.changed() != kUnchanged) {
    PutShared(ctx, key, segment);
    event::v1::DefinitionEvent event;
    *event.mutable_segment() = std::move(segment);
    Publish(ctx, absl::StrCat("segment/", request.segment().name()), std::move(event), caller);
  }
  return response.SerializeAsString();
}

absl::StatusOr<std::string> DeleteSegment(const v1::DeleteSegmentRequest& request,
                                          const Caller& caller, Context& ctx) {
  const std::string key = absl::StrCat(kDefSegment, request.name());
  v1::Segment segment;
  if (!LoadShared(ctx, key, &segment)) return NotFound("segment", request.name());
  DANGOL_RETURN_IF_ERROR(CheckEtag(request.name(), request.etag(), segment.etag()));
  Catalogue applied = BuildApplied(ctx);
  applied.Compile();
  std::vector<std::string> users;
  for (const auto& [user, references] : GraphOf(applied)) {
    if (references.count(request.name()) != 0) users.push_back(user);
  }
  if (!users.empty()) {
    return Precondition("SEGMENT_IN_USE",
                        absl::StrCat("segment ", Quote(request.name()), " is used by ",
                                     absl::StrJoin(users, ", "), "; change these first"));
  }
  ctx.Delete(Table::kShared, key);
  event::v1::DefinitionEvent event;
  event.set_deleted(true);
  *event.mutable_segment() = segment;
  Publish(ctx, absl::StrCat("segment/", request.name()), std::move(event), caller);
  return segment.SerializeAsString();
}

// FAILED_PRECONDITION where a segment that compiles now would not compile with the new scheme: it
// names a class that goes, or says `rfm` where there would be two.
absl::Status CheckUsers(const v1::RfmScheme& scheme, Context& ctx) {
  const size_t broken_before = [&] {
    Catalogue applied = BuildApplied(ctx);
    return applied.Compile().size();
  }();
  Catalogue applied = BuildApplied(ctx);
  applied.AddScheme(RulesOf(scheme));
  const std::vector<absl::Status> errors = applied.Compile();
  if (errors.size() <= broken_before) return absl::OkStatus();
  return Precondition("SCHEME_IN_USE", absl::StrCat("a segment would not compile any more: ",
                                                    errors.front().message()));
}

absl::StatusOr<std::string> ApplyRfmScheme(const v1::ApplyRfmSchemeRequest& request,
                                           const Caller& caller, Context& ctx) {
  v1::RfmScheme scheme = request.rfm_scheme();
  if (scheme.name() != kPresetScheme) {
    DANGOL_RETURN_IF_ERROR(CheckResourceName("rfm_scheme.name", scheme.name()));
  }
  const Catalogue applied = BuildApplied(ctx);
  DANGOL_ASSIGN_OR_RETURN(const BusinessUnit* unit, applied.UnitOrOnly(scheme.business_unit()));
  scheme.set_business_unit(unit->name);
  DANGOL_RETURN_IF_ERROR(ValidateScheme(scheme, unit->currency));

  const std::string key = absl::StrCat(kDefScheme, scheme.name());
  v1::RfmScheme before;
  const bool known = LoadShared(ctx, key, &before);
  DANGOL_RETURN_IF_ERROR(CheckEtag(scheme.name(), scheme.etag(), before.etag()));
  scheme.set_version(before.version());
  scheme.set_etag(TagOf(scheme));
  const bool same = known && scheme.etag() == before.etag();
  if (!same) {
    DANGOL_RETURN_IF_ERROR(CheckUsers(scheme, ctx));
    scheme.set_version(before.version() + 1);
    scheme.set_etag(TagOf(scheme));
  }
  v1::ApplyRfmSchemeResponse response;
  response.set_changed(same ? kUnchanged : known ? kUpdated : kCreated);
  *response.mutable_rfm_scheme() = scheme;
  for (std::string& warning : EmptyClasses(RulesOf(scheme))) {
    response.add_warnings(std::move(warning));
  }
  if (!request.validate_only() && !same) {
    PutShared(ctx, key, scheme);
    event::v1::DefinitionEvent event;
    *event.mutable_rfm_scheme() = scheme;
    Publish(ctx, absl::StrCat("rfm_scheme/", scheme.name()), std::move(event), caller);
  }
  return response.SerializeAsString();
}

}  // namespace

absl::StatusOr<std::string> ExecuteCommand(absl::string_view body, const Caller& caller,
                                           Context& ctx) {
  v1::SegmentationCommand command;
  if (!command.ParseFromArray(body.data(), static_cast<int>(body.size()))) {
    return absl::InvalidArgumentError("segmentation: the command cannot be decoded");
  }
  switch (command.command_case()) {
    case v1::SegmentationCommand::kApplySegment:
      return ApplySegment(command.apply_segment(), caller, ctx);
    case v1::SegmentationCommand::kDeleteSegment:
      return DeleteSegment(command.delete_segment(), caller, ctx);
    case v1::SegmentationCommand::kApplyRfmScheme:
      return ApplyRfmScheme(command.apply_rfm_scheme(), caller, ctx);
    case v1::SegmentationCommand::COMMAND_NOT_SET:
      break;
  }
  return absl::InvalidArgumentError("segmentation: the command is empty");
}

}  // namespace dangol::segmentation
