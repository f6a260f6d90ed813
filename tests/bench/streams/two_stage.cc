#include "tests/bench/streams/two_stage.h"

#include <memory>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "tests/bench/streams/work.h"

namespace dangol::bench::streams {
namespace {

// What both stages leave out.
class Stage : public Processor {
 public:
  explicit Stage(Counts* counts) : counts_(*counts) {}
  absl::Status OnAcquire(StateView&) override { return absl::OkStatus(); }
  absl::StatusOr<std::string> HandleCommand(absl::string_view, const Caller&, Context&) override {
    return absl::UnimplementedError("no commands");
  }
  absl::Status HandleInternal(absl::string_view, Context&) override { return absl::OkStatus(); }
  absl::Status HandleOutcome(const event::v1::EffectOutcome&, Context&) override {
    return absl::OkStatus();
  }
  absl::Status OnTimer(const Timer&, Context&) override { return absl::OkStatus(); }

 protected:
  Counts& counts_;
};

class Segments : public Stage {
 public:
  using Stage::Stage;
  absl::Status Handle(const Event& event, Context& ctx) override {
    const Activity activity = DecodeActivity(event.value);
    const std::string* kept = ctx.Get(Table::kCustomer, event.key);
    CustomerSums sums = kept == nullptr ? CustomerSums() : CustomerSums(*kept);
    const uint32_t changed = sums.Apply(activity);
    for (int i = 0; i < kSegments; ++i) {
      if ((changed >> i & 1) == 0) continue;
      const Change change{static_cast<uint8_t>(i), sums.In(i),   activity.time_ms,
                          sums.purchases(),        sums.total(), activity.sent_us};
      ctx.Emit(Topic::kSegment, ctx.scope().partition, std::string(event.key), Encode(change));
      ++counts_.changes_out;
    }
    ctx.Put(Table::kCustomer, event.key, sums.Encode());
    ++counts_.activities;
    return absl::OkStatus();
  }
};

class Contacts : public Stage {
 public:
  using Stage::Stage;
  absl::Status Handle(const Event& event, Context& ctx) override {
    const Change change = DecodeChange(event.value);
    if (IsContact(change)) {
      const std::string* kept = ctx.Get(Table::kCustomer, event.key);
      int32_t made = 0;
      if (kept != nullptr && !absl::SimpleAtoi(*kept, &made)) {
        return absl::DataLossError("no number of contacts");
      }
      ctx.Put(Table::kCustomer, event.key, absl::StrCat(++made));
      ctx.Emit(Topic::kContact, ctx.scope().partition, std::string(event.key),
               EncodeContact(change.segment, made, change.time_ms, change.sent_us));
      ++counts_.contacts;
    }
    ++counts_.changes_in;
    return absl::OkStatus();
  }
};

template <typename Kind>
ServiceSpec SpecOf(Service service, Topic in, Topic out, Counts* counts) {
  ServiceSpec spec;
  spec.service = service;
  spec.inputs = {in};
  spec.outputs = {out};
  spec.make = [counts](Scope) { return std::make_unique<Kind>(counts); };
  return spec;
}

}  // namespace

std::vector<ServiceSpec> TwoStages(Counts* counts) {
  return {
      SpecOf<Segments>(Service::kSegmentation, Topic::kCustomer, Topic::kSegment, counts),
      SpecOf<Contacts>(Service::kCampaign, Topic::kSegment, Topic::kContact, counts),
  };
}

}  // namespace dangol::bench::streams
