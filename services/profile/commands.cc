#include "services/profile/commands.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "dangol/event/v1/definition.pb.h"
#include "dangol/profile/v1/command.pb.h"
#include "dangol/profile/v1/profile_service.pb.h"
#include "libs/base/status.h"
#include "libs/stream/emit.h"
#include "libs/stream/merge.h"
#include "services/profile/acceptance.h"
#include "services/profile/domain/business_unit.h"
#include "services/profile/domain/facts.h"
#include "services/profile/domain/validate.h"
#include "services/profile/erasure.h"
#include "services/profile/merging.h"
#include "services/profile/tables.h"
#include "services/profile/undo.h"

namespace dangol::profile {
namespace {

absl::StatusOr<std::string> ApplyBusinessUnit(const v1::ApplyBusinessUnitCommand& command,
                                              const Caller& caller, Context& ctx) {
  if (ctx.scope().partition != 0) return absl::InternalError("business units are partition 0's");
  common::v1::BusinessUnit wanted = command.business_unit();
  DANGOL_RETURN_IF_ERROR(CheckBusinessUnit(wanted));
  const std::string key = absl::StrCat(kUnitDefPrefix, wanted.name());
  common::v1::BusinessUnit current;
  const std::string* row = ctx.Get(Table::kShared, key);
  if (row != nullptr) current.ParseFromString(*row);
  DANGOL_ASSIGN_OR_RETURN(const Change change,
                          ApplyUnit(row == nullptr ? nullptr : &current, &wanted));
  if (change != Change::kUnchanged && !command.validate_only()) {
    ctx.Put(Table::kShared, key, wanted.SerializeAsString());
    event::v1::DefinitionEvent definition;
    definition.set_effective_time_us(ctx.now());
    definition.set_changed_by(caller.principal);
    *definition.mutable_business_unit() = wanted;
    EmitDefinition(ctx, absl::StrCat("business_unit/", wanted.name()), definition);
  }
  v1::ApplyBusinessUnitResponse answer;
  *answer.mutable_business_unit() = std::move(wanted);
  answer.set_changed(ChangeName(change));
  return answer.SerializeAsString();
}

absl::StatusOr<std::string> SetFacts(const v1::SetFactsCommand& command, const Caller& caller,
                                     Context& ctx) {
  DANGOL_RETURN_IF_ERROR(CheckPresent(ctx, command.customer_id()));
  DANGOL_ASSIGN_OR_RETURN(v1::CustomerRecord record, LoadCustomer(ctx, command.customer_id()));
  event::v1::CustomerUpsert upsert;
  upsert.set_source(absl::StrCat("principal:", caller.principal));
  if (command.has_consent()) {
    if (auto p = CheckConsent(command.consent())) return ToStatus(Under("consent", *std::move(p)));
    *upsert.add_consents() = command.consent();
    if (command.consent().source().empty()) upsert.mutable_consents(0)->set_source(upsert.source());
  }
  if (command.has_restriction()) {
    *upsert.mutable_restriction() = command.restriction();
    upsert.mutable_restriction()->set_by(caller.principal);
  }
  MakeNewest(record, ctx.now(), &upsert);
  DANGOL_RETURN_IF_ERROR(
      AcceptUpsert(command.customer_id(), upsert, upsert.observed_time_us(), ctx));
  DANGOL_ASSIGN_OR_RETURN(record, LoadCustomer(ctx, command.customer_id()));
  v1::Customer customer;
  FillCustomer(command.customer_id(), record, &customer);
  return customer.SerializeAsString();
}

absl::Status WrongState(const v1::Merge& merge, absl::string_view fix) {
  const std::string state = v1::MergeState_Name(merge.state());
  return Precondition(
      "MERGE_STATE",
      absl::StrCat(merge.name(), " is ", absl::StripPrefix(state, "MERGE_STATE_"), "; ", fix));
}

absl::Status Decide(const v1::DecideMergeCommand& command, v1::MergeRecord* record, Context& ctx) {
  const v1::MergeState is = record->merge().state();
  switch (command.state()) {
    case v1::MERGE_STATE_MERGED:
      if (is == v1::MERGE_STATE_PROPOSED || is == v1::MERGE_STATE_REJECTED) {
        return MergeAway(command.from(), command.into(), *record, ctx);
      }
      return WrongState(record->merge(), "only what is proposed or rejected can be approved");
    case v1::MERGE_STATE_REJECTED:
      if (is == v1::MERGE_STATE_PROPOSED) return absl::OkStatus();
      return WrongState(record->merge(), "only what is proposed can be rejected");
    case v1::MERGE_STATE_UNDONE:
      if (is == v1::MERGE_STATE_MERGED) return UndoMerge(command.customer_id(), record, ctx);
      return WrongState(record->merge(), "only what is merged can be undone");
    default:
      return absl::InvalidArgumentError("a decision without state");
  }
}

absl::StatusOr<std::string> DecideMerge(const v1::DecideMergeCommand& command, const Caller& caller,
                                        Context& ctx) {
  DANGOL_RETURN_IF_ERROR(CheckPresent(ctx, command.customer_id()));
  const std::string key = PairKey(command.from(), command.into());
  auto record = LoadMerge(ctx, key);
  if (!record) return NotFound("merge", MergeName(command.from(), command.into()));
  v1::Merge* merge = record->mutable_merge();
  merge->set_decided_by(caller.principal);
  merge->set_reason(command.reason());
  DANGOL_RETURN_IF_ERROR(Decide(command, &*record, ctx));
  merge->set_state(command.state());
  merge->set_decide_time_us(ctx.now());
  // A merged pair has gone with the customer.
  if (command.state() != v1::MERGE_STATE_MERGED) StoreMerge(ctx, key, *record);
  return merge->SerializeAsString();
}

}  // namespace

absl::StatusOr<std::string> RunCommand(absl::string_view body, const Caller& caller, Context& ctx) {
  v1::ProfileCommand command;
  if (!command.ParseFromArray(body.data(), static_cast<int>(body.size()))) {
    return absl::InvalidArgumentError("undecodable command");
  }
  switch (command.kind_case()) {
    case v1::ProfileCommand::kApplyBusinessUnit:
      return ApplyBusinessUnit(command.apply_business_unit(), caller, ctx);
    case v1::ProfileCommand::kSetFacts:
      return SetFacts(command.set_facts(), caller, ctx);
    case v1::ProfileCommand::kDecideMerge:
      return DecideMerge(command.decide_merge(), caller, ctx);
    case v1::ProfileCommand::kErase:
      return EraseCustomer(command.erase(), caller, ctx);
    case v1::ProfileCommand::KIND_NOT_SET:
      break;
  }
  return absl::InvalidArgumentError("command without kind");
}

}  // namespace dangol::profile
