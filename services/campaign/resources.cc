// Create-or-update of campaigns, channels and contact policies.
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "dangol/event/v1/definition.pb.h"
#include "google/protobuf/util/message_differencer.h"
#include "libs/base/status.h"
#include "libs/stream/apply.h"
#include "libs/stream/emit.h"
#include "services/campaign/admin.h"
#include "services/campaign/definitions.h"
#include "services/campaign/domain/activity_kinds.h"
#include "services/campaign/domain/validate.h"
#include "services/campaign/keys.h"
#include "services/campaign/records.h"

namespace dangol::campaign {
namespace {

using google::protobuf::util::MessageDifferencer;

void Emit(const v1::Channel& channel, event::v1::DefinitionEvent event, Context& ctx) {
  *event.mutable_channel() = channel;
  EmitDefinition(ctx, absl::StrCat(kChannelKind, "/", channel.name()), event);
}

void Emit(const v1::ContactPolicy& policy, event::v1::DefinitionEvent event, Context& ctx) {
  *event.mutable_contact_policy() = policy;
  EmitDefinition(ctx, absl::StrCat(kPolicyKind, "/", policy.name()), event);
}

// A resource without states. `resource` becomes what is stored; the answer says what changed.
template <typename Resource>
absl::StatusOr<std::string> ApplyPlain(absl::string_view kind, const std::string& etag,
                                       bool validate_only, const Caller& caller, Context& ctx,
                                       Resource* resource) {
  Resource old;
  const std::string key = DefKey(kind, resource->name());
  const bool exists = Load(ctx, Table::kShared, key, &old);
  DANGOL_ASSIGN_OR_RETURN(const std::string changed,
                          ApplyOver(exists ? &old : nullptr, etag, resource));
  if (validate_only || changed == kUnchanged) return changed;
  StoreRecord(ctx, Table::kShared, key, *resource);
  event::v1::DefinitionEvent event;
  event.set_effective_time_us(ctx.now());
  event.set_changed_by(caller.principal);
  Emit(*resource, std::move(event), ctx);
  v1::AuditEntry entry;
  entry.set_principal(caller.principal);
  entry.set_action("APPLY");
  entry.set_version(resource->version());
  entry.set_comment(absl::StrCat(kind, " ", resource->name()));
  Audit("", std::move(entry), ctx);
  return changed;
}

// A business unit has one policy.
absl::Status CheckOnlyPolicy(const v1::ContactPolicy& policy, StateView& state) {
  std::string other;
  const std::string prefix = DefKey(kPolicyKind, "");
  state.Scan(Table::kShared, prefix, [&](absl::string_view key, absl::string_view value) {
    v1::ContactPolicy known;
    if (!absl::StartsWith(key, prefix)) return false;
    if (known.ParseFromArray(value.data(), static_cast<int>(value.size())) &&
        known.business_unit() == policy.business_unit() && known.name() != policy.name()) {
      other = known.name();
    }
    return true;
  });
  if (other.empty()) return absl::OkStatus();
  return BadField("contact_policy.business_unit", policy.business_unit(), "has a policy already",
                  absl::StrCat("change ", Quote(other)));
}

// What may change and to which state it leads; `next` carries the new definition.
absl::Status PlanEdit(const v1::Campaign& old, v1::Campaign* next, Context& ctx) {
  const bool words_only = DefinitionHash(old) == DefinitionHash(*next);
  const bool live =
      old.state() == v1::CAMPAIGN_STATE_RUNNING || old.state() == v1::CAMPAIGN_STATE_PAUSED;
  if (words_only && !IsFinal(old.state())) return absl::OkStatus();
  if (live) {
    return WithDetail(
        CheckAllowed(old.name(), old.state(), Action::kEdit),
        {"ILLEGAL_TRANSITION",
         {{"state", StateName(old.state())}, {"allowed", "display_name and objective may change"}},
         {}});
  }
  DANGOL_RETURN_IF_ERROR(CheckAllowed(old.name(), old.state(), Action::kEdit));
  next->set_state(NextState(old, Action::kEdit, ctx.now()));
  next->clear_approver();
  if (!next->assignment().has_list() ||
      next->assignment().list().sha256() != old.list_upload().sha256()) {
    next->clear_list_upload();
  }
  return absl::OkStatus();
}

void CarryOver(const v1::Campaign& old, v1::Campaign* next) {
  next->set_state(old.state());
  next->set_version(old.version());
  next->set_etag(old.etag());
  next->set_definition_hash(old.definition_hash());
  next->set_author(old.author());
  next->set_approver(old.approver());
  next->set_create_time_us(old.create_time_us());
  next->set_start_time_us(old.start_time_us());
  next->set_finish_time_us(old.finish_time_us());
  if (old.has_list_upload()) *next->mutable_list_upload() = old.list_upload();
}

}  // namespace

absl::StatusOr<v1::ApplyCampaignResponse> ApplyCampaign(const v1::ApplyCampaignRequest& request,
                                                        const Caller& caller, Context& ctx) {
  v1::Campaign next = DefinitionOf(request.campaign());
  Normalise(&next);
  DANGOL_RETURN_IF_ERROR(ValidateCampaign(next));
  v1::Campaign old;
  const bool exists = Load(ctx, Table::kShared, DefKey(kCampaignKind, next.name()), &old);
  if (!request.etag().empty() && request.etag() != old.etag()) {
    return EtagMismatch(next.name(), request.etag(), old.etag());
  }
  v1::ApplyCampaignResponse response;
  for (std::string& warning : ActivityWarnings(next)) response.add_warnings(std::move(warning));
  if (exists && MessageDifferencer::Equals(next, DefinitionOf(old))) {
    *response.mutable_campaign() = old;
    response.set_changed(kUnchanged);
    return response;
  }
  DANGOL_RETURN_IF_ERROR(ValidateNames(next, Definitions::Known(ctx)));
  if (exists) {
    CarryOver(old, &next);
    DANGOL_RETURN_IF_ERROR(PlanEdit(old, &next, ctx));
  } else {
    next.set_state(v1::CAMPAIGN_STATE_DRAFT);
    next.set_create_time_us(ctx.now());
  }
  const std::string hash = DefinitionHash(next);
  if (hash != next.definition_hash()) next.set_author(caller.principal);
  next.set_definition_hash(hash);
  response.set_changed(exists ? kUpdated : kCreated);
  if (!request.validate_only()) {
    Publish(&next, old.state(), "APPLY", caller.principal, response.changed(), ctx);
  }
  *response.mutable_campaign() = std::move(next);
  return response;
}

absl::StatusOr<v1::ApplyChannelResponse> ApplyChannel(const v1::ApplyChannelRequest& request,
                                                      const Caller& caller, Context& ctx) {
  DANGOL_RETURN_IF_ERROR(ValidateChannel(request.channel()));
  v1::ApplyChannelResponse response;
  *response.mutable_channel() = request.channel();
  DANGOL_ASSIGN_OR_RETURN(std::string changed,
                          ApplyPlain(kChannelKind, request.etag(), request.validate_only(), caller,
                                     ctx, response.mutable_channel()));
  response.set_changed(changed);
  return response;
}

absl::StatusOr<v1::ApplyContactPolicyResponse> ApplyContactPolicy(
    const v1::ApplyContactPolicyRequest& request, const Caller& caller, Context& ctx) {
  DANGOL_RETURN_IF_ERROR(ValidateContactPolicy(request.contact_policy()));
  DANGOL_RETURN_IF_ERROR(CheckOnlyPolicy(request.contact_policy(), ctx));
  v1::ApplyContactPolicyResponse response;
  *response.mutable_contact_policy() = request.contact_policy();
  DANGOL_ASSIGN_OR_RETURN(std::string changed,
                          ApplyPlain(kPolicyKind, request.etag(), request.validate_only(), caller,
                                     ctx, response.mutable_contact_policy()));
  response.set_changed(changed);
  return response;
}

}  // namespace dangol::campaign
