#include "tests/simulation/season.h"

#include "absl/strings/str_cat.h"
#include "libs/base/hash.h"

namespace dangol::simulation {
namespace {

using event::v1::Activity;

std::string UserOf(int customer) { return absl::StrCat("u", customer); }
std::string CardOf(int customer) { return absl::StrCat(4'000'000'000 + customer); }
std::string EmailOf(int customer) { return absl::StrCat("u", customer, "@example.com"); }

void AddId(common::v1::IdentifierType type, const std::string& value,
           google::protobuf::RepeatedPtrField<common::v1::Identifier>* ids) {
  common::v1::Identifier* id = ids->Add();
  id->set_type(type);
  id->set_value(value);
}

}  // namespace

void Season::Describe(int customer, const std::string& city, bool consent, bool with_card) {
  event::v1::IngestEvent event;
  event::v1::CustomerUpsert* upsert = event.mutable_upsert();
  upsert->set_message_id(absl::StrCat("f", next_++));
  upsert->set_source("crm");
  upsert->set_business_unit("shop");
  upsert->set_observed_time_us(world_.now());
  AddId(common::v1::IDENTIFIER_TYPE_USER_ID, UserOf(customer), upsert->mutable_identifiers());
  AddId(common::v1::IDENTIFIER_TYPE_EMAIL, EmailOf(customer), upsert->mutable_identifiers());
  if (with_card) {
    AddId(common::v1::IDENTIFIER_TYPE_CARD, CardOf(customer), upsert->mutable_identifiers());
  }
  (*upsert->mutable_traits())["city"].set_text(city);
  for (const char* channel : {"push", "sms", "mail"}) {
    profile::v1::Consent* given = upsert->add_consents();
    given->set_channel(channel);
    given->set_purpose(profile::v1::CONSENT_PURPOSE_MARKETING);
    given->set_granted(consent);
    given->set_evidence("form");
    given->set_observed_time_us(world_.now());
  }
  client_.Ingest(event);
  if (rng_.Chance(0.1)) client_.Ingest(event);
}

void Season::BuyByCard(int customer) {
  Activity activity = Draft(customer, world_.now() - kMicrosPerMinute);
  activity.clear_identifiers();
  AddId(common::v1::IDENTIFIER_TYPE_CARD, CardOf(customer), activity.mutable_identifiers());
  activity.mutable_purchase()->set_currency("KRW");
  activity.mutable_purchase()->set_net_minor(100 * static_cast<int64_t>(50 + rng_.Below(750)));
  activity.mutable_purchase()->set_quantity(1);
  activities_.push_back(activity);
  event::v1::IngestEvent event;
  *event.mutable_activity() = activity;
  client_.Ingest(event);
  if (rng_.Chance(0.2)) client_.Ingest(event);
}

// Whose a card is comes out while the customer buys by card and by name, and campaigns run.
void Season::ChangePeople(int day) {
  if (people_.merge) {
    for (int customer = 0; customer < kCustomers; customer += kCardEvery) {
      if (rng_.Chance(0.3)) BuyByCard(customer);
    }
    const int customer = day / 2 * kCardEvery;
    if (day % 2 == 0 && customer < kCustomers) {
      BuyByCard(customer);
      Describe(customer, "Seoul", true, true);
      BuyByCard(customer);
      Buy(customer, world_.now() - kMicrosPerMinute);
    }
  }
  if (people_.erase && day == 16) Erase(kCustomers - 1);
  if (people_.erase && day == 21) Erase(kCustomers - 2);
}

void Season::Erase(int customer) {
  world_.Settle();  // what was sent for them before is before
  const CustomerId id = client_.CustomerOf(UserOf(customer));
  client_.Erase(id);
  erased_.insert(id);
  gone_.insert(customer);
}

int Season::SomeCustomer() {
  int customer = 0;
  do {
    customer = static_cast<int>(rng_.Below(kCustomers));
  } while (gone_.count(customer) > 0);
  return customer;
}

void Season::Import() {
  // Half of the cards are known before their customers, so that either may be the older.
  for (int customer = 0; people_.merge && customer < kCustomers; customer += 2 * kCardEvery) {
    BuyByCard(customer);
  }
  world_.Settle();
  for (int customer = 0; customer < kCustomers; ++customer) {
    Describe(customer, rng_.Chance(0.4) ? "Seoul" : "Busan", rng_.Chance(0.9));
  }
  // E-mail addresses are claimed across partitions before anyone is known by one alone.
  world_.Settle();
  for (int customer = 0; customer < kCustomers; ++customer) {
    for (uint64_t orders = rng_.Below(5); orders > 0; --orders) {
      Buy(customer, world_.now() - static_cast<Micros>(rng_.Below(90 * 24)) * kMicrosPerHour);
    }
  }
}

Activity Season::Draft(int customer, Micros occurred) {
  Activity activity;
  activity.set_message_id(absl::StrCat("m", next_++));
  activity.set_source("pos");
  activity.set_business_unit("shop");
  activity.set_occurred_time_us(occurred);
  AddId(common::v1::IDENTIFIER_TYPE_USER_ID, UserOf(customer), activity.mutable_identifiers());
  return activity;
}

void Season::Buy(int customer, Micros occurred) {
  Activity activity = Draft(customer, occurred);
  activity.set_external_id(absl::StrCat("o", next_));
  activity.mutable_purchase()->set_currency("KRW");
  activity.mutable_purchase()->set_net_minor(100 * static_cast<int64_t>(50 + rng_.Below(750)));
  activity.mutable_purchase()->set_quantity(1);
  orders_.push_back({customer, activity.external_id(), activity.purchase().net_minor()});
  Send(customer, std::move(activity));
}

void Season::Return() {
  if (orders_.empty()) return;
  const Order& order = orders_[rng_.Below(orders_.size())];
  if (gone_.count(order.customer) > 0) return;
  Activity activity = Draft(order.customer, world_.now() - kMicrosPerMinute);
  activity.set_external_id(absl::StrCat("r", next_));
  activity.mutable_return_()->set_currency("KRW");
  activity.mutable_return_()->set_net_minor(
      1 + static_cast<int64_t>(rng_.Below(static_cast<uint64_t>(order.net_minor))));
  activity.mutable_return_()->set_order_id(order.id);
  activity.mutable_return_()->set_quantity(1);
  Send(order.customer, std::move(activity));
}

void Season::Send(int customer, Activity activity) {
  activities_.push_back(activity);
  event::v1::IngestEvent event;
  const double dice = rng_.Uniform();
  if (dice < 0.05) {  // known by its e-mail address alone
    activity.clear_identifiers();
    AddId(common::v1::IDENTIFIER_TYPE_EMAIL, EmailOf(customer), activity.mutable_identifiers());
  }
  *event.mutable_activity() = activity;
  if (dice >= 0.05 && dice < 0.10) {
    client_.IngestMisplaced(event, static_cast<Partition>(rng_.Below(world_.partitions())));
  } else {
    client_.Ingest(event);
  }
  if (dice >= 0.10) in_order_.push_back(activity.message_id());
  if (rng_.Chance(0.1)) {  // sent again; an order may come with another message id
    if (!activity.external_id().empty())
      event.mutable_activity()->set_message_id(absl::StrCat("again", next_++));
    client_.Ingest(event);
  }
}

void Season::Act() {
  const int customer = SomeCustomer();
  const Micros late = rng_.Chance(0.25) ? static_cast<Micros>(rng_.Below(72)) * kMicrosPerHour : 0;
  const Micros occurred = world_.now() - late - kMicrosPerMinute;
  const double dice = rng_.Uniform();
  if (dice < 0.52) return Buy(customer, occurred);
  if (dice < 0.6) return Return();
  if (dice < 0.7) return Describe(customer, rng_.Chance(0.5) ? "Seoul" : "Busan", rng_.Chance(0.6));
  Activity activity = Draft(customer, occurred);
  if (dice < 0.85) {
    activity.mutable_visit()->set_place(event::v1::VISIT_PLACE_STORE);
  } else {
    activity.mutable_web_event()->set_event("product_viewed");
  }
  Send(customer, std::move(activity));
}

// Providers report some deliveries later.
void Season::ReportSome() {
  std::vector<std::string> ids;
  for (const auto& [id, letter] : world_.mailroom().delivered()) {
    if (Hash64(id) % 10 == 0 && erased_.count(letter.customer) == 0) ids.push_back(id);
  }
  for (const std::string& id : ids) client_.ReportDelivered(id);
}

void Season::LaunchListed() {
  for (int customer = 0; customer < kCustomers; customer += 2) {
    const CustomerId id = client_.CustomerOf(UserOf(customer));
    list_[id] = rng_.Chance(0.3) ? "listed-control" : "listed-push";
  }
  client_.Assign("listed", list_);
  client_.Launch("listed");
}

void Season::Plan(int day) {
  if (day == 0) {
    client_.Launch("thanks");
    client_.Launch("fallen");
    client_.Launch("back");
  } else if (day == 1) {
    client_.SendProof("capital", client_.CustomerOf(UserOf(0)));
    client_.Launch("capital");
    world_.AdvanceTo(world_.now() + 5 * kMicrosPerMinute);
    client_.Move("capital", "pause");
    Describe(static_cast<int>(rng_.Below(kCustomers)), "Seoul", false);
    world_.AdvanceTo(world_.now() + 6 * kMicrosPerHour);
    client_.Move("capital", "resume");
  } else if (day == 3) {
    LaunchListed();
  } else if (day == 9) {
    // At noon, or in quiet hours, when everything waits.
    if (rng_.Chance(0.5)) world_.AdvanceTo(world_.now() + 11 * kMicrosPerHour);
    client_.EditAfterApproval("spree", kApprovedContent);
    client_.Launch("spree");
    world_.AdvanceTo(world_.now() + 5 * kMicrosPerMinute);
    for (int i = 0; i < 5; ++i) Describe(i, "Busan", false);  // consent withdrawn in flight
    client_.Move("spree", "cancel");
  } else if (day % 5 == 4) {
    ReportSome();
  }
}

void Season::Day(int day) {
  const Micros begin = kStart + day * kMicrosPerDay;
  world_.AdvanceTo(begin + 2 * kMicrosPerHour);
  Plan(day);
  ChangePeople(day);
  for (int burst = 1; burst <= 3; ++burst) {
    world_.AdvanceTo(std::max(world_.now(), begin + (2 + 6 * burst) * kMicrosPerHour));
    for (uint64_t n = rng_.Below(5); n > 0; --n) Act();
  }
}

void Season::Run(int64_t budget_minor) {
  client_.ApplyFile("tests/simulation/season.yaml", budget_minor);
  Import();
  for (int day = 0; day < kDays; ++day) Day(day);
  world_.Settle();  // what triggered before the end counts
  client_.Move("thanks", "cancel");
  client_.Move("fallen", "cancel");
  world_.AdvanceTo(kStart + (kDays + 3) * kMicrosPerDay);
  world_.Heal();
  world_.AdvanceTo(world_.now() + World::kClockErrorMax + kMicrosPerHour);
}

}  // namespace dangol::simulation
