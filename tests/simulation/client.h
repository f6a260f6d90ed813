// What people and systems outside ask of a World: definitions, campaign life, facts, activities.
// Goes the same way as the RPC layers do, without gRPC.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "dangol/campaign/v1/campaign.pb.h"
#include "dangol/campaign/v1/command.pb.h"
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
  // Gives every cell of an approved campaign another content: that voids the approval, and it
  // cannot be started.
  void EditAfterApproval(const std::string& campaign, const std::string& content);
  void SendProof(const std::string& campaign, CustomerId customer);
  // Uploads the list of a campaign that is assigned by one.
  void Assign(const std::string& campaign, const std::map<CustomerId, std::string>& cells);
  // Who has this user id.
  CustomerId CustomerOf(const std::string& user);
  // "pause", "resume" or "cancel"; a finished campaign stays as it is.
  void Move(const std::string& campaign, const std::string& call);
  // Nothing is to be kept of the customer.
  void Erase(CustomerId customer);
  // What a provider reports about a contact that was sent; FAILED_PRECONDITION is taken as "too
  // early".
  void ReportDelivered(const std::string& contact_id);

  // As profile's RPC layer takes it: normalised, to the partition of its primary identifier.
  void Ingest(event::v1::IngestEvent event);
  // The same into any partition, as a producer that partitions wrongly does.
  void IngestMisplaced(event::v1::IngestEvent event, Partition partition);

 private:
  // An answer that is not OK fails the test, unless the campaign's state did not allow the call:
  // then it is "".
  std::string Run(Scope scope, const google::protobuf::Message& command,
                  const std::string& principal);
  campaign::v1::Campaign Ask(const campaign::v1::Command& command, const std::string& principal);
  void MustRefuse(const campaign::v1::Command& command, const std::string& principal);
  campaign::v1::Command SubmitAndDraftApproval(const std::string& campaign);
  template <typename Message>
  void Apply(const Message& message);

  World& world_;
  int requests_ = 0;
  std::map<std::string, campaign::v1::Campaign> definitions_;  // as applied last
};

}  // namespace dangol::simulation
