#include "tools/loadgen/retail.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "libs/base/hash.h"
#include "libs/base/rng.h"

namespace dangol::loadgen {
namespace {

constexpr const char* kCities[] = {"Seoul", "Busan", "Incheon", "Daegu", "Daejeon", "Gwangju"};
constexpr double kAmountSpread = 0.6;  // of the logarithm of an order's amount
constexpr double kReactionDays = 6.0;  // mean delay of a reaction, cut at kReactionLimitDays
constexpr double kReactionLimitDays = 20.0;

// Won amounts end in 100.
int64_t Amount(double log_mean, Rng& rng) {
  const double amount = std::exp(log_mean + kAmountSpread * rng.Normal());
  return std::max<int64_t>(1, std::llround(amount / 100.0)) * 100;
}

}  // namespace

Retail::Retail(RetailOptions options) : options_(options) {
  if (!options.remember_habits) return;
  habits_.reserve(static_cast<size_t>(options.customers * kBusinesses));
  for (int64_t customer = 0; customer < options.customers; ++customer) {
    for (int business = 0; business < kBusinesses; ++business) {
      habits_.push_back(DrawHabit(customer, business));
    }
  }
}

uint64_t Retail::Draw(absl::string_view what, uint64_t a, uint64_t b) const {
  return HashCombine(Hash64(what, options_.seed), HashCombine(a, b));
}

std::string Retail::UserIdOf(int64_t customer) {
  return absl::StrCat("u", absl::Dec(customer, absl::kZeroPad7));
}

Person Retail::Describe(int64_t customer) const {
  Rng rng(Draw("person", customer));
  Person person;
  person.user_id = UserIdOf(customer);
  person.email = absl::StrFormat("u%07d@example.com", customer);
  person.phone = absl::StrFormat("010-%04d-%04d", customer / 10'000 % 10'000, customer % 10'000);
  person.city = kCities[rng.Below(std::size(kCities))];
  person.age = 19 + static_cast<int>(rng.Below(52));
  person.grade = rng.Chance(0.1) ? "gold" : rng.Chance(0.3) ? "silver" : "basic";
  person.mail_consent = rng.Chance(0.85);
  person.push_consent = rng.Chance(0.8);
  person.do_not_serve = rng.Chance(0.01);
  return person;
}

std::optional<int64_t> Retail::CustomerOf(absl::string_view user_id) const {
  int64_t customer = 0;
  if (user_id.size() < 2 || user_id[0] != 'u' || !absl::SimpleAtoi(user_id.substr(1), &customer) ||
      customer < 0 || customer >= options_.customers) {
    return std::nullopt;
  }
  return customer;
}

Retail::Habit Retail::DrawHabit(int64_t customer, int business) const {
  Rng rng(Draw("habit", customer, business));
  Habit habit;
  habit.shops = business == 0 || rng.Chance(0.4);
  const double cycle_days = 25.0 + 10.0 * rng.Gamma(business == 0 ? 3.0 : 6.0);
  habit.daily_rate = 1.0 / cycle_days;
  habit.dormant_rate = 0.0004 + 0.0008 * rng.Uniform();
  habit.first_day = -1 - static_cast<int64_t>(rng.Below(options_.history_days));
  // Two in three have dropped out at some time since: the dormant tiers fill by themselves.
  habit.last_day = rng.Chance(0.33)
                       ? INT64_MAX
                       : habit.first_day + static_cast<int64_t>(rng.Below(-habit.first_day));
  habit.log_mean_amount = std::log(32'000.0) + 0.5 * rng.Normal();
  return habit;
}

double Retail::RateOn(const Habit& habit, int64_t day) const {
  if (!habit.shops || day < habit.first_day) return 0.0;
  return day <= habit.last_day ? habit.daily_rate : habit.dormant_rate;
}

std::optional<Order> Retail::OrderOn(const Habit& habit, int64_t customer, int business,
                                     int64_t day) const {
  Rng rng(Draw("order", customer, HashCombine(business, static_cast<uint64_t>(day))));
  const bool first = day == habit.first_day && habit.shops;
  if (!first && !rng.Chance(1.0 - std::exp(-RateOn(habit, day)))) return std::nullopt;
  Order order;
  order.customer = customer;
  order.business = business;
  order.order_id = absl::StrFormat("%s-%d-%d", kBusinessUnits[business], customer, day);
  order.time = options_.start + day * kMicrosPerDay + 9 * kMicrosPerHour +
               static_cast<Micros>(rng.Below(12 * 3600)) * kMicrosPerSecond;
  order.net_minor = Amount(habit.log_mean_amount, rng);
  order.quantity = 1 + static_cast<int>(rng.Below(4));
  order.store = absl::StrCat("S", 1 + rng.Below(20));
  return order;
}

std::vector<Order> Retail::History(int64_t customer) const {
  std::vector<Order> orders;
  for (int business = 0; business < kBusinesses; ++business) {
    const Habit habit = HabitOf(customer, business);
    if (!habit.shops) continue;
    for (int64_t day = habit.first_day; day < 0; ++day) {
      if (auto order = OrderOn(habit, customer, business, day)) orders.push_back(*order);
    }
  }
  std::sort(orders.begin(), orders.end(),
            [](const Order& a, const Order& b) { return a.time < b.time; });
  return orders;
}

void Retail::OrdersOfDay(int64_t customer, int64_t day, std::vector<Order>* out) const {
  for (int business = 0; business < kBusinesses; ++business) {
    const Habit habit = HabitOf(customer, business);
    if (auto order = OrderOn(habit, customer, business, day)) out->push_back(*std::move(order));
  }
}

double Retail::ReactionChance(const Received& received) const {
  if (received.offer.empty()) return options_.thank_you_reaction;
  for (int i = 0; i < kOfferKinds; ++i) {
    if (received.offer == kOffers[i]) return options_.reaction[i];
  }
  return 0.0;
}

std::optional<Order> Retail::React(const Received& received) const {
  Rng rng(Draw("react", received.customer, Hash64(received.contact_id)));
  if (!rng.Chance(ReactionChance(received))) return std::nullopt;
  const double delay = std::min(kReactionLimitDays, rng.Exponential(kReactionDays));
  Order order;
  order.customer = received.customer;
  order.business = received.business;
  order.order_id = absl::StrCat("r-", received.contact_id);
  order.time = received.time + static_cast<Micros>(delay * static_cast<double>(kMicrosPerDay));
  order.net_minor = Amount(HabitOf(received.customer, received.business).log_mean_amount, rng);
  order.store = "web";
  return order;
}

double Retail::BaseRate(int64_t customer, int business, double days) const {
  return 1.0 - std::exp(-RateOn(HabitOf(customer, business), 0) * days);
}

double Retail::TrueShareEffect(const Received& received, double days) const {
  return (1.0 - BaseRate(received.customer, received.business, days)) * ReactionChance(received);
}

double Retail::TrueSalesEffect(const Received& received) const {
  const Habit habit = HabitOf(received.customer, received.business);
  return ReactionChance(received) *
         std::exp(habit.log_mean_amount + kAmountSpread * kAmountSpread / 2);
}

}  // namespace dangol::loadgen
