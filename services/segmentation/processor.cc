#include "services/segmentation/processor.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "dangol/event/v1/customer.pb.h"
#include "dangol/event/v1/definition.pb.h"
#include "dangol/event/v1/segment.pb.h"
#include "libs/base/status.h"
#include "libs/stream/emit.h"
#include "services/segmentation/commands.h"
#include "services/segmentation/definitions.h"
#include "services/segmentation/questions.h"
#include "services/segmentation/tables.h"
#include "services/segmentation/traits.h"

namespace dangol::segmentation {
namespace {

using event::v1::CustomerEvent;
using event::v1::MembershipChanged;

const Cause kDefinitionCause{event::v1::MEMBERSHIP_CAUSE_DEFINITION, ""};
const Cause kTimeCause{event::v1::MEMBERSHIP_CAUSE_TIME, ""};

void SetCustomerTimer(absl::string_view key, Micros next, Customer* customer, Context& ctx) {
  if (customer->timer == next) return;
  customer->timer = next;
  if (next == kNever) {
    ctx.CancelTimer(kCustomerTimer, key);
  } else {
    ctx.SetTimer({kCustomerTimer, std::string(key), next, ""});
  }
}

void EmitWatermark(const event::v1::Watermark& watermark, Context& ctx) {
  event::v1::SegmentEvent event;
  *event.mutable_watermark() = watermark;
  ctx.Emit(Topic::kSegment, ctx.scope().partition, "", event.SerializeAsString());
}

// Applies the event to the record. Returns what it may have changed of a record that was evaluated
// with this catalogue; `cause` gets the cause of that.
Affected Apply(const CustomerEvent& event, const Catalogue& catalogue, Customer* customer,
               Cause* cause, Context& ctx) {
  cause->kind = event::v1::MEMBERSHIP_CAUSE_PROFILE;
  if (event.has_activity()) {
    const event::v1::Activity& activity = event.activity();
    std::string kind;
    const int dropped = customer->ledger.Add(activity, &kind);
    if (dropped > 0) ctx.Count("segmentation_ledger_rows_dropped", "", dropped);
    *cause = {event::v1::MEMBERSHIP_CAUSE_ACTIVITY, activity.message_id()};
    return AffectedBy(catalogue, *customer, activity.business_unit(), kind, ctx.now());
  }
  if (event.has_changed()) {
    ApplyProfile(event.changed(), customer);
    NoteTraits(event.changed(), ctx);
  }
  return {};
}

}  // namespace

absl::Status SegmentationProcessor::OnAcquire(StateView& state) {
  Rebuild(state, nullptr);
  return absl::OkStatus();
}

void SegmentationProcessor::Rebuild(StateView& state, Context* ctx) {
  std::vector<absl::Status> errors;
  catalogue_ = BuildCatalogue(state, &errors);
  const v1::EvaluationJob job = LoadJob(state);
  generation_ = job.generation();
  job_running_ = job.running();
  if (ctx != nullptr && !errors.empty()) {
    ctx->Count("segmentation_segments_not_compiled", "", static_cast<int64_t>(errors.size()));
  }
}

absl::Status SegmentationProcessor::Handle(const Event& event, Context& ctx) {
  if (event.topic == Topic::kDefinition) return HandleDefinition(event, ctx);
  const auto* parsed = parser_.Parse<CustomerEvent>(event.value);
  if (parsed == nullptr) {
    return absl::InvalidArgumentError("segmentation: a customer event cannot be decoded");
  }
  if (parsed->has_watermark()) {
    HandleWatermark(parsed->watermark(), ctx);
    return absl::OkStatus();
  }
  if (parsed->has_merged()) return HandOver(event.customer, parsed->merged().into(), ctx);
  if (parsed->has_erased()) return Erase(event.customer, parsed->erased().erasure(), ctx);
  return HandleCustomer(event.customer, *parsed, ctx);
}

absl::Status SegmentationProcessor::HandleCustomer(CustomerId id, const CustomerEvent& event,
                                                   Context& ctx) {
  const std::string key = EncodeKey(id);
  MembershipChanged changed;
  std::vector<SizeChange> sizes;
  const std::string* bytes = ctx.Get(Table::kCustomer, key);
  const auto decode =
      event.has_activity() && !catalogue_.reads_facts() ? DecodeWithoutFacts : DecodeCustomerInto;
  DANGOL_RETURN_IF_ERROR(decode(bytes == nullptr ? absl::string_view() : *bytes, &customer_));
  const bool current = bytes != nullptr && customer_.generation == generation_;
  if (bytes != nullptr) CatchUp(ctx.now(), &customer_, &changed, &sizes);
  Cause cause;
  Affected affected = Apply(event, catalogue_, &customer_, &cause, ctx);
  if (!current) affected = {};
  const Micros next =
      Reevaluate(catalogue_, ctx.now(), cause, affected, &customer_, &changed, &sizes);
  Save(key, next, &customer_, &changed, sizes, ctx);
  return absl::OkStatus();
}

void SegmentationProcessor::CatchUp(Micros at, Customer* customer, MembershipChanged* out,
                                    std::vector<SizeChange>* sizes) const {
  if (customer->generation == generation_) return;
  Reevaluate(catalogue_, at, kDefinitionCause, {}, customer, out, sizes);
}

void SegmentationProcessor::Save(absl::string_view key, Micros next, Customer* customer,
                                 MembershipChanged* changed, const std::vector<SizeChange>& sizes,
                                 Context& ctx) const {
  for (const SizeChange& size : sizes) AddToSize(ctx, size.segment_id, size.delta);
  customer->generation = generation_;
  SetCustomerTimer(key, next, customer, ctx);
  if (changed->changes_size() > 0 || changed->stages_size() > 0) {
    changed->set_sequence(++customer->sequence);
    event::v1::SegmentEvent event;
    event.set_customer_id(DecodeKey(key));
    event.mutable_membership()->Swap(changed);
    EmitToCustomer(ctx, Topic::kSegment, event.customer_id(), event);
  }
  ctx.Put(Table::kCustomer, key, EncodeCustomer(*customer));
}

absl::Status SegmentationProcessor::HandleDefinition(const Event& event, Context& ctx) {
  event::v1::DefinitionEvent definition;
  if (!definition.ParseFromArray(event.value.data(), static_cast<int>(event.value.size()))) {
    return absl::InvalidArgumentError("segmentation: a definition cannot be decoded");
  }
  const DefinitionEffect effect = StoreDefinition(definition, ctx);
  if (effect == DefinitionEffect::kNone) return absl::OkStatus();
  if (effect == DefinitionEffect::kEvaluation) StartJob(ctx);
  Rebuild(ctx, &ctx);
  return absl::OkStatus();
}

void SegmentationProcessor::HandleWatermark(const event::v1::Watermark& watermark, Context& ctx) {
  if (!job_running_) return EmitWatermark(watermark, ctx);
  uint64_t last = 0;
  ScanShared(ctx, kWatermark, "", [&](absl::string_view number, absl::string_view) {
    last = DecodeKey(number);
    return true;
  });
  PutShared(ctx, absl::StrCat(kWatermark, EncodeKey(last + 1)), watermark);
}

void SegmentationProcessor::StartJob(Context& ctx) {
  v1::EvaluationJob job = LoadJob(ctx);
  job.set_generation(job.generation() + 1);
  job.set_running(true);
  job.clear_next_key();
  job.set_time_us(ctx.now());
  PutShared(ctx, kJob, job);
  ctx.SetTimer({kJobTimer, kJob, ctx.now(), ""});
}

absl::Status SegmentationProcessor::OnTimer(const Timer& timer, Context& ctx) {
  return timer.kind == kJobTimer ? OnJobTimer(ctx) : OnCustomerTimer(timer, ctx);
}

absl::Status SegmentationProcessor::OnCustomerTimer(const Timer& timer, Context& ctx) {
  const std::string* bytes = ctx.Get(Table::kCustomer, timer.subject);
  if (bytes == nullptr) return absl::OkStatus();
  auto decoded = DecodeCustomer(*bytes);
  if (!decoded.ok()) return decoded.status();
  Customer customer = *std::move(decoded);
  customer.timer = kNever;
  MembershipChanged changed;
  std::vector<SizeChange> sizes;
  CatchUp(timer.at - 1, &customer, &changed, &sizes);
  Micros next = timer.at;
  for (int i = 0; i < options_.instants_per_timer && next <= ctx.now(); ++i) {
    next = Reevaluate(catalogue_, next, kTimeCause, {}, &customer, &changed, &sizes);
  }
  Save(timer.subject, next, &customer, &changed, sizes, ctx);
  return absl::OkStatus();
}

absl::Status SegmentationProcessor::OnJobTimer(Context& ctx) {
  v1::EvaluationJob job = LoadJob(ctx);
  if (!job.running()) return absl::OkStatus();
  std::vector<std::pair<std::string, std::string>> chunk;
  ctx.Scan(Table::kCustomer, job.next_key(), [&](absl::string_view key, absl::string_view value) {
    chunk.emplace_back(key, value);
    return chunk.size() < options_.chunk_customers;
  });
  for (const auto& [key, bytes] : chunk) {
    auto customer = DecodeCustomer(bytes);
    if (!customer.ok()) return customer.status();
    if (customer->generation == generation_) continue;
    MembershipChanged changed;
    std::vector<SizeChange> sizes;
    const Micros next =
        Reevaluate(catalogue_, ctx.now(), kDefinitionCause, {}, &*customer, &changed, &sizes);
    Save(key, next, &*customer, &changed, sizes, ctx);
  }
  if (chunk.size() < options_.chunk_customers) {
    FinishJob(ctx);
    return absl::OkStatus();
  }
  job.set_next_key(absl::StrCat(chunk.back().first, absl::string_view("\0", 1)));
  PutShared(ctx, kJob, job);
  ctx.SetTimer({kJobTimer, kJob, ctx.now(), ""});
  return absl::OkStatus();
}

void SegmentationProcessor::FinishJob(Context& ctx) {
  v1::EvaluationJob job = LoadJob(ctx);
  job.set_running(false);
  job.clear_next_key();
  PutShared(ctx, kJob, job);
  std::vector<std::pair<std::string, event::v1::Watermark>> waiting;
  ScanShared(ctx, kWatermark, "", [&](absl::string_view number, absl::string_view value) {
    auto& [key, watermark] = waiting.emplace_back();
    key = absl::StrCat(kWatermark, number);
    watermark.ParseFromArray(value.data(), static_cast<int>(value.size()));
    return true;
  });
  for (const auto& [key, watermark] : waiting) {
    EmitWatermark(watermark, ctx);
    ctx.Delete(Table::kShared, key);
  }
  job_running_ = false;
  if (RemoveDeleted(ctx)) Rebuild(ctx, &ctx);
}

absl::StatusOr<std::string> SegmentationProcessor::HandleCommand(absl::string_view body,
                                                                 const Caller& caller,
                                                                 Context& ctx) {
  return ExecuteCommand(body, caller, ctx);
}

absl::Status SegmentationProcessor::HandleInternal(absl::string_view, Context&) {
  return absl::InvalidArgumentError("segmentation: sends itself no messages");
}

absl::Status SegmentationProcessor::HandleOutcome(const event::v1::EffectOutcome&, Context&) {
  return absl::InvalidArgumentError("segmentation: requests no effects");
}

ServiceSpec Spec(Options options) {
  ServiceSpec spec;
  spec.service = Service::kSegmentation;
  spec.inputs = {Topic::kCustomer, Topic::kDefinition};
  spec.outputs = {Topic::kSegment, Topic::kDefinition};
  spec.make = [options](Scope) { return std::make_unique<SegmentationProcessor>(options); };
  spec.questions = Questions();
  return spec;
}

}  // namespace dangol::segmentation
