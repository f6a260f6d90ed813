#include "tests/simulation/client.h"

#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "dangol/campaign/v1/command.pb.h"
#include "dangol/offer/v1/command.pb.h"
#include "dangol/profile/v1/command.pb.h"
#include "dangol/segmentation/v1/command.pb.h"
#include "gtest/gtest.h"
#include "libs/config/yaml.h"
#include "services/campaign/domain/contact_id.h"
#include "services/profile/domain/identifier.h"

namespace dangol::simulation {
namespace {

constexpr Scope kProfile{Service::kProfile, 0};
constexpr Scope kSegmentation{Service::kSegmentation, 0};
constexpr Scope kOffer{Service::kOffer, 0};
constexpr Scope kCampaign{Service::kCampaign, 0};

constexpr char kPlanner[] = "ann";
constexpr char kOperator[] = "cem";

}  // namespace

std::string Client::Run(Scope scope, const google::protobuf::Message& command,
                        const std::string& principal) {
  const std::string id = absl::StrCat("request-", ++requests_);
  auto answer = world_.Execute(scope, command.SerializeAsString(), principal, id);
  if (answer.ok()) return *answer;
  EXPECT_TRUE(absl::IsFailedPrecondition(answer.status())) << answer.status() << "\n"
                                                           << command.ShortDebugString();
  return "";
}

template <>
void Client::Apply(const common::v1::BusinessUnit& unit) {
  profile::v1::ProfileCommand command;
  *command.mutable_apply_business_unit()->mutable_business_unit() = unit;
  Run(kProfile, command, kPlanner);
}

template <>
void Client::Apply(const segmentation::v1::Segment& segment) {
  segmentation::v1::SegmentationCommand command;
  *command.mutable_apply_segment()->mutable_segment() = segment;
  Run(kSegmentation, command, kPlanner);
}

template <>
void Client::Apply(const segmentation::v1::RfmScheme& scheme) {
  segmentation::v1::SegmentationCommand command;
  *command.mutable_apply_rfm_scheme()->mutable_rfm_scheme() = scheme;
  Run(kSegmentation, command, kPlanner);
}

template <>
void Client::Apply(const offer::v1::Offer& offer) {
  offer::v1::OfferCommand command;
  *command.mutable_apply_offer()->mutable_offer() = offer;
  Run(kOffer, command, kPlanner);
}

template <>
void Client::Apply(const campaign::v1::Channel& channel) {
  campaign::v1::Command command;
  *command.mutable_apply_channel()->mutable_channel() = channel;
  Run(kCampaign, command, kOperator);
}

template <>
void Client::Apply(const campaign::v1::ContactPolicy& policy) {
  campaign::v1::Command command;
  *command.mutable_apply_contact_policy()->mutable_contact_policy() = policy;
  Run(kCampaign, command, kPlanner);
}

template <>
void Client::Apply(const campaign::v1::Campaign& campaign) {
  campaign::v1::Command command;
  *command.mutable_apply_campaign()->mutable_campaign() = campaign;
  definitions_[campaign.name()] = campaign;
  Run(kCampaign, command, kPlanner);
}

void Client::ApplyYaml(absl::string_view name, absl::string_view text, int64_t budget_minor) {
  common::v1::BusinessUnit unit;
  segmentation::v1::Segment segment;
  segmentation::v1::RfmScheme scheme;
  offer::v1::Offer offer;
  campaign::v1::Channel channel;
  campaign::v1::ContactPolicy policy;
  campaign::v1::Campaign campaign;
  struct Kind {
    google::protobuf::Message* message;
    std::function<void()> apply;
  };
  const std::map<std::string, Kind, std::less<>> kinds = {
      {"BusinessUnit", {&unit, [&] { Apply(unit); }}},
      {"Segment", {&segment, [&] { Apply(segment); }}},
      {"RfmScheme", {&scheme, [&] { Apply(scheme); }}},
      {"Offer",
       {&offer,
        [&] {
          if (budget_minor > 0 && offer.budget_minor() > 0) {
            offer.set_budget_minor(budget_minor);
          }
          Apply(offer);
        }}},
      {"Channel", {&channel, [&] { Apply(channel); }}},
      {"ContactPolicy", {&policy, [&] { Apply(policy); }}},
      {"Campaign", {&campaign, [&] { Apply(campaign); }}}};
  const auto choose = [&](absl::string_view kind) -> absl::StatusOr<google::protobuf::Message*> {
    auto it = kinds.find(std::string(kind));
    if (it == kinds.end()) return absl::InvalidArgumentError("unknown kind");
    return it->second.message;
  };
  const absl::Status status =
      config::ParseYamlDocuments(name, text, choose, [&](absl::string_view kind, int) {
        kinds.find(std::string(kind))->second.apply();
        world_.Settle();
        return absl::OkStatus();
      });
  EXPECT_TRUE(status.ok()) << status;
}

void Client::ApplyFile(const std::string& path, int64_t budget_minor) {
  std::ifstream in(path);
  ASSERT_TRUE(in.good()) << path << ": run from the root of the source tree";
  std::stringstream text;
  text << in.rdbuf();
  ApplyYaml(path, text.str(), budget_minor);
}

void Client::Move(const std::string& name, const std::string& call) {
  campaign::v1::Command command;
  if (call == "pause") command.mutable_pause()->set_name(name);
  if (call == "resume") command.mutable_resume()->set_name(name);
  if (call == "cancel") command.mutable_cancel()->set_name(name);
  Run(kCampaign, command, kOperator);
}

void Client::Erase(CustomerId customer) {
  profile::v1::ProfileCommand command;
  command.mutable_erase()->set_customer_id(customer);
  command.mutable_erase()->set_reason("asked for");
  Run({Service::kProfile, PartitionOfCustomer(customer, world_.partitions())}, command, kOperator);
}

void Client::ReportDelivered(const std::string& contact_id) {
  campaign::v1::Command command;
  command.mutable_record_outcome()->set_contact_id(contact_id);
  command.mutable_record_outcome()->set_status(event::v1::CONTACT_STATUS_DELIVERED);
  const Partition partition = PartitionOf(campaign::SlotOfContact(contact_id), world_.partitions());
  Run({Service::kCampaign, partition}, command, "provider");
}

void Client::Ingest(event::v1::IngestEvent event) {
  auto* ids = event.has_activity() ? event.mutable_activity()->mutable_identifiers()
                                   : event.mutable_upsert()->mutable_identifiers();
  ASSERT_FALSE(profile::NormaliseAll("KR", ids));
  const std::string key = profile::TextOf(ids->Get(0));
  world_.Append(PartitionOf(SlotOf(key), world_.partitions()), key, event.SerializeAsString());
}

void Client::IngestMisplaced(event::v1::IngestEvent event, Partition partition) {
  world_.Append(partition, "misplaced", event.SerializeAsString());
}

}  // namespace dangol::simulation
