#include "services/segmentation/testing_partition.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "dangol/event/v1/customer.pb.h"
#include "dangol/event/v1/definition.pb.h"
#include "dangol/segmentation/v1/command.pb.h"
#include "gtest/gtest.h"
#include "libs/base/calendar.h"
#include "libs/base/names.h"
#include "libs/stream/testing/deliver.h"

namespace dangol::segmentation {

TestPartition::TestPartition(Options options)
    : ctx({Service::kSegmentation, 0}), processor(options) {
  ctx.SetNow(At("2026-01-01"));
  EXPECT_TRUE(processor.OnAcquire(ctx).ok());
  AddUnit(kShop, "KRW", "Asia/Seoul");
}

absl::TimeZone TestPartition::Seoul() { return *LoadZone("Asia/Seoul"); }

Micros TestPartition::At(absl::string_view text) { return *ParseTime(text, Seoul()); }

void TestPartition::AddUnit(const std::string& name, const std::string& currency,
                            const std::string& zone) {
  event::v1::DefinitionEvent event;
  event.mutable_business_unit()->set_name(name);
  event.mutable_business_unit()->set_currency(currency);
  event.mutable_business_unit()->set_time_zone(zone);
  const std::string value = event.SerializeAsString();
  EXPECT_TRUE(processor.Handle({Topic::kDefinition, 0, ctx.now(), "", value}, ctx).ok());
  Settle();
}

template <typename Response>
absl::StatusOr<Response> TestPartition::Execute(const std::string& body) {
  auto bytes = processor.HandleCommand(body, {"planner", {}, ""}, ctx);
  if (!bytes.ok()) return bytes.status();
  DeliverDefinitions();
  Response response;
  EXPECT_TRUE(response.ParseFromString(*bytes));
  return response;
}

void TestPartition::DeliverDefinitions() {
  std::vector<FakeContext::Emitted> all = std::exchange(ctx.emitted, {});
  for (FakeContext::Emitted& e : all) {
    if (e.topic == Topic::kDefinition) {
      EXPECT_TRUE(processor.Handle({Topic::kDefinition, 0, ctx.now(), e.key, e.value}, ctx).ok());
    } else {
      ctx.emitted.push_back(std::move(e));
    }
  }
}

absl::StatusOr<v1::ApplySegmentResponse> TestPartition::Apply(const std::string& name,
                                                              const std::string& expression,
                                                              const std::string& etag,
                                                              bool validate_only,
                                                              const std::string& business_unit) {
  v1::SegmentationCommand command;
  v1::ApplySegmentRequest* request = command.mutable_apply_segment();
  request->mutable_segment()->set_name(name);
  request->mutable_segment()->set_expression(expression);
  request->mutable_segment()->set_business_unit(business_unit);
  request->mutable_segment()->set_etag(etag);
  request->set_validate_only(validate_only);
  return Execute<v1::ApplySegmentResponse>(command.SerializeAsString());
}

absl::StatusOr<v1::Segment> TestPartition::Delete(const std::string& name) {
  v1::SegmentationCommand command;
  command.mutable_delete_segment()->set_name(name);
  return Execute<v1::Segment>(command.SerializeAsString());
}

absl::StatusOr<v1::ApplyRfmSchemeResponse> TestPartition::ApplyScheme(const v1::RfmScheme& scheme) {
  v1::SegmentationCommand command;
  *command.mutable_apply_rfm_scheme()->mutable_rfm_scheme() = scheme;
  return Execute<v1::ApplyRfmSchemeResponse>(command.SerializeAsString());
}

void TestPartition::Send(const event::v1::CustomerEvent& event) {
  const std::string key = EncodeKey(event.customer_id());
  const std::string value = event.SerializeAsString();
  const bool mark = event.has_watermark();
  EXPECT_TRUE(Deliver(processor, ctx, Topic::kCustomer, mark ? "" : key, value).ok());
  DeliverInbox();
}

void TestPartition::DeliverInbox() {
  std::vector<FakeContext::Emitted> all = std::exchange(ctx.emitted, {});
  for (FakeContext::Emitted& e : all) {
    if (e.topic == Topic::kInboxSegmentation) {
      EXPECT_TRUE(Deliver(processor, ctx, e.topic, e.key, e.value).ok());
    } else {
      ctx.emitted.push_back(std::move(e));
    }
  }
}

void TestPartition::Track(CustomerId customer, const event::v1::Activity& activity) {
  event::v1::CustomerEvent event;
  event.set_customer_id(customer);
  *event.mutable_activity() = activity;
  Send(event);
}

void TestPartition::Buy(CustomerId customer, const std::string& order, Micros when, int64_t net) {
  event::v1::Activity activity;
  activity.set_message_id(order);
  activity.set_external_id(order);
  activity.set_source("pos");
  activity.set_business_unit(kShop);
  activity.set_occurred_time_us(when);
  activity.mutable_purchase()->set_net_minor(net);
  Track(customer, activity);
}

void TestPartition::SendWatermark(Micros wave_time, const std::string& subject) {
  event::v1::CustomerEvent event;
  event.mutable_watermark()->set_wave_time_us(wave_time);
  event.mutable_watermark()->set_subject(subject);
  Send(event);
}

bool TestPartition::Step() {
  Timer timer;
  if (!ctx.PopDueTimer(&timer)) return false;
  EXPECT_TRUE(processor.OnTimer(timer, ctx).ok());
  return true;
}

void TestPartition::AdvanceTo(Micros to) {
  while (true) {
    Micros next = kNever;
    for (const auto& [name, timer] : ctx.timers) next = std::min(next, timer.at);
    if (next > to) break;
    ctx.SetNow(std::max(ctx.now(), next));
    Step();
  }
  ctx.SetNow(to);
}

std::vector<event::v1::SegmentEvent> TestPartition::TakeSegmentEvents() {
  auto events = ctx.EmittedTo<event::v1::SegmentEvent>(Topic::kSegment);
  ctx.emitted.clear();
  return events;
}

std::vector<std::string> TestPartition::Text(const std::vector<event::v1::SegmentEvent>& events) {
  std::vector<std::string> texts;
  for (const event::v1::SegmentEvent& event : events) {
    if (event.has_watermark()) texts.push_back(event.watermark().subject());
    for (const event::v1::MembershipChange& c : event.membership().changes()) {
      texts.push_back(absl::StrCat(
          c.entered() ? "+" : "-", c.segment(), " v", c.segment_version(), " ",
          absl::StripPrefix(event::v1::MembershipCause_Name(c.cause()), "MEMBERSHIP_CAUSE_"), " ",
          FormatTime(c.time_us(), Seoul())));
    }
  }
  return texts;
}

std::vector<CustomerId> TestPartition::Members(const std::string& segment) {
  v1::ListMembersResponse response;
  EXPECT_TRUE(ListMembers(Ask(), segment, "", 1'000'000, &response).ok());
  std::vector<CustomerId> ids;
  for (const v1::Member& m : response.members())
    ids.push_back(*ParseCustomerName("", m.customer()));
  return ids;
}

int64_t TestPartition::Size(const std::string& segment) {
  v1::SegmentStatus status;
  status.mutable_segment()->set_name(segment);
  FillStatus(Ask(), &status);
  return status.size();
}

int64_t TestPartition::Count(const std::vector<std::string>& cuts, Micros at) {
  v1::CountAudienceRequest request;
  for (const std::string& cut : cuts) request.add_cuts(cut);
  v1::CountAudienceResponse response;
  const absl::Status status = CountPartition(Ask(at), request, &response);
  EXPECT_TRUE(status.ok()) << status;
  return response.total();
}

}  // namespace dangol::segmentation
