// One response partition for tests, and the contacts and purchases of one customer.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dangol/campaign/v1/campaign.pb.h"
#include "dangol/event/v1/contact.pb.h"
#include "dangol/event/v1/customer.pb.h"
#include "dangol/event/v1/definition.pb.h"
#include "dangol/event/v1/response.pb.h"
#include "dangol/response/v1/state.pb.h"
#include "gtest/gtest.h"
#include "libs/stream/testing/deliver.h"
#include "libs/stream/testing/fake_context.h"
#include "services/response/domain/cell_sums.h"
#include "services/response/domain/report.h"
#include "services/response/processor.h"
#include "services/response/questions.h"

namespace dangol::response {

using event::v1::ContactEvent;
using event::v1::CustomerEvent;
using event::v1::ResponseEvent;

inline constexpr Micros kT = 1'000 * kMicrosPerDay;
inline constexpr Micros kWindow = 14 * kMicrosPerDay;
inline constexpr CustomerId kCustomer = 77;

inline campaign::v1::Campaign MakeCampaign(const std::string& name) {
  campaign::v1::Campaign campaign;
  campaign.set_name(name);
  campaign.set_business_unit("shop");
  campaign.set_response_window_us(kWindow);
  campaign.set_state(campaign::v1::CAMPAIGN_STATE_RUNNING);
  const auto metric = [&](const char* id, campaign::v1::MetricMeasure measure, const char* kind) {
    auto* m = campaign.add_metrics();
    m->set_name(id);
    m->set_measure(measure);
    m->set_activity_kind(kind);
    return m;
  };
  metric("bought", campaign::v1::METRIC_MEASURE_SHARE, "purchase");
  metric("orders", campaign::v1::METRIC_MEASURE_COUNT, "purchase");
  metric("sales", campaign::v1::METRIC_MEASURE_SUM, "purchase");
  auto* web = metric("web_sales", campaign::v1::METRIC_MEASURE_SUM, "purchase");
  (*web->mutable_where())["channel"] = "web";
  auto* audience = campaign.add_audiences();
  audience->set_name("all");
  for (const char* cell : {"mail", "control"}) {
    auto* c = audience->add_cells();
    c->set_name(cell);
    c->set_share_bp(5000);
    c->set_is_control(std::string(cell) == "control");
  }
  return campaign;
}

// One partition of the service.
struct Partition1 {
  explicit Partition1(uint32_t p = 0, uint32_t partitions = 1)
      : ctx({Service::kResponse, static_cast<Partition>(p)}, partitions),
        processor(Spec().make({Service::kResponse, static_cast<Partition>(p)})) {
    EXPECT_TRUE(processor->OnAcquire(ctx).ok());
    ctx.SetNow(kT);
    event::v1::DefinitionEvent unit;
    unit.mutable_business_unit()->set_name("shop");
    unit.mutable_business_unit()->set_currency("USD");
    Feed(Topic::kDefinition, unit);
    Define(MakeCampaign("spring"));
  }
  void Define(const campaign::v1::Campaign& campaign) {
    event::v1::DefinitionEvent definition;
    *definition.mutable_campaign() = campaign;
    Feed(Topic::kDefinition, definition);
  }
  template <typename Message>
  void Feed(Topic topic, const Message& message) {
    std::string key;
    if constexpr (requires { message.customer_id(); }) key = EncodeKey(message.customer_id());
    ASSERT_TRUE(Deliver(*processor, ctx, topic, key, message.SerializeAsString()).ok());
  }
  void AdvanceTo(Micros now) {
    ctx.SetNow(now);
    for (Timer timer; ctx.PopDueTimer(&timer);) {
      ASSERT_TRUE(processor->OnTimer(timer, ctx).ok());
    }
  }
  Cells CellsOf(const std::string& campaign) {
    Cells cells;
    EXPECT_TRUE(AddCells(response::CellsOf(ctx, campaign), &cells).ok());
    return cells;
  }
  v1::CellSums Cell(const std::string& cell, const std::string& campaign = "spring") {
    Cells cells = CellsOf(campaign);
    return cells[{"w1", "all", cell}];
  }
  int64_t Sum(const std::string& metric, const std::string& cell = "mail") {
    return static_cast<int64_t>(SumsOf(Cell(cell), metric).value().sum);
  }
  std::vector<ResponseEvent> Responses() const {
    return ctx.EmittedTo<ResponseEvent>(Topic::kResponse);
  }

  FakeContext ctx;
  std::unique_ptr<Processor> processor;
};

inline ContactEvent Contact(event::v1::ContactStatus status, Micros at = kT,
                            const std::string& campaign = "spring") {
  ContactEvent contact;
  contact.set_customer_id(kCustomer);
  contact.set_contact_id(absl::StrCat(campaign, "-1"));
  contact.set_treatment_code(absl::StrCat(campaign, ".w1.mail"));
  contact.set_campaign(campaign);
  contact.set_wave("w1");
  contact.set_audience("all");
  contact.set_cell("mail");
  contact.set_business_unit("shop");
  contact.set_status(status);
  contact.set_counts_as_contact(status >= event::v1::CONTACT_STATUS_ATTEMPTING &&
                                status != event::v1::CONTACT_STATUS_FAILED &&
                                status != event::v1::CONTACT_STATUS_SUPPRESSED);
  contact.set_contact_time_us(at);
  contact.set_offer("coupon");
  contact.set_channel_cost_micros(5);
  return contact;
}

inline ContactEvent Twin(Micros at = kT) {
  ContactEvent contact = Contact(event::v1::CONTACT_STATUS_PLANNED, at);
  contact.set_cell("control");
  contact.set_is_holdout_twin(true);
  return contact;
}

inline CustomerEvent Purchase(Micros at, int64_t net, const std::string& order = "") {
  static int sequence = 0;
  CustomerEvent event;
  event.set_customer_id(kCustomer);
  auto* activity = event.mutable_activity();
  activity->set_message_id(absl::StrCat("m", ++sequence));
  activity->set_external_id(order.empty() ? activity->message_id() : order);
  activity->set_business_unit("shop");
  activity->set_occurred_time_us(at);
  activity->mutable_purchase()->set_net_minor(net);
  return event;
}

inline CustomerEvent ReturnOf(const std::string& order, Micros at, int64_t net) {
  CustomerEvent event = Purchase(at, 0);
  event.mutable_activity()->mutable_return_()->set_net_minor(net);
  event.mutable_activity()->mutable_return_()->set_order_id(order);
  return event;
}

}  // namespace dangol::response
