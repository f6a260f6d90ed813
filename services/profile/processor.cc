#include "services/profile/processor.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "dangol/common/v1/business_unit.pb.h"
#include "dangol/event/v1/customer.pb.h"
#include "dangol/event/v1/decision.pb.h"
#include "dangol/event/v1/definition.pb.h"
#include "libs/base/status.h"
#include "libs/stream/emit.h"
#include "libs/stream/event_parser.h"
#include "services/profile/acceptance.h"
#include "services/profile/commands.h"
#include "services/profile/domain/business_unit.h"
#include "services/profile/domain/wave_marks.h"
#include "services/profile/erasure.h"
#include "services/profile/foreign.h"
#include "services/profile/intake.h"
#include "services/profile/merging.h"
#include "services/profile/questions.h"
#include "services/profile/tables.h"

namespace dangol::profile {
namespace {

using event::v1::IngestEvent;

template <typename Message>
absl::StatusOr<Message> Parse(absl::string_view bytes, absl::string_view what) {
  Message message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return absl::InvalidArgumentError(absl::StrCat("undecodable ", what));
  }
  return message;
}

class ProfileProcessor : public Processor {
 public:
  explicit ProfileProcessor(Options options) : options_(std::move(options)) {}

  absl::Status OnAcquire(StateView& state) override {
    units_.clear();
    ScanPrefix(state, Table::kShared, kUnitPrefix, "", [&](auto, absl::string_view bytes) {
      if (auto unit = Parse<common::v1::BusinessUnit>(bytes, "unit"); unit.ok()) Cache(*unit);
      return true;
    });
    return absl::OkStatus();
  }

  absl::Status Handle(const Event& event, Context& ctx) override {
    switch (event.topic) {
      case Topic::kIngest: {
        auto* message = parser_.Parse<IngestEvent>(event.value);
        if (message == nullptr) return absl::InvalidArgumentError("undecodable ingest event");
        if (message->has_foreign()) return TakeForeign(message->foreign(), ctx);
        return Take(*message, ctx);
      }
      case Topic::kResolved: {
        DANGOL_ASSIGN_OR_RETURN(auto message,
                                Parse<event::v1::ResolvedEvent>(event.value, "resolved event"));
        return Arrive(message.customer_id(), message.customer_id(), *message.mutable_event(),
                      Acceptor(), ctx);
      }
      case Topic::kDefinition: {
        DANGOL_ASSIGN_OR_RETURN(auto message,
                                Parse<event::v1::DefinitionEvent>(event.value, "definition"));
        return Learn(message, ctx);
      }
      default:
        return Note(event, ctx);
    }
  }

  absl::StatusOr<std::string> HandleCommand(absl::string_view body, const Caller& caller,
                                            Context& ctx) override {
    return RunCommand(body, caller, ctx);
  }

  absl::Status HandleInternal(absl::string_view body, Context& ctx) override {
    DANGOL_ASSIGN_OR_RETURN(auto message, Parse<v1::InternalMessage>(body, "internal message"));
    switch (message.kind_case()) {
      case v1::InternalMessage::kMisplaced:
        return Take(*message.mutable_misplaced(), ctx);
      case v1::InternalMessage::kClaim:
        AnswerClaim(message.claim(), ctx);
        return absl::OkStatus();
      case v1::InternalMessage::kAnswer:
        return TakeAnswer(message.answer(), ctx);
      case v1::InternalMessage::kMoved:
        return Arrive(message.moved().owner_id(), message.moved().customer_id(),
                      *message.mutable_moved()->mutable_event(), Acceptor(), ctx);
      case v1::InternalMessage::kBounced:
        return TakeBounced(message.bounced().owner_id(),
                           *message.mutable_bounced()->mutable_event(), Regions(), Acceptor(), ctx);
      case v1::InternalMessage::kPair:
        return TakePair(message.pair(), ctx);
      case v1::InternalMessage::kPairGone:
        return TakePairGone(message.pair_gone(), ctx);
      case v1::InternalMessage::kSetOwner:
        SetOwner(message.set_owner(), ctx);
        return absl::OkStatus();
      case v1::InternalMessage::kRemoval:
        TakeRemoval(message.removal(), ctx);
        return absl::OkStatus();
      case v1::InternalMessage::KIND_NOT_SET:
        break;
    }
    return absl::InvalidArgumentError("internal message without kind");
  }

  absl::Status Merge(CustomerId into, CustomerId from, absl::string_view state,
                     Context& ctx) override {
    return TakeHandOver(into, from, state, ctx);
  }

  absl::Status MergeErased(CustomerId /*into*/, CustomerId /*from*/, absl::string_view state,
                           Context& ctx) override {
    return DropHandOver(state, ctx);
  }

  absl::Status HandleOutcome(const event::v1::EffectOutcome&, Context&) override {
    return absl::InternalError("profile requests no effects");
  }

  absl::Status OnTimer(const Timer& timer, Context& ctx) override {
    if (timer.kind != kTimerWave) return absl::InternalError("unknown timer");
    event::v1::CustomerEvent event;
    event.mutable_watermark()->set_wave_time_us(static_cast<Micros>(DecodeKey(timer.data)));
    event.mutable_watermark()->set_subject(timer.subject);
    ctx.Emit(Topic::kCustomer, ctx.scope().partition, "", event.SerializeAsString());
    return absl::OkStatus();
  }

 private:
  struct Unit {
    std::string currency;
    std::string phone_region;
  };

  void Cache(const common::v1::BusinessUnit& unit) {
    units_[unit.name()] = {unit.currency(), unit.phone_region()};
  }

