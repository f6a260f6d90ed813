#include "services/response/processor.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "dangol/event/v1/contact.pb.h"
#include "dangol/event/v1/customer.pb.h"
#include "dangol/event/v1/definition.pb.h"
#include "dangol/event/v1/response.pb.h"
#include "dangol/response/v1/state.pb.h"
#include "libs/base/status.h"
#include "libs/stream/activity_glance.h"
#include "libs/stream/merge.h"
#include "services/response/customer.h"
#include "services/response/definitions.h"
#include "services/response/domain/match.h"
#include "services/response/questions.h"

namespace dangol::response {
namespace {

template <typename Message>
absl::StatusOr<Message> Parse(absl::string_view bytes) {
  Message message;
  if (message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return message;
  return absl::DataLossError(absl::StrCat("undecodable ", message.GetTypeName()));
}

class ResponseProcessor : public Processor {
 public:
  absl::Status OnAcquire(StateView& state) override {
    definitions_.Load(state);
    return absl::OkStatus();
  }

  absl::Status Handle(const Event& event, Context& ctx) override {
    switch (event.topic) {
      case Topic::kDefinition: {
        DANGOL_ASSIGN_OR_RETURN(const auto e, Parse<event::v1::DefinitionEvent>(event.value));
        definitions_.Put(ctx, e);
        return absl::OkStatus();
      }
      case Topic::kContact: {
        DANGOL_ASSIGN_OR_RETURN(const auto e, Parse<event::v1::ContactEvent>(event.value));
        if (!e.is_proof() && !e.has_erased()) {
          OnContact(Customer(event.customer, definitions_, ctx), e);
        }
        return absl::OkStatus();
      }
      case Topic::kCustomer: {
        if (const auto glance = GlanceAtActivity(event.value);
            glance && (glance->reissued ||
                       IsTooOld(event, glance->business_unit, glance->occurred_time_us))) {
          return absl::OkStatus();
        }
        DANGOL_ASSIGN_OR_RETURN(const auto e, Parse<event::v1::CustomerEvent>(event.value));
        return OnCustomer(event, e, ctx);
      }
      default:
        return absl::InternalError(absl::StrCat("response does not read ", TopicName(event.topic)));
    }
  }

  absl::StatusOr<std::string> HandleCommand(absl::string_view, const Caller&, Context&) override {
    return absl::UnimplementedError("response takes no commands");
  }
  absl::Status HandleInternal(absl::string_view, Context&) override {
    return absl::InternalError("response sends itself nothing");
  }
  absl::Status HandleOutcome(const event::v1::EffectOutcome&, Context&) override {
    return absl::InternalError("response requests no effects");
  }

  absl::Status Merge(CustomerId into, CustomerId /*from*/, absl::string_view state,
                     Context& ctx) override {
    return TakeOver(into, state, /*erased=*/false, ctx);
  }

  // What the other one was sent stays in the sums as well, and its outcomes are followed.
  absl::Status MergeErased(CustomerId into, CustomerId /*from*/, absl::string_view state,
                           Context& ctx) override {
    return TakeOver(into, state, /*erased=*/true, ctx);
  }

  // A contact of an erased customer stays in the sums and gets its outcome.
  absl::Status HandleErased(const Event& event, Context& ctx) override {
    if (event.topic != Topic::kContact) return absl::OkStatus();
    DANGOL_ASSIGN_OR_RETURN(const auto e, Parse<event::v1::ContactEvent>(event.value));
    if (!e.is_proof()) {
      OnContact(Customer::OfErasedContact(e.contact_id(), definitions_, ctx), e);
    }
    return absl::OkStatus();
  }

  absl::Status OnTimer(const Timer& timer, Context& ctx) override {
    Customer customer = timer.kind == kErasedTimer
                            ? Customer::OfErasedContact(timer.subject, definitions_, ctx)
                            : Customer(DecodeKey(timer.subject), definitions_, ctx);
    customer.OnTimer();
    customer.Save();
    return absl::OkStatus();
  }

 private:
  absl::Status TakeOver(CustomerId into, absl::string_view state, bool erased, Context& ctx) {
    DANGOL_ASSIGN_OR_RETURN(const auto hand_over, Parse<v1::HandOver>(state));
    Customer customer(into, definitions_, ctx);
    customer.TakeOver(hand_over);
    if (erased) customer.Erase();
    customer.Save();
    return absl::OkStatus();
  }

  static void OnContact(Customer customer, const event::v1::ContactEvent& contact) {
    customer.OnContact(contact);
    customer.Save();
  }

  absl::Status OnCustomer(const Event& event, const event::v1::CustomerEvent& change,
                          Context& ctx) {
    if (change.has_activity() && !change.reissued()) OnActivity(event, change.activity(), ctx);
    if (change.has_merged()) {
      Customer customer(event.customer, definitions_, ctx);
      const std::string state = customer.Leave().SerializeAsString();
      customer.Save();
      return HandOverCustomer(ctx, event.customer, change.merged().into(), state);
    }
    if (change.has_erased()) OnErased(event.customer, change.erased().erasure(), ctx);
    return absl::OkStatus();
  }

  void OnErased(CustomerId id, const std::string& erasure, Context& ctx) {
    Customer customer(id, definitions_, ctx);
    customer.Erase();
    customer.Save();
    MarkErasedAndTell<event::v1::ResponseEvent>(ctx, id, erasure, Topic::kResponse);
  }

  // History too old for any window costs nothing here.
  bool IsTooOld(const Event& event, absl::string_view business_unit, Micros occurred) const {
    const Micros reach = definitions_.ReachOf(business_unit);
    return reach == 0 || occurred < event.emit_time - reach;
  }

  void OnActivity(const Event& event, const event::v1::Activity& activity, Context& ctx) {
    if (IsTooOld(event, activity.business_unit(), activity.occurred_time_us())) return;
    v1::SeenActivity seen = SeenOf(activity);
    if (seen.kind().empty()) return;
    Customer customer(event.customer, definitions_, ctx);
    customer.OnActivity(std::move(seen), event.emit_time);
    customer.Save();
    // End of the loop: how long ago the server received it.
    ctx.Count("response_activities", "", 1);
    ctx.Count("response_activity_latency_micros", "", ctx.now() - activity.received_time_us());
  }

  Definitions definitions_;
};

}  // namespace

ServiceSpec Spec() {
  ServiceSpec spec;
  spec.service = Service::kResponse;
  spec.inputs = {Topic::kDefinition, Topic::kContact, Topic::kCustomer};
  spec.outputs = {Topic::kResponse};
  spec.make = [](Scope) { return std::make_unique<ResponseProcessor>(); };
  spec.questions = Questions();
  return spec;
}

}  // namespace dangol::response
