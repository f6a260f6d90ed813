#include <algorithm>
#include <functional>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "dangol/offer/v1/state.pb.h"
#include "gtest/gtest.h"
#include "services/profile/domain/activity.h"
#include "services/profile/tables.h"
#include "services/segmentation/domain/customer.h"
#include "services/segmentation/tables.h"
#include "tests/simulation/invariants.h"

namespace dangol::simulation {
namespace {

using event::v1::Activity;

// The segments of season.yaml, written down once more.
std::set<std::string> SegmentsOf(const Evidence::Person& person, Micros now) {
  int64_t all = 0, last_30 = 0, last_14 = 0, spent_60 = 0;
  for (const Activity& a : person.activities) {
    const Micros age = now - a.occurred_time_us();
    if (!a.has_purchase() || age <= 0) continue;
    ++all;
    last_30 += age <= 30 * kMicrosPerDay;
    last_14 += age <= 14 * kMicrosPerDay;
    spent_60 += age <= 60 * kMicrosPerDay ? a.purchase().net_minor() : 0;
  }
  std::set<std::string> segments;
  if (all >= 1 && last_30 == 0) segments.insert("lapsed");
  if (last_14 >= 2) segments.insert("busy");
  if (person.city == "Seoul") segments.insert("seoul");
  if (spent_60 > 100'000) segments.insert("big");
  return segments;
}

using Memberships = std::map<CustomerId, std::set<std::string>>;

Memberships InSegmentation(World& world) {
  Memberships all;
  world.LookAll(Service::kSegmentation, [&](StateView& view) {
    std::map<uint32_t, std::string> names;
    segmentation::ScanShared(view, segmentation::kSegment, "",
                             [&](absl::string_view, absl::string_view bytes) {
                               segmentation::v1::PartitionSegment segment;
                               segment.ParseFromString(std::string(bytes));
                               names[segment.id()] = segment.segment().name();
                               return true;
                             });
    view.Scan(Table::kCustomer, "", [&](absl::string_view key, absl::string_view bytes) {
      const auto customer = segmentation::DecodeCustomer(bytes);
      if (!customer.ok()) {
        all[DecodeKey(key)].insert("unreadable");
        return true;
      }
      for (const auto& m : customer->memberships) all[DecodeKey(key)].insert(names[m.segment_id]);
      return true;
    });
  });
  return all;
}

Memberships InOffer(World& world) {
  Memberships all;
  world.LookAll(Service::kOffer, [&](StateView& view) {
    view.Scan(Table::kCustomer, "", [&](absl::string_view key, absl::string_view bytes) {
      offer::v1::CustomerRecord record;
      record.ParseFromString(std::string(bytes));
      if (record.segments().empty()) return true;
      all[DecodeKey(key)] = {record.segments().begin(), record.segments().end()};
      return true;
    });
  });
  return all;
}

// Every table but the runtime's own.
std::map<std::string, std::string> Tables(World& world) {
  std::map<std::string, std::string> rows;
  for (int service = 0; service < kServices; ++service) {
    world.LookAll(static_cast<Service>(service), [&](StateView& view) {
      for (Table table :
           {Table::kCustomer, Table::kIndex, Table::kShared, Table::kTimer, Table::kEffect}) {
        view.Scan(table, "", [&](absl::string_view key, absl::string_view value) {
          rows[absl::StrCat(ToString(view.scope()), "/", static_cast<int>(table), "/", key)] =
              std::string(value);
          return true;
        });
      }
    });
  }
  return rows;
}

}  // namespace

std::map<std::string, int64_t> KindsOf(const std::vector<Activity>& activities) {
  std::map<std::string, int64_t> kinds;
  for (const Activity& a : activities) ++kinds[std::string(profile::KindName(a))];
  return kinds;
}

std::map<std::string, int64_t> KindsInLedgers(World& world) {
  std::map<std::string, int64_t> kinds;
  world.LookAll(Service::kSegmentation, [&](StateView& view) {
    view.Scan(Table::kCustomer, "", [&](absl::string_view, absl::string_view bytes) {
      auto customer = segmentation::DecodeCustomer(bytes);
      if (!customer.ok()) ADD_FAILURE() << customer.status();
      if (!customer.ok()) return false;
      for (const segmentation::Series& series : customer->ledger.series()) {
        std::string kind(customer->ledger.Text(series.kind));
        if (absl::StartsWith(kind, "event/")) kind = "web_event";
        if (kind != "line") kinds[kind] += static_cast<int64_t>(series.rows.size());
      }
      return true;
    });
  });
  return kinds;
}

void CheckNothingLostOrTwice(World& world, const Season& season, const Evidence& evidence) {
  const auto sent = KindsOf(season.activities());
  std::vector<Activity> published;
  for (const auto& [id, person] : evidence.people) {
    published.insert(published.end(), person.activities.begin(), person.activities.end());
  }
  EXPECT_EQ(KindsOf(published), sent) << "topic customer";
  EXPECT_EQ(KindsInLedgers(world), sent) << "segmentation's ledgers";
  std::map<std::string, int64_t> counted;
  int64_t customers = 0;
  world.LookAll(Service::kProfile, [&](StateView& view) {
    const profile::v1::StatsRecord stats = profile::LoadStats(view);
    customers += stats.customers();
    for (const auto& kind : stats.kinds()) counted[kind.kind()] += kind.count();
  });
  EXPECT_EQ(counted, sent) << "profile's statistics";
  EXPECT_EQ(customers, Season::kCustomers);
  EXPECT_EQ(evidence.people.size(), static_cast<size_t>(Season::kCustomers));
  EXPECT_EQ(evidence.dead, 0) << "dead letters";
}

void CheckOrder(const Season& season, const Evidence& evidence) {
  std::map<std::string, size_t> rank;
  for (const std::string& id : season.in_order()) rank.emplace(id, rank.size());
  for (const auto& [id, person] : evidence.people) {
    size_t last = 0;
    for (const Activity& a : person.activities) {
      const auto it = rank.find(a.message_id());
      if (it == rank.end()) continue;
      EXPECT_GE(it->second, last) << "customer " << id << ", " << a.message_id();
      last = it->second;
    }
  }
}

void CheckMemberships(World& world, const Evidence& evidence) {
  Memberships fresh;
  for (const auto& [id, person] : evidence.people) {
    if (auto segments = SegmentsOf(person, world.now()); !segments.empty()) fresh[id] = segments;
  }
  EXPECT_EQ(InSegmentation(world), fresh);
  EXPECT_EQ(InOffer(world), fresh);
}

void CheckReplay(World& world) {
  const auto before = Tables(world);
  world.Restart();
  const auto after = Tables(world);
  EXPECT_EQ(before.size(), after.size());
  for (const auto& [key, value] : before) {
    const auto it = after.find(key);
    EXPECT_TRUE(it != after.end() && it->second == value) << "differs: " << key;
  }
}

}  // namespace dangol::simulation
