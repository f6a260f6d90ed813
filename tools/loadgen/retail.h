// A retailer with customers whose behaviour is known exactly, so that a measured lift can be held
// against the true one. Everything is a function of (seed, customer, day or contact): no state, the
// same on every machine.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "libs/base/types.h"

namespace dangol::loadgen {

inline constexpr const char* kBusinessUnits[] = {"beauty", "living"};
inline constexpr int kBusinesses = 2;
inline constexpr const char* kOffers[] = {"free-sample", "voucher-5000", "double-points"};
inline constexpr int kOfferKinds = 3;

struct RetailOptions {
  uint64_t seed = 1;
  int64_t customers = 100'000;
  // First instant of the campaign; the history ends here.
  Micros start = 0;
  int history_days = 730;
  // Chance that a contacted dormant customer reacts, by offer; 0 everywhere makes a null campaign.
  double reaction[kOfferKinds] = {0.015, 0.06, 0.03};
  // Chance that the thank-you contact after a purchase brings another one.
  double thank_you_reaction = 0.05;
  // False: a customer's habits are drawn again whenever they are asked for, instead of 100 bytes a
  // customer being kept.
  bool remember_habits = true;
};

struct Person {
  std::string user_id;
  std::string email;
  std::string phone;
  std::string city;
  std::string grade;
  int age = 0;
  bool mail_consent = false;
  bool push_consent = false;
  bool do_not_serve = false;
};

struct Order {
  int64_t customer = 0;
  int business = 0;
  std::string order_id;
  Micros time = 0;
  int64_t net_minor = 0;  // KRW
  int quantity = 1;
  std::string store;
};

// A message that reached a customer, as its webhook post or file row says.
struct Received {
  std::string contact_id;
  int64_t customer = 0;
  int business = 0;
  std::string offer;  // empty: the thank-you message
  Micros time = 0;
};

// Thread-safe: const.
class Retail {
 public:
  explicit Retail(RetailOptions options);

  const RetailOptions& options() const { return options_; }
  Person Describe(int64_t customer) const;
  static std::string UserIdOf(int64_t customer);
  // Index of a user id made by Describe; nullopt for any other text.
  std::optional<int64_t> CustomerOf(absl::string_view user_id) const;

  // Orders before the start, in order of time.
  std::vector<Order> History(int64_t customer) const;
  // Orders that the customer makes of itself on day `day` (0: the day of the start).
  void OrdersOfDay(int64_t customer, int64_t day, std::vector<Order>* out) const;

  // The order that a received message brings about, if it does, 0 to 20 days later.
  std::optional<Order> React(const Received& received) const;

  // Chance of at least one order of itself in `days` days.
  double BaseRate(int64_t customer, int business, double days) const;
  // By how much a message raises the chance of at least one order in `days` ≥ 20 days, and the
  // expected sales in minor units.
  double TrueShareEffect(const Received& received, double days) const;
  double TrueSalesEffect(const Received& received) const;

 private:
  struct Habit {
    double daily_rate = 0;    // while active
    double dormant_rate = 0;  // after dropping out
    int64_t first_day = 0;    // relative to the start, negative
    int64_t last_day = 0;     // dropped out on this day; INT64_MAX: active
    double log_mean_amount = 0;
    bool shops = false;
  };
  Habit DrawHabit(int64_t customer, int business) const;
  Habit HabitOf(int64_t customer, int business) const {
    if (habits_.empty()) return DrawHabit(customer, business);
    return habits_[static_cast<size_t>(customer * kBusinesses + business)];
  }
  double RateOn(const Habit& habit, int64_t day) const;
  std::optional<Order> OrderOn(const Habit& habit, int64_t customer, int business,
                               int64_t day) const;
  double ReactionChance(const Received& received) const;
  uint64_t Draw(absl::string_view what, uint64_t a, uint64_t b = 0) const;

  RetailOptions options_;
  std::vector<Habit> habits_;  // of each customer in each business: asked for every day; or empty
};

}  // namespace dangol::loadgen
