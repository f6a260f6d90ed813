// Is the report right about what a campaign changed? A retailer whose customers' behaviour is known
// exactly, through the five services, many times: the 95 % intervals of the lift of the share who
// bought and of sales a head must each hold the true effect in about 95 of 100 seeds.
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "dangol/response/v1/response_service.pb.h"
#include "dangol/response/v1/state.pb.h"
#include "gtest/gtest.h"
#include "libs/stats/binomial_band.h"
#include "services/profile/domain/identifier.h"
#include "services/profile/tables.h"
#include "services/response/domain/report.h"
#include "services/response/questions.h"
#include "tests/simulation/client.h"
#include "tests/simulation/evidence.h"
#include "tests/simulation/world.h"
#include "tools/loadgen/retail.h"

namespace dangol::simulation {
namespace {

using loadgen::Order;
using loadgen::Received;

constexpr int kSeeds = 40;
constexpr int kCustomers = 3000;
constexpr int kWindowDays = 60;
constexpr Micros kStart = 1'772'330'400 * kMicrosPerSecond;  // 2026-03-01 02:00 UTC

constexpr char kDefinitions[] = R"(
kind: Segment
name: dormant
business_unit: beauty
expression: count(purchase) >= 1 AND count(purchase) IN LAST 2 MONTHS = 0
---
kind: Campaign
name: winback
business_unit: beauty
trigger: {batch: {waves: [{name: w1}]}}
audiences:
  - name: dormant
    segment: dormant
    cells:
      - {name: control, share: 35%, is_control: true}
      - {name: treated, share: 65%, channel: push, offers: [free-sample, voucher-5000, double-points], offer_policy: uniform, content: "{{offer}}"}
assignment: {hash: {salt: SALT}}
metrics:
  - {name: bought, measure: share, activity_kind: purchase}
  - {name: sales, measure: sum, activity_kind: purchase}
response_window: 60d
)";

common::v1::Identifier UserId(const std::string& user) {
  common::v1::Identifier id;
  id.set_type(common::v1::IDENTIFIER_TYPE_USER_ID);
  id.set_value(user);
  return id;
}

loadgen::RetailOptions RetailerOf(uint64_t seed) {
  loadgen::RetailOptions options;
  options.seed = seed;
  options.customers = kCustomers;
  options.start = kStart;
  options.history_days = 400;
  return options;
}

WorldOptions WorldOf(uint64_t seed) {
  WorldOptions options;
  options.seed = seed;
  options.partitions = 2;
  options.start = kStart;
  options.tick = 8 * kMicrosPerHour;
  return options;
}

class Shop {
 public:
  explicit Shop(uint64_t seed)
      : retail_(RetailerOf(seed)), world_(WorldOf(seed)), client_(&world_), seed_(seed) {}

  void Run() {
    for (const char* file : {"business-units", "channels", "offers"}) {
      client_.ApplyFile(absl::StrCat("examples/", file, ".yaml"));
    }
    for (int64_t customer = 0; customer < kCustomers; ++customer) Import(customer);
    client_.ApplyYaml("coverage",
                      absl::StrReplaceAll(kDefinitions, {{"SALT", absl::StrCat("seed-", seed_)}}));
    client_.Launch("winback");
    world_.AdvanceTo(kStart + kMicrosPerHour);
    CollectReactions();
    for (int day = 0; day <= kWindowDays; ++day) LiveThrough(day);
  }

  // Means over the customers contacted.
  double TrueShare() const {
    double sum = 0;
    for (const Received& one : received_) sum += retail_.TrueShareEffect(one, kWindowDays);
    return sum / static_cast<double>(received_.size());
  }
  double TrueSales() const {
    double sum = 0;
    for (const Received& one : received_) sum += retail_.TrueSalesEffect(one);
    return sum / static_cast<double>(received_.size());
  }
  size_t contacted() const { return received_.size(); }

  // Of the metrics, in order.
  response::v1::Comparison Measured() {
    EXPECT_TRUE(world_.Halted().empty());
    response::Cells cells;
    world_.LookAll(Service::kResponse, [&](StateView& view) {
      EXPECT_TRUE(response::AddCells(response::CellsOf(view, "winback"), &cells).ok());
    });
    const Evidence evidence(&world_);
    const auto report =
        response::BuildReport(evidence.campaigns.at("winback"), "KRW", cells, {}, world_.now());
    EXPECT_TRUE(report.ok()) << report.status();
    const auto& audience = report->audiences(0);
    EXPECT_FALSE(audience.sample_ratio().mismatch());
    EXPECT_EQ(audience.cells(1).customers(), static_cast<int64_t>(contacted()));
    return audience.comparisons(0);
  }

