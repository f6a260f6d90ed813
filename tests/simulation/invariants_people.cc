#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "libs/stream/merge.h"
#include "services/profile/tables.h"
#include "tests/simulation/invariants.h"

namespace dangol::simulation {
namespace {

using event::v1::Activity;

constexpr Service kKeepers[] = {Service::kProfile, Service::kSegmentation, Service::kOffer,
                                Service::kCampaign, Service::kResponse};

std::set<CustomerId> CustomersOf(World& world, Service service) {
  std::set<CustomerId> ids;
  world.LookAll(service, [&](StateView& view) {
    view.Scan(Table::kCustomer, "", [&](absl::string_view key, absl::string_view) {
      ids.insert(DecodeKey(key));
      return true;
    });
  });
  return ids;
}

std::vector<Activity> Published(const Evidence& evidence, const std::set<CustomerId>& without) {
  std::vector<Activity> all;
  for (const auto& [id, person] : evidence.people) {
    if (without.count(evidence.Now(id)) > 0) continue;
    all.insert(all.end(), person.activities.begin(), person.activities.end());
  }
  return all;
}

}  // namespace

void CheckPeople(World& world, const Season& season, const Evidence& evidence) {
  EXPECT_EQ(KindsOf(Published(evidence, {})), KindsOf(season.activities())) << "topic customer";
  EXPECT_EQ(KindsInLedgers(world), KindsOf(Published(evidence, season.erased())))
      << "segmentation's ledgers";
  EXPECT_EQ(evidence.dead, 0) << "dead letters";
  EXPECT_EQ(evidence.merged.size(), size_t{Season::kCustomers / Season::kCardEvery});
  EXPECT_EQ(CustomersOf(world, Service::kProfile).size(),
            Season::kCustomers - season.erased().size());
  for (const Service service : kKeepers) {
    for (const CustomerId id : CustomersOf(world, service)) {
      EXPECT_EQ(evidence.merged.count(id), 0u) << ServiceName(service) << " keeps merged " << id;
      EXPECT_EQ(season.erased().count(id), 0u) << ServiceName(service) << " keeps erased " << id;
    }
  }
}

}  // namespace dangol::simulation
