// What planners ask of campaigns beside their definitions: launch, edits, proofs, lists.
#include "absl/strings/str_cat.h"
#include "dangol/campaign/v1/command.pb.h"
#include "gtest/gtest.h"
#include "libs/base/hash.h"
#include "services/profile/domain/identifier.h"
#include "services/profile/tables.h"
#include "tests/simulation/client.h"

namespace dangol::simulation {
namespace {

constexpr char kPlanner[] = "ann";
constexpr char kApprover[] = "bea";
constexpr char kOperator[] = "cem";

std::vector<std::string> CellsOf(const campaign::v1::Campaign& campaign) {
  std::vector<std::string> cells;
  for (const auto& audience : campaign.audiences()) {
    for (const auto& cell : audience.cells()) cells.push_back(cell.name());
  }
  return cells;
}

}  // namespace

campaign::v1::Campaign Client::Ask(const campaign::v1::Command& command,
                                   const std::string& principal) {
  campaign::v1::Campaign campaign;
  EXPECT_TRUE(campaign.ParseFromString(Run({Service::kCampaign, 0}, command, principal)));
  return campaign;
}

campaign::v1::Command Client::SubmitAndDraftApproval(const std::string& name) {
  campaign::v1::Command submit, approve;
  submit.mutable_submit()->set_name(name);
  const campaign::v1::Campaign submitted = Ask(submit, kPlanner);
  approve.mutable_approve()->set_name(name);
  approve.mutable_approve()->set_definition_hash(submitted.definition_hash());
  approve.mutable_approve()->set_list_sha256(submitted.list_upload().sha256());
  *approve.mutable_approve()->mutable_list_counts() = submitted.list_upload().counts();
  return approve;
}

void Client::Launch(const std::string& name) {
  Ask(SubmitAndDraftApproval(name), kApprover);
  campaign::v1::Command start;
  start.mutable_start()->set_name(name);
  EXPECT_GE(Ask(start, kOperator).state(), campaign::v1::CAMPAIGN_STATE_SCHEDULED) << name;
}

void Client::EditAfterApproval(const std::string& name, const std::string& content) {
  const campaign::v1::Command approve = SubmitAndDraftApproval(name);
  Ask(approve, kApprover);
  campaign::v1::Campaign edited = definitions_.at(name);
  for (auto& audience : *edited.mutable_audiences()) {
    for (auto& cell : *audience.mutable_cells()) {
      if (!cell.content().empty()) cell.set_content(content);
    }
  }
  Apply(edited);
  campaign::v1::Command start;
  start.mutable_start()->set_name(name);
  MustRefuse(start, kOperator);
  MustRefuse(approve, kApprover);
}

void Client::MustRefuse(const campaign::v1::Command& command, const std::string& principal) {
  const auto answer = world_.Execute({Service::kCampaign, 0}, command.SerializeAsString(),
                                     principal, absl::StrCat("request-", ++requests_));
  EXPECT_TRUE(absl::IsFailedPrecondition(answer.status())) << answer.status() << "\n"
                                                           << command.ShortDebugString();
}

CustomerId Client::CustomerOf(const std::string& user) {
  common::v1::Identifier id;
  id.set_type(common::v1::IDENTIFIER_TYPE_USER_ID);
  id.set_value(user);
  const std::string text = profile::TextOf(id);
  CustomerId found = 0;
  world_.Look({Service::kProfile, PartitionOf(SlotOf(text), world_.partitions())},
              [&](StateView& view) { found = profile::FindOwner(view, text).value_or(0); });
  EXPECT_NE(found, 0u) << user;
  return found;
}

void Client::SendProof(const std::string& name, CustomerId customer) {
  campaign::v1::Command begin, make;
  begin.mutable_begin_proof()->set_campaign(name);
  *make.mutable_make_proof()->mutable_campaign() = Ask(begin, kPlanner);
  make.mutable_make_proof()->set_proof(absl::StrCat("proof-", requests_));
  make.mutable_make_proof()->set_customer_id(customer);
  Run({Service::kCampaign, PartitionOfCustomer(customer, world_.partitions())}, make, kPlanner);
}

void Client::Assign(const std::string& name, const std::map<CustomerId, std::string>& cells) {
  const campaign::v1::Campaign& definition = definitions_.at(name);
  const std::vector<std::string> names = CellsOf(definition);
  const uint64_t upload_id = Hash64(name) | 1;
  campaign::v1::Command begin, finish;
  begin.mutable_begin_upload()->set_campaign(name);
  begin.mutable_begin_upload()->set_upload_id(upload_id);
  Ask(begin, kPlanner);
  finish.mutable_finish_upload()->set_campaign(name);
  auto* upload = finish.mutable_finish_upload()->mutable_upload();
  upload->set_upload_id(upload_id);
  upload->set_sha256(definition.assignment().list().sha256());
  std::map<Partition, campaign::v1::Command> stores;
  for (const auto& [customer, cell] : cells) {
    auto* store =
        stores[PartitionOfCustomer(customer, world_.partitions())].mutable_store_assignments();
    store->add_customers(customer);
    const auto index = std::find(names.begin(), names.end(), cell) - names.begin();
    store->add_cells(static_cast<uint32_t>(index));
    ++(*upload->mutable_counts())[cell];
  }
  for (auto& [partition, store] : stores) {
    store.mutable_store_assignments()->set_campaign(name);
    store.mutable_store_assignments()->set_upload_id(upload_id);
    for (const std::string& cell : names) store.mutable_store_assignments()->add_cell_names(cell);
    Run({Service::kCampaign, partition}, store, kPlanner);
  }
  Ask(finish, kPlanner);
}

}  // namespace dangol::simulation
