#include "services/campaign/admin.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "dangol/event/v1/definition.pb.h"
#include "libs/base/names.h"
#include "libs/base/status.h"
#include "libs/stream/emit.h"
#include "services/campaign/keys.h"
#include "services/campaign/records.h"

namespace dangol::campaign {
namespace {

template <typename Message>
absl::StatusOr<std::string> Bytes(absl::StatusOr<Message> reply) {
  if (!reply.ok()) return reply.status();
  return reply->SerializeAsString();
}

}  // namespace

bool IsAdminCommand(const v1::Command& command) {
  switch (command.kind_case()) {
    case v1::Command::kSetPauseAll:
    case v1::Command::kStoreAssignments:
    case v1::Command::kMakeProof:
    case v1::Command::kRecordOutcome:
    case v1::Command::KIND_NOT_SET:
      return false;
    default:
      return true;
  }
}

absl::StatusOr<std::string> RunAdminCommand(const v1::Command& command, const Caller& caller,
                                            Context& ctx) {
  switch (command.kind_case()) {
    case v1::Command::kApplyCampaign:
      return Bytes(ApplyCampaign(command.apply_campaign(), caller, ctx));
    case v1::Command::kApplyChannel:
      return Bytes(ApplyChannel(command.apply_channel(), caller, ctx));
    case v1::Command::kApplyContactPolicy:
      return Bytes(ApplyContactPolicy(command.apply_contact_policy(), caller, ctx));
    case v1::Command::kSubmit:
      return Bytes(Submit(command.submit(), caller, ctx));
    case v1::Command::kApprove:
      return Bytes(Approve(command.approve(), caller, ctx));
    case v1::Command::kReject:
      if (command.reject().comment().empty()) {
        return BadField("comment", "", "is missing", "say why it is rejected");
      }
      return Bytes(Move(command.reject().name(), Action::kReject, "REJECT",
                        command.reject().comment(), caller, ctx));
    case v1::Command::kStart:
      return Bytes(Start(command.start(), caller, ctx));
    case v1::Command::kPause:
      return Bytes(Move(command.pause().name(), Action::kPause, "PAUSE", command.pause().comment(),
                        caller, ctx));
    case v1::Command::kResume:
      return Bytes(Move(command.resume().name(), Action::kResume, "RESUME", "", caller, ctx));
    case v1::Command::kCancel:
      return Bytes(Move(command.cancel().name(), Action::kCancel, "CANCEL",
                        command.cancel().comment(), caller, ctx));
    case v1::Command::kBeginUpload:
      return Bytes(BeginUpload(command.begin_upload(), caller, ctx));
    case v1::Command::kFinishUpload:
      return Bytes(FinishUpload(command.finish_upload(), caller, ctx));
    case v1::Command::kBeginProof:
      return Bytes(BeginProof(command.begin_proof(), caller, ctx));
    default:
      return absl::InvalidArgumentError("not a command of partition 0");
  }
}

absl::StatusOr<v1::Campaign> OwnCampaign(StateView& state, absl::string_view name) {
  v1::Campaign campaign;
  if (!Load(state, Table::kShared, DefKey(kCampaignKind, name), &campaign)) {
    return NotFound("campaign", name);
  }
  return campaign;
}

void Audit(const std::string& campaign, v1::AuditEntry entry, Context& ctx) {
  const std::string counter = absl::StrCat("audits/", campaign);
  const std::string* last = ctx.Get(Table::kShared, counter);
  const uint64_t n = last == nullptr ? 1 : DecodeKey(*last) + 1;
  entry.set_time_us(ctx.now());
  ctx.Put(Table::kShared, counter, EncodeKey(n));
  StoreRecord(ctx, Table::kShared, absl::StrCat(AuditPrefix(campaign), EncodeKey(n)), entry);
}

void Publish(v1::Campaign* campaign, v1::CampaignState from, const std::string& action,
             const std::string& principal, const std::string& comment, Context& ctx) {
  campaign->set_version(campaign->version() + 1);
  campaign->clear_etag();
  campaign->set_etag(EtagOf(campaign->SerializeAsString()));
  StoreRecord(ctx, Table::kShared, DefKey(kCampaignKind, campaign->name()), *campaign);
  event::v1::DefinitionEvent event;
  event.set_effective_time_us(ctx.now());
  event.set_changed_by(principal);
  *event.mutable_campaign() = *campaign;
  EmitDefinition(ctx, absl::StrCat(kCampaignKind, "/", campaign->name()), event);
  v1::AuditEntry entry;
  entry.set_principal(principal);
  entry.set_action(action);
  entry.set_from_state(from);
  entry.set_to_state(campaign->state());
  entry.set_version(campaign->version());
  entry.set_definition_hash(campaign->definition_hash());
  entry.set_comment(comment);
  Audit(campaign->name(), std::move(entry), ctx);
}

}  // namespace dangol::campaign
