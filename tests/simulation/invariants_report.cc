#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "dangol/response/v1/response_service.pb.h"
#include "dangol/response/v1/state.pb.h"
#include "gtest/gtest.h"
#include "services/response/domain/report.h"
#include "services/response/processor.h"
#include "services/response/questions.h"
#include "tests/simulation/invariants.h"

namespace dangol::simulation {
namespace {

struct Logged {
  TopicPartition from;
  Record record;
};

// What response reads, in the order in which it was emitted.
std::vector<Logged> ReadInputs(World& world) {
  std::vector<Logged> all;
  for (Topic topic : {Topic::kDefinition, Topic::kContact, Topic::kCustomer}) {
    for (uint32_t p = 0; p < world.partitions(); ++p) {
      const TopicPartition from{topic, static_cast<Partition>(p)};
      std::vector<StoredRecord> records;
      EXPECT_TRUE(world.log().Read(from, 0, SIZE_MAX, SIZE_MAX, &records).ok());
      for (StoredRecord& stored : records) all.push_back({from, std::move(stored.record)});
    }
  }
  std::stable_sort(all.begin(), all.end(), [](const Logged& a, const Logged& b) {
    return a.record.emit_time < b.record.emit_time;
  });
  return all;
}

// A response service of its own, which lives through the log once more.
class Rebuilt {
 public:
  explicit Rebuilt(World& world)
      : log_(Options(world)),
        clock_(0),
        runtime_(&log_, &store_, &clock_, {response::Spec()}, Manual()) {
    EXPECT_TRUE(runtime_.Start().ok());
    for (Logged& logged : ReadInputs(world)) {
      if (logged.record.emit_time > clock_.Now()) {
        Settle();
        clock_.AdvanceTo(logged.record.emit_time);
      }
      EXPECT_TRUE(log_.Append(logged.from, {std::move(logged.record)}).ok());
    }
    Settle();
    clock_.AdvanceTo(world.now());
    Settle();
    EXPECT_TRUE(runtime_.Halted().empty()) << runtime_.Halted().front();
  }

  void LookAll(const World::LookFn& fn) {
    for (uint32_t p = 0; p < log_.partitions(); ++p) {
      const Scope scope{Service::kResponse, static_cast<Partition>(p)};
      EXPECT_TRUE(runtime_
                      .Read(scope, 0,
                            [&](Processor&, StateView& view) {
                              fn(view);
                              return absl::OkStatus();
                            })
                      .ok());
    }
  }

 private:
  static SimLog::Options Options(const World& world) {
    SimLog::Options options;
    options.partitions = world.partitions();
    return options;
  }
  static RuntimeOptions Manual() {
    RuntimeOptions options;
    options.drive = Drive::kManual;
    return options;
  }
  void Settle() {
    while (runtime_.RunOnce() || runtime_.RunOnce()) {
    }
  }

  SimLog log_;
  SimCheckpoints store_;
  ManualClock clock_;
  Runtime runtime_;
};

std::string ReportOf(const campaign::v1::Campaign& campaign, const response::Cells& cells,
                     Micros now) {
  const auto report = response::BuildReport(campaign, "KRW", cells, {}, now);
  return report.ok() ? report->DebugString() : report.status().ToString();
}

}  // namespace

void CheckReports(World& world, const Evidence& evidence) {
  Rebuilt rebuilt(world);
  std::set<std::string> measured;
  for (const auto& [id, contact] : evidence.contacts) {
    if (Measured(contact)) measured.insert(contact.campaign());
  }
  for (const auto& [name, campaign] : evidence.campaigns) {
    response::Cells live, again;
    world.LookAll(Service::kResponse, [&, &campaign = name](StateView& view) {
      EXPECT_TRUE(response::AddCells(response::CellsOf(view, campaign), &live).ok());
    });
    rebuilt.LookAll([&, &campaign = name](StateView& view) {
      EXPECT_TRUE(response::AddCells(response::CellsOf(view, campaign), &again).ok());
    });
    EXPECT_TRUE(!live.empty() || measured.count(name) == 0) << name;
    EXPECT_EQ(ReportOf(campaign, again, world.now()), ReportOf(campaign, live, world.now()));
  }
}

}  // namespace dangol::simulation
