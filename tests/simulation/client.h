// What people and systems outside ask of a World: definitions, campaign life, facts, activities.
// Goes the same way as the RPC layers do, without gRPC.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "dangol/campaign/v1/campaign.pb.h"
#include "dangol/event/v1/ingest.pb.h"
#include "tests/simulation/world.h"

namespace dangol::simulation {

class Client {
 public:
  explicit Client(World* world) : world_(*world) {}

  // Applies every document of a YAML text. Budgets of offers that have one become `budget_minor`,
  // if it is not 0.
  void ApplyYaml(absl::string_view name, absl::string_view text, int64_t budget_minor = 0);
  // The same of a file, by its path from the source root.
  void ApplyFile(const std::string& path, int64_t budget_minor = 0);

  // DRAFT → RUNNING or SCHEDULED, by an author, an approver and an operator.
  void Launch(const std::string& campaign);
  // "pause", "resume" or "cancel"; a finished campaign stays as it is.
  void Move(const std::string& campaign, const std::string& call);
  // What a provider reports about a contact that was sent; FAILED_PRECONDITION is taken as "too
  // early".
  void ReportDelivered(const std::string& contact_id);

  // As profile's RPC layer takes it: normalised, to the partition of its primary identifier.
  void Ingest(event::v1::IngestEvent event);
  // The same into any partition, as a producer that partitions wrongly does.
  void IngestMisplaced(event::v1::IngestEvent event, Partition partition);

 private:
  template <typename Command>
  std::string Run(Scope scope, const Command& command, const std::string& principal);
  template <typename Message>
  void Apply(const Message& message);

  World& world_;
  int requests_ = 0;
};

}  // namespace dangol::simulation
