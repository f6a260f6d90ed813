#include "services/offer/processor.h"

#include <algorithm>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "dangol/event/v1/contact.pb.h"
#include "dangol/event/v1/customer.pb.h"
#include "dangol/event/v1/decision.pb.h"
#include "dangol/event/v1/definition.pb.h"
#include "dangol/event/v1/proposal.pb.h"
#include "dangol/event/v1/response.pb.h"
#include "dangol/event/v1/segment.pb.h"
#include "dangol/offer/v1/command.pb.h"
#include "dangol/offer/v1/offer_service.pb.h"
#include "dangol/offer/v1/state.pb.h"
#include "libs/base/names.h"
#include "libs/base/status.h"
#include "libs/stream/allotment.h"
#include "libs/stream/apply.h"
#include "libs/stream/emit.h"
#include "libs/stream/event_parser.h"
#include "libs/stream/merge.h"
#include "libs/stream/tables.h"
#include "services/offer/catalogue.h"
#include "services/offer/decide.h"
#include "services/offer/domain/eligibility.h"
#include "services/offer/domain/validate.h"
#include "services/offer/learning.h"
#include "services/offer/merges.h"
#include "services/offer/questions.h"
#include "services/offer/settle.h"

namespace dangol::offer {
namespace {

template <typename Message>
absl::StatusOr<Message> Parse(absl::string_view bytes) {
  Message message;
  if (message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return message;
  return absl::DataLossError(absl::StrCat("undecodable ", message.GetTypeName()));
}

class OfferProcessor : public Processor {
 public:
  OfferProcessor(std::shared_ptr<PropensityMemo> memo, LearningPace pace)
      : catalogue_(std::move(memo)), pace_(pace) {}

  absl::Status OnAcquire(StateView& state) override {
    catalogue_.Load(state);
    return absl::OkStatus();
  }
  absl::Status Handle(const Event& event, Context& ctx) override;
  absl::StatusOr<std::string> HandleCommand(absl::string_view body, const Caller& caller,
                                            Context& ctx) override;
  absl::Status HandleInternal(absl::string_view body, Context& ctx) override;
  absl::Status HandleOutcome(const event::v1::EffectOutcome&, Context&) override {
    return absl::InternalError("offer requests no effects");
  }
  absl::Status Merge(CustomerId into, CustomerId /*from*/, absl::string_view state,
                     Context& ctx) override {
    return OnHandOver(into, state, ctx);
  }
  absl::Status MergeErased(CustomerId /*into*/, CustomerId /*from*/, absl::string_view state,
                           Context& ctx) override {
    return OnErasedHandOver(state, ctx);
  }
  absl::Status HandleErased(const Event& event, Context& ctx) override;
  absl::Status OnTimer(const Timer& timer, Context& ctx) override;
  absl::Status OnGrant(absl::string_view allotment, Context& ctx) override;

 private:
  absl::Status OnDefinition(const event::v1::DefinitionEvent& definition, Context& ctx);
  // `id`: whose event it is, which after a merge is not the one that it names.
  absl::Status OnCustomer(CustomerId id, const event::v1::CustomerEvent& event, Context& ctx);
  void OnSegment(CustomerId id, const event::v1::SegmentEvent& event, Context& ctx);
  void OnProposal(CustomerId id, const event::v1::ProposalEvent& proposal, Context& ctx);
  void OnContact(CustomerId id, const event::v1::ContactEvent& contact, Context& ctx);
  void OnResponse(const event::v1::ResponseEvent& response, Context& ctx);
  absl::StatusOr<std::string> ApplyOffer(const v1::ApplyOfferCommand& command, const Caller& caller,
                                         Context& ctx);
  std::string DecideNow(const v1::DecideCommand& command, const Caller& caller, Context& ctx);

  Catalogue catalogue_;
  const LearningPace pace_;
};

absl::Status OfferProcessor::Handle(const Event& event, Context& ctx) {
  switch (event.topic) {
    case Topic::kDefinition: {
      DANGOL_ASSIGN_OR_RETURN(const auto e, Parse<event::v1::DefinitionEvent>(event.value));
      return OnDefinition(e, ctx);
    }
    case Topic::kCustomer: {
      // Most are activities, which an offer learns of as responses.
      using event::v1::CustomerEvent;
      if (!MayHoldField(event.value,
                        {CustomerEvent::kChangedFieldNumber, CustomerEvent::kMergedFieldNumber,
                         CustomerEvent::kErasedFieldNumber})) {
        return absl::OkStatus();
      }
      DANGOL_ASSIGN_OR_RETURN(const auto e, Parse<event::v1::CustomerEvent>(event.value));
      return OnCustomer(event.customer, e, ctx);
    }
    case Topic::kSegment: {
      DANGOL_ASSIGN_OR_RETURN(const auto e, Parse<event::v1::SegmentEvent>(event.value));
      OnSegment(event.customer, e, ctx);
      return absl::OkStatus();
    }
    case Topic::kProposal: {
      DANGOL_ASSIGN_OR_RETURN(const auto e, Parse<event::v1::ProposalEvent>(event.value));
      // Of a customer that was merged away meanwhile: campaign has suppressed the contact.
      if (event.customer == e.customer_id()) OnProposal(event.customer, e, ctx);
      return absl::OkStatus();
    }
    case Topic::kContact: {
      DANGOL_ASSIGN_OR_RETURN(const auto e, Parse<event::v1::ContactEvent>(event.value));
      OnContact(event.customer, e, ctx);
      return absl::OkStatus();
    }
    case Topic::kResponse: {
      DANGOL_ASSIGN_OR_RETURN(const auto e, Parse<event::v1::ResponseEvent>(event.value));
      OnResponse(e, ctx);
      return absl::OkStatus();
    }
    default:
      return absl::InternalError(absl::StrCat("offer does not read ", TopicName(event.topic)));
  }
}

absl::Status OfferProcessor::OnDefinition(const event::v1::DefinitionEvent& definition,
                                          Context& ctx) {
  if (definition.has_offer()) {
    const v1::Offer& offer = definition.offer();
    catalogue_.Put(ctx, offer);
    if (ctx.scope().partition == 0 && offer.budget_minor() > 0) {
      allotment::SetTotal(ctx, BudgetOf(offer.name()), offer.budget_minor() * 1'000'000);
    }
  } else if (definition.has_offer_posterior()) {
    catalogue_.Put(ctx, definition.offer_posterior());
  }
  return absl::OkStatus();
}

absl::Status OfferProcessor::OnCustomer(CustomerId id, const event::v1::CustomerEvent& event,
                                        Context& ctx) {
  if (event.has_merged()) return OnMerged(id, event.merged().into(), ctx);
  if (event.has_erased()) OnErased(id, event.erased().erasure(), ctx);
  if (!event.has_changed() || !event.changed().has_restriction()) return absl::OkStatus();
  auto customer = LoadCustomer(ctx, id);
  customer.set_do_not_serve(event.changed().restriction().do_not_serve());
  customer.set_do_not_serve_until_us(event.changed().restriction().until_time_us());
  StoreCustomer(ctx, id, customer);
  return absl::OkStatus();
}

void OfferProcessor::OnSegment(CustomerId id, const event::v1::SegmentEvent& event, Context& ctx) {
  if (!event.has_membership() || event.membership().changes().empty()) return;
  auto customer = LoadCustomer(ctx, id);
  auto* segments = customer.mutable_segments();
  for (const auto& change : event.membership().changes()) {
    const auto at = std::lower_bound(segments->begin(), segments->end(), change.segment());
    const bool there = at != segments->end() && *at == change.segment();
    if (change.entered() && !there) {
      customer.add_segments(change.segment());
      std::sort(segments->begin(), segments->end());
    } else if (!change.entered() && there) {
      segments->erase(at);
    }
  }
  StoreCustomer(ctx, id, customer);
}

void OfferProcessor::OnProposal(CustomerId id, const event::v1::ProposalEvent& proposal,
                                Context& ctx) {
  auto customer = LoadCustomer(ctx, id);
  PruneContacts(ctx.now(), catalogue_.longest_cap_window(), &customer);

  event::v1::DecisionEvent decision;
  decision.set_customer_id(id);
  decision.set_decision_id(DecisionId(proposal.contact_id()));
  decision.set_contact_id(proposal.contact_id());
  decision.set_campaign(proposal.campaign());
  decision.set_wave(proposal.wave());
  decision.set_cell(proposal.cell());
  decision.set_is_holdout_twin(proposal.is_holdout_twin());
  const Choice choice = {decision.decision_id(),
                         {proposal.offers().begin(), proposal.offers().end()},
                         proposal.business_unit(),
                         proposal.policy(),
                         !proposal.is_holdout_twin()};
  const std::string wait = Decide(choice, customer, catalogue_, id, ctx, &decision);
  if (!wait.empty()) {
    v1::WaitingProposal waiting;
    *waiting.mutable_proposal() = proposal;
    StoreRecord(ctx, Table::kShared, WaitingKey(wait, proposal.contact_id()), waiting);
    return;
  }
  if (!decision.offer().empty()) {
    auto& reservation = (*customer.mutable_reservations())[proposal.contact_id()];
    reservation.set_offer(decision.offer());
    reservation.set_time_us(ctx.now());
    reservation.set_is_holdout_twin(proposal.is_holdout_twin());
    reservation.set_campaign(proposal.campaign());
    reservation.set_offer_version(decision.offer_version());
    const v1::Offer* offer = catalogue_.Find(decision.offer());
    const bool paid = !proposal.is_holdout_twin() && offer->budget_minor() > 0;
    if (paid) reservation.set_cost_micros(offer->unit_cost_micros());
  }
  StoreCustomer(ctx, id, customer);
  EmitToCustomer(ctx, Topic::kDecision, id, decision);
}

void OfferProcessor::OnContact(CustomerId id, const event::v1::ContactEvent& contact,
                               Context& ctx) {
  // Ended before campaign heard of the decision, if there was one: the event names no offer.
  const bool undecided =
      contact.offer().empty() && contact.status() == event::v1::CONTACT_STATUS_SUPPRESSED &&
      (contact.suppression_reason() == "CANCELLED" || contact.suppression_reason() == "MERGED" ||
       contact.suppression_reason() == "ERASED");
  if (contact.offer().empty() && !undecided) return;
  auto customer = LoadCustomer(ctx, id);
  const auto it = customer.mutable_reservations()->find(contact.contact_id());
  if (it == customer.mutable_reservations()->end()) {  // settled, waiting, or not one of ours
    if (undecided) DropWaiting(id, contact.contact_id(), ctx);
    return;
  }
  if (Settle(contact, &it->second, &customer, pace_, ctx)) {
    customer.mutable_reservations()->erase(contact.contact_id());
  }
  StoreCustomer(ctx, id, customer);
}

absl::Status OfferProcessor::HandleErased(const Event& event, Context& ctx) {
  if (event.topic == Topic::kContact) {
    DANGOL_ASSIGN_OR_RETURN(const auto e, Parse<event::v1::ContactEvent>(event.value));
    SettleErased(e, pace_, ctx);
  } else if (event.topic == Topic::kResponse) {
    DANGOL_ASSIGN_OR_RETURN(const auto e, Parse<event::v1::ResponseEvent>(event.value));
    OnResponse(e, ctx);
  }
  return absl::OkStatus();
}

void OfferProcessor::OnResponse(const event::v1::ResponseEvent& response, Context& ctx) {
  const bool teaches = response.first_purchase() && response.within_window() &&
                       !response.is_holdout_twin() && !response.offer().empty();
  if (teaches) CountResponse(ctx, pace_, response.offer());
}

absl::StatusOr<std::string> OfferProcessor::HandleCommand(absl::string_view body,
                                                          const Caller& caller, Context& ctx) {
  DANGOL_ASSIGN_OR_RETURN(const auto command, Parse<v1::OfferCommand>(body));
  if (command.has_apply_offer()) return ApplyOffer(command.apply_offer(), caller, ctx);
  if (command.has_decide()) {
    DANGOL_RETURN_IF_ERROR(CheckPresent(ctx, command.decide().customer_id()));
    return DecideNow(command.decide(), caller, ctx);
  }
  return absl::InvalidArgumentError("empty command");
}

absl::StatusOr<std::string> OfferProcessor::ApplyOffer(const v1::ApplyOfferCommand& command,
                                                       const Caller& caller, Context& ctx) {
  DANGOL_RETURN_IF_ERROR(ValidateOffer(command.offer()));
  v1::ApplyOfferResponse response;
  v1::Offer& next = *response.mutable_offer();
  next = command.offer();
  DANGOL_ASSIGN_OR_RETURN(*response.mutable_changed(),
                          ApplyOver(catalogue_.Find(next.name()), command.offer().etag(), &next));
  if (response.changed() != kUnchanged && !command.validate_only()) {
    catalogue_.Put(ctx, next);
    event::v1::DefinitionEvent definition;
    definition.set_effective_time_us(ctx.now());
    definition.set_changed_by(caller.principal);
    *definition.mutable_offer() = next;
    EmitDefinition(ctx, absl::StrCat("offer/", next.name()), definition);
  }
  return response.SerializeAsString();
}

std::string OfferProcessor::DecideNow(const v1::DecideCommand& command, const Caller& caller,
                                      Context& ctx) {
  auto customer = LoadCustomer(ctx, command.customer_id());
  PruneContacts(ctx.now(), catalogue_.longest_cap_window(), &customer);
  event::v1::DecisionEvent event;
  event.set_customer_id(command.customer_id());
  event.set_decision_id(absl::StrCat("d-", caller.request_id));
  const Choice choice = {event.decision_id(),
                         {command.offers().begin(), command.offers().end()},
                         command.business_unit(),
                         command.policy(),
                         true};
  const std::string wait = Decide(choice, customer, catalogue_, command.customer_id(), ctx, &event);
  // A caller does not wait for a grant: while one is on its way, the answer is no offer.
  for (auto& line : *event.mutable_considered()) {
    if (!wait.empty() && line.kept()) {
      line.set_kept(false);
      line.set_reason("BUDGET_PENDING");
    }
  }
  if (!event.offer().empty()) {
    // Counts toward the cap. It teaches nothing: no response is ever matched to a direct decision,
    // so that as a contact of the posterior it would stay a failure for ever.
    auto* kept = customer.add_contacts();
    kept->set_offer(event.offer());
    kept->set_time_us(ctx.now());
    StoreCustomer(ctx, command.customer_id(), customer);
  }
  EmitToCustomer(ctx, Topic::kDecision, command.customer_id(), event);

  v1::Decision decision;
  decision.set_decision_id(event.decision_id());
  decision.set_customer(CustomerName(command.customer_id()));
  decision.set_offer(event.offer());
  decision.set_offer_version(event.offer_version());
  decision.set_propensity(event.propensity());
  *decision.mutable_considered() = event.considered();
  return decision.SerializeAsString();
}

absl::Status OfferProcessor::HandleInternal(absl::string_view body, Context& ctx) {
  DANGOL_ASSIGN_OR_RETURN(const auto message, Parse<v1::OfferInternal>(body));
  KeepCounts(ctx, pace_, message.counts());
  return absl::OkStatus();
}

absl::Status OfferProcessor::OnTimer(const Timer& timer, Context& ctx) {
  if (timer.kind == kReportTimer) ReportCounts(ctx);
  if (timer.kind == kPublishTimer) PublishPosteriors(ctx, catalogue_);
  return absl::OkStatus();
}

absl::Status OfferProcessor::OnGrant(absl::string_view allotment, Context& ctx) {
  const std::string prefix = WaitingKey(allotment, "");
  std::vector<event::v1::ProposalEvent> proposals;
  ForEachRecord<v1::WaitingProposal>(
      ctx, Table::kShared, prefix,
      [&](absl::string_view, const auto& waiting) { proposals.push_back(waiting.proposal()); });
  for (const auto& proposal : proposals) {
    ctx.Delete(Table::kShared, absl::StrCat(prefix, proposal.contact_id()));
    OnProposal(proposal.customer_id(), proposal, ctx);
  }
  return absl::OkStatus();
}

}  // namespace

ServiceSpec Spec(LearningPace pace) {
  if (pace.interval == 0) pace = {};
  ServiceSpec spec;
  spec.service = Service::kOffer;
  spec.inputs = {Topic::kDefinition, Topic::kCustomer, Topic::kSegment,
                 Topic::kProposal,   Topic::kContact,  Topic::kResponse};
  spec.outputs = {Topic::kDecision, Topic::kDefinition};
  spec.make = [pace, memo = std::make_shared<PropensityMemo>()](Scope) {
    return std::make_unique<OfferProcessor>(memo, pace);
  };
  spec.questions = Questions();
  return spec;
}

}  // namespace dangol::offer
