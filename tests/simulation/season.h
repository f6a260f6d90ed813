// The workload of the simulation: a shop's customers, what they do, and the campaigns of
// season.yaml, with everything that goes wrong between a shop and its data: late, repeated and
// misplaced records, withdrawn consent, campaigns paused and cancelled.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "dangol/event/v1/ingest.pb.h"
#include "libs/base/rng.h"
#include "tests/simulation/client.h"
#include "tests/simulation/world.h"

namespace dangol::simulation {

class Season {
 public:
  static constexpr Micros kStart = 1'772'326'800 * kMicrosPerSecond;  // 2026-03-01 01:00 UTC
  static constexpr int kDays = 28;
  static constexpr int kCustomers = 60;

  // Every sixth customer also has a card, which is known by itself until it turns out whose it is.
  static constexpr int kCardEvery = 6;

  struct People {
    bool merge = false;  // cards turn out to be customers'
    bool erase = false;  // two customers want nothing kept of them
  };

  // What customers do depends on the seed alone.
  Season(uint64_t seed, World* world) : Season(seed, world, People{}) {}
  Season(uint64_t seed, World* world, People people)
      : rng_(seed), people_(people), world_(*world), client_(world) {}

  // From the first definition until every contact is final. With `budget_minor` for the gift, if
  // it is not 0: else few can have it.
  void Run(int64_t budget_minor = 0);

  // Acknowledged, each once, in the order of the first acknowledgement.
  const std::vector<event::v1::Activity>& activities() const { return activities_; }
  // Message ids of those that went to their customer's own partition by its primary identifier.
  const std::vector<std::string>& in_order() const { return in_order_; }
  // The list that campaign `listed` is assigned by.
  const std::map<CustomerId, std::string>& list() const { return list_; }
  const std::set<CustomerId>& erased() const { return erased_; }
  // What the cells of `spree` say, in the version that was approved last.
  static constexpr char kApprovedContent[] = "Now or never!";

 private:
  void Import();
  void Day(int day);
  // What planners and operators do on a day, at its noon.
  void Plan(int day);
  void Act();
  void Buy(int customer, Micros occurred);
  // Some earlier order comes back.
  void Return();
  void LaunchListed();
  void BuyByCard(int customer);
  void ChangePeople(int day);
  void Erase(int customer);
  int SomeCustomer();
  void Send(int customer, event::v1::Activity activity);
  void Describe(int customer, const std::string& city, bool consent, bool with_card = false);
  void ReportSome();
  event::v1::Activity Draft(int customer, Micros occurred);

  Rng rng_;
  const People people_;
  World& world_;
  Client client_;
  std::vector<event::v1::Activity> activities_;
  std::vector<std::string> in_order_;
  struct Order {
    int customer;
    std::string id;
    int64_t net_minor;
  };
  std::vector<Order> orders_;
  std::map<CustomerId, std::string> list_;
  std::set<CustomerId> erased_;
  std::set<int> gone_;  // who they were
  int next_ = 0;
};

}  // namespace dangol::simulation
