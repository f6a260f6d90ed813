#include "services/response/processor.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "dangol/event/v1/contact.pb.h"
#include "dangol/event/v1/customer.pb.h"
#include "dangol/event/v1/definition.pb.h"
#include "dangol/response/v1/state.pb.h"
#include "libs/base/status.h"
#include "services/response/customer.h"
#include "services/response/definitions.h"
#include "services/response/domain/match.h"

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
        OnContact(e, ctx);
        return absl::OkStatus();
      }
      case Topic::kCustomer: {
        DANGOL_ASSIGN_OR_RETURN(const auto e, Parse<event::v1::CustomerEvent>(event.value));
        if (e.has_activity()) OnActivity(event.emit_time, e, ctx);
        return absl::OkStatus();
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

  absl::Status OnTimer(const Timer& timer, Context& ctx) override {
    Customer customer(DecodeKey(timer.subject), definitions_, ctx);
    customer.OnTimer();
    customer.Save();
    return absl::OkStatus();
  }

 private:
  void OnContact(const event::v1::ContactEvent& contact, Context& ctx) {
    if (contact.is_proof()) return;
    Customer customer(contact.customer_id(), definitions_, ctx);
    customer.OnContact(contact);
    customer.Save();
  }

  void OnActivity(Micros at, const event::v1::CustomerEvent& event, Context& ctx) {
    const event::v1::Activity& activity = event.activity();
    // History too old for any window costs nothing here.
    const Micros reach = definitions_.ReachOf(activity.business_unit());
    if (reach == 0 || activity.occurred_time_us() < at - reach) return;
    v1::SeenActivity seen = SeenOf(activity);
    if (seen.kind().empty()) return;
    Customer customer(event.customer_id(), definitions_, ctx);
    customer.OnActivity(std::move(seen), at);
    customer.Save();
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
  return spec;
}

}  // namespace dangol::response
