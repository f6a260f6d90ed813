#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "dangol/campaign/v1/campaign_service.pb.h"
#include "dangol/campaign/v1/state.pb.h"
#include "dangol/response/v1/state.pb.h"
#include "gtest/gtest.h"
#include "libs/stats/moments.h"
#include "libs/stream/tables.h"
#include "services/campaign/domain/waterfall.h"
#include "tests/simulation/invariants.h"

namespace dangol::simulation {
namespace {

using Stages = std::map<int, int64_t>;

// "campaign/wave/audience/cell" → contacts by stage, from the cells' counts and from the contacts.
struct Cells {
  std::map<std::string, Stages> counted;
  std::map<std::string, Stages> found;
  std::map<std::string, campaign::v1::Waterfall> audiences;
};

Cells ReadCells(World& world) {
  Cells cells;
  world.LookAll(Service::kCampaign, [&](StateView& view) {
    ForEachRecord<campaign::v1::CellCounts>(
        view, Table::kShared, "count/", [&](absl::string_view key, const auto& counts) {
          const auto audience = key.substr(0, key.rfind('/'));
          campaign::AddCounts(counts, &cells.audiences[std::string(audience)]);
          for (const auto& [stage, n] : counts.stages()) {
            if (n != 0) cells.counted[std::string(key)][stage] += n;
          }
        });
    ForEachRecord<campaign::v1::ContactRecord>(
        view, Table::kIndex, "c", [&](absl::string_view, const auto& contact) {
          if (contact.is_proof()) return;
          ++cells.found[absl::StrCat(contact.campaign(), "/", contact.wave(), "/",
                                     contact.audience(), "/", contact.cell())][contact.stage()];
        });
  });
  return cells;
}

struct Measurement {
  int64_t customers = 0;
  int64_t responders = 0;
  int64_t sum = 0;
  friend bool operator==(const Measurement&, const Measurement&) = default;
  friend void PrintTo(const Measurement& m, std::ostream* out) {
    *out << m.customers << " customers, " << m.responders << " responders, sum " << m.sum;
  }
};
using Sums = std::map<std::string, Measurement>;  // by "campaign/wave/audience/cell metric"

Sums StoredSums(World& world) {
  Sums all;
  world.LookAll(Service::kResponse, [&](StateView& view) {
    ForEachRecord<response::v1::CellSums>(
        view, Table::kShared, "sums/", [&](absl::string_view key, const auto& cell) {
          for (const auto& metric : cell.metrics()) {
            const auto sums = stats::Sums::Decode(metric.sums());
            ASSERT_TRUE(sums.ok());
            if (sums->n == 0) continue;
            Measurement& into = all[absl::StrCat(key, " ", metric.name())];
            into.customers += sums->n;
            into.responders += sums->responders;
            into.sum += static_cast<int64_t>(sums->sum);
          }
        });
  });
  return all;
}

// A contact's metric from its customer's purchases inside the window.
Measurement Measure(const campaign::v1::Metric& metric, const Evidence::Person& person, Micros from,
                    Micros to) {
  Measurement m;
  m.customers = 1;
  std::set<std::string> orders;
  const auto inside = [&](const event::v1::Activity& a) {
    return a.occurred_time_us() >= from && a.occurred_time_us() < to;
  };
  for (const event::v1::Activity& a : person.activities) {
    if (!a.has_purchase() || !inside(a)) continue;
    m.responders = 1;
    orders.insert(a.external_id());
    switch (metric.measure()) {
      case campaign::v1::METRIC_MEASURE_SHARE:
        m.sum = 1;
        break;
      case campaign::v1::METRIC_MEASURE_COUNT:
        ++m.sum;
        break;
      default:
        m.sum += a.purchase().net_minor();
    }
  }
  if (metric.measure() != campaign::v1::METRIC_MEASURE_SUM) return m;
  for (const event::v1::Activity& a : person.activities) {
    if (!a.has_return_() || !inside(a) || orders.count(a.return_().order_id()) == 0) continue;
    m.sum -= a.return_().net_minor();
  }
  return m;
}

Sums FreshSums(const Evidence& evidence) {
  Sums all;
  for (const auto& [id, contact] : evidence.contacts) {
    if (!Measured(contact)) continue;
    const campaign::v1::Campaign& campaign = evidence.campaigns.at(contact.campaign());
    const Micros from = contact.contact_time_us();
    for (const campaign::v1::Metric& metric : campaign.metrics()) {
      const Measurement one = Measure(metric, evidence.people.at(contact.customer_id()), from,
                                      from + campaign.response_window_us());
      Measurement& into =
          all[absl::StrCat(contact.campaign(), "/", contact.wave(), "/", contact.audience(), "/",
                           contact.cell(), " ", metric.name())];
      into.customers += one.customers;
      into.responders += one.responders;
      into.sum += one.sum;
    }
  }
  return all;
}

}  // namespace

void CheckWaterfalls(World& world, const Evidence& evidence) {
  const Cells cells = ReadCells(world);
  EXPECT_EQ(cells.counted, cells.found) << "cells' counts against their contacts";
  std::map<std::string, campaign::v1::Waterfall> sums;  // of waves, campaigns and everything
  for (const auto& [key, waterfall] : cells.audiences) {
    EXPECT_TRUE(campaign::Ties(waterfall)) << key << ": " << waterfall.ShortDebugString();
    const std::vector<std::string> parts = absl::StrSplit(key, '/');
    for (size_t n = 0; n < parts.size(); ++n) {
      campaign::AddWaterfall(waterfall,
                             &sums[absl::StrJoin(parts.begin(), parts.begin() + n, "/")]);
    }
  }
  for (const auto& [key, waterfall] : sums) {
    EXPECT_TRUE(campaign::Ties(waterfall)) << key << ": " << waterfall.ShortDebugString();
    EXPECT_EQ(waterfall.pending() + waterfall.in_flight(), 0) << key << " has come to rest";
  }
  int64_t held_out = 0;
  for (const auto& [id, contact] : evidence.contacts) {
    held_out += contact.is_holdout_twin() && Measured(contact);
  }
  EXPECT_EQ(sums[""].held_out(), held_out);
  EXPECT_EQ(evidence.campaigns.at("back").state(), campaign::v1::CAMPAIGN_STATE_FINISHED);
  EXPECT_EQ(evidence.campaigns.at("capital").state(), campaign::v1::CAMPAIGN_STATE_FINISHED);
  // Cancelled, unless everything was sent before.
  EXPECT_GE(evidence.campaigns.at("spree").state(), campaign::v1::CAMPAIGN_STATE_FINISHED);
}

void CheckResponses(World& world, const Evidence& evidence) {
  const Sums fresh = FreshSums(evidence);
  EXPECT_FALSE(fresh.empty());
  EXPECT_EQ(StoredSums(world), fresh);
}

void CheckAll(World& world, const Season& season) {
  EXPECT_TRUE(world.Halted().empty()) << world.Halted().front();
  const Evidence evidence(&world);
  CheckNothingLostOrTwice(world, season, evidence);
  CheckOrder(season, evidence);
  CheckMemberships(world, evidence);
  CheckDeliveries(world, evidence);
  CheckHoldouts(world, evidence);
  CheckCaps(evidence);
  CheckBudget(world, evidence);
  CheckDecisions(evidence);
  CheckContents(world);
  CheckList(season, evidence);
  CheckProofs(world, evidence);
  CheckWaterfalls(world, evidence);
  CheckResponses(world, evidence);
  CheckReports(world, evidence);
  CheckReplay(world);
}

void CheckAllWithPeople(World& world, const Season& season) {
  EXPECT_TRUE(world.Halted().empty()) << world.Halted().front();
  const Evidence evidence(&world);
  CheckPeople(world, season, evidence);
  CheckDeliveries(world, evidence);
  CheckHoldouts(world, evidence);
  CheckContents(world);
  CheckBudget(world, evidence);
  CheckReports(world, evidence);
  CheckReplay(world);
}

std::string BusinessState(World& world) {
  std::string text;
  for (const auto& [cell, stages] : ReadCells(world).found) {
    for (const auto& [stage, n] : stages) absl::StrAppend(&text, cell, " ", stage, ": ", n, "\n");
  }
  for (const auto& [key, m] : StoredSums(world)) {
    absl::StrAppend(&text, key, ": ", m.customers, " ", m.responders, " ", m.sum, "\n");
  }
  return text;
}

}  // namespace dangol::simulation