 private:
  void Import(int64_t customer) {
    const loadgen::Person person = retail_.Describe(customer);
    const common::v1::Identifier id = UserId(person.user_id);
    event::v1::IngestEvent event;
    event::v1::CustomerUpsert* upsert = event.mutable_upsert();
    upsert->set_message_id("crm-" + person.user_id);
    upsert->set_source("crm");
    upsert->set_business_unit("beauty");
    upsert->set_observed_time_us(kStart);
    *upsert->add_identifiers() = id;
    profile::v1::Consent* consent = upsert->add_consents();
    consent->set_channel("push");
    consent->set_purpose(profile::v1::CONSENT_PURPOSE_MARKETING);
    consent->set_granted(person.push_consent);
    consent->set_evidence("form");
    consent->set_observed_time_us(kStart);
    client_.Ingest(event);
    for (const Order& order : retail_.History(customer)) Track(order);
  }

  void Track(const Order& order) {
    if (order.business != 0) return;  // the campaign is beauty's
    event::v1::IngestEvent event;
    event::v1::Activity* activity = event.mutable_activity();
    activity->set_message_id(order.order_id);
    activity->set_external_id(order.order_id);
    activity->set_source("pos");
    activity->set_business_unit("beauty");
    activity->set_occurred_time_us(order.time);
    *activity->add_identifiers() = UserId(retail_.Describe(order.customer).user_id);
    activity->mutable_purchase()->set_currency("KRW");
    activity->mutable_purchase()->set_net_minor(order.net_minor);
    client_.Ingest(event);
  }

  std::map<CustomerId, int64_t> Customers() {
    std::map<CustomerId, int64_t> customers;
    world_.LookAll(Service::kProfile, [&](StateView& view) {
      for (int64_t i = 0; i < kCustomers; ++i) {
        const auto id = UserId(retail_.Describe(i).user_id);
        if (auto owner = profile::FindOwner(view, profile::TextOf(id))) customers[*owner] = i;
      }
    });
    return customers;
  }

  // What the messages bring about.
  void CollectReactions() {
    const auto customers = Customers();
    for (const auto& [contact, letter] : world_.mailroom().delivered()) {
      received_.push_back({contact, customers.at(letter.customer), 0, letter.offer, letter.time});
      if (auto order = retail_.React(received_.back())) agenda_.emplace(order->time, *order);
    }
  }

  void LiveThrough(int day) {
    const Micros end = kStart + (day + 1) * kMicrosPerDay;
    world_.AdvanceTo(end);
    std::vector<Order> orders;
    for (int64_t customer = 0; customer < kCustomers; ++customer) {
      retail_.OrdersOfDay(customer, day, &orders);
    }
    for (; !agenda_.empty() && agenda_.begin()->first < end; agenda_.erase(agenda_.begin())) {
      orders.push_back(agenda_.begin()->second);
    }
    for (const Order& order : orders) Track(order);
    world_.Settle();
  }

  const loadgen::Retail retail_;
  World world_;
  Client client_;
  const uint64_t seed_;
  std::vector<Received> received_;
  std::multimap<Micros, Order> agenda_;
};

// How often the interval of one metric held the truth.
struct Coverage {
  const char* metric;
  int64_t held = 0;

  void Add(uint64_t seed, const response::v1::Lift& lift, double truth) {
    ASSERT_EQ(lift.metric(), metric);
    ASSERT_TRUE(lift.defined());
    held += lift.low() <= truth && truth <= lift.high();
    testing::Test::RecordProperty(absl::StrCat(metric, "_seed_", seed),
                                  absl::StrCat(truth, " in [", lift.low(), ", ", lift.high(), "]"));
  }
  void Expect() const {
    const stats::CountBand band = stats::BinomialBand(kSeeds, 0.95, 0.999);
    EXPECT_TRUE(band.Contains(held))
        << metric << ": " << held << " of " << kSeeds
        << " intervals hold the true effect; expected " << band.low << " to " << band.high;
  }
};

TEST(CoverageTest, TheIntervalsHoldTheTrueEffectAsOftenAsTheySay) {
  Coverage share{"bought"}, sales{"sales"};
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    Shop shop(seed);
    shop.Run();
    ASSERT_GT(shop.contacted(), 300u);
    const response::v1::Comparison measured = shop.Measured();
    ASSERT_EQ(measured.lifts_size(), 2);
    share.Add(seed, measured.lifts(0), shop.TrueShare());
    sales.Add(seed, measured.lifts(1), shop.TrueSales());
  }
  share.Expect();
  sales.Expect();
}

}  // namespace
}  // namespace dangol::simulation