  absl::string_view RegionOf(absl::string_view unit) const {
    auto it = units_.find(unit);
    if (it == units_.end() || it->second.phone_region.empty()) return options_.phone_region;
    return it->second.phone_region;
  }
  absl::string_view CurrencyOf(absl::string_view unit) const {
    auto it = units_.find(unit);
    return it == units_.end() ? absl::string_view() : absl::string_view(it->second.currency);
  }

  RegionFn Regions() const {
    return [this](absl::string_view unit) { return RegionOf(unit); };
  }
  AcceptFn Acceptor() {
    return [this](CustomerId id, IngestEvent& e, Context& c) { return Accept(id, e, c); };
  }

  absl::Status Take(IngestEvent& event, Context& ctx) {
    return TakeIn(event, Regions(), Acceptor(), ctx);
  }

  absl::Status TakeForeign(const event::v1::ForeignRecord& record, Context& ctx) {
    IngestEvent event;
    DANGOL_RETURN_IF_ERROR(ReadForeign(
        record, [this](absl::string_view unit) { return CheckUnit(unit); }, ctx.now(), &event));
    ctx.Count("foreign_events", "", 1);
    return Take(event, ctx);
  }

  // As far as this scope has heard: a new unit arrives by topic definition.
  MaybeProblem CheckUnit(absl::string_view name) const {
    if (units_.contains(name)) return std::nullopt;
    std::vector<std::string> known;
    for (const auto& [unit, cached] : units_) known.push_back(unit);
    std::sort(known.begin(), known.end());
    return NoUnit(name, known);
  }

  absl::Status Accept(CustomerId customer, IngestEvent& event, Context& ctx) {
    if (event.has_upsert()) return AcceptUpsert(customer, event.upsert(), ctx.now(), ctx);
    return AcceptActivity(customer, CurrencyOf(event.activity().business_unit()),
                          *event.mutable_activity(), workplace_, ctx);
  }

  absl::Status Note(const Event& event, Context& ctx) {
    switch (event.topic) {
      case Topic::kContact:
        return NoteOr<event::v1::ContactEvent>(event, NoteContact, ctx);
      case Topic::kResponse:
        return NoteOr<event::v1::ResponseEvent>(event, NoteResponse, ctx);
      case Topic::kSegment:
        if (!MayHoldStages(event.value)) return absl::OkStatus();
        return NoteOr<event::v1::SegmentEvent>(event, NoteStages, ctx);
      case Topic::kDecision:
        // Of decisions only the acknowledgements of erasures concern us.
        if (event.customer != 0) return absl::OkStatus();
        return NoteOr<event::v1::DecisionEvent>(
            event, [](CustomerId, const event::v1::DecisionEvent&, Context&) {}, ctx);
      default:
        return absl::InternalError(absl::StrCat("unexpected topic ", TopicName(event.topic)));
    }
  }

  // A customer's event is noted, an acknowledgement goes to its proof, another mark passes.
  template <typename Message, typename Fn>
  absl::Status NoteOr(const Event& event, const Fn& note, Context& ctx) {
    const auto* message = parser_.Parse<Message>(event.value);
    if (message == nullptr) {
      return absl::InvalidArgumentError(absl::StrCat("undecodable ", TopicName(event.topic)));
    }
    if (message->has_erased()) return TakeAcknowledgement(message->erased(), ctx);
    if (event.customer != 0) note(event.customer, *message, ctx);
    return absl::OkStatus();
  }

  absl::Status Learn(const event::v1::DefinitionEvent& definition, Context& ctx) {
    if (definition.has_business_unit()) {
      const common::v1::BusinessUnit& unit = definition.business_unit();
      ctx.Put(Table::kShared, absl::StrCat(kUnitPrefix, unit.name()), unit.SerializeAsString());
      Cache(unit);
    } else if (definition.has_campaign()) {
      SetMarks(definition.campaign(), definition.deleted(), ctx);
    }
    return absl::OkStatus();
  }

  void SetMarks(const campaign::v1::Campaign& campaign, bool deleted, Context& ctx) {
    const std::string key = absl::StrCat(kWavesPrefix, campaign.name());
    v1::WaveMarks marks;
    if (const std::string* row = ctx.Get(Table::kShared, key)) marks.ParseFromString(*row);
    const MarkPlan plan = PlanMarks(campaign, deleted, &marks);
    for (const std::string& subject : plan.cancel) ctx.CancelTimer(kTimerWave, subject);
    for (const MarkPlan::Set& set : plan.set) {
      ctx.SetTimer({kTimerWave, set.subject, set.at, EncodeKey(static_cast<uint64_t>(set.at))});
    }
    if (plan.changed) ctx.Put(Table::kShared, key, marks.SerializeAsString());
  }

  const Options options_;
  EventParser parser_;
  Workplace workplace_;
  absl::flat_hash_map<std::string, Unit> units_;  // as the shared table has them
};

}  // namespace

ServiceSpec Spec(Options options) {
  ServiceSpec spec;
  spec.service = Service::kProfile;
  spec.inputs = {Topic::kIngest,   Topic::kResolved, Topic::kDefinition, Topic::kSegment,
                 Topic::kDecision, Topic::kContact,  Topic::kResponse};
  spec.outputs = {Topic::kCustomer, Topic::kResolved, Topic::kDefinition, Topic::kInboxProfile};
  spec.make = [options](Scope) { return std::make_unique<ProfileProcessor>(options); };
  spec.questions = Questions();
  return spec;
}

}  // namespace dangol::profile
