#include "tests/bench/campaigns.h"

#include <fstream>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "tools/client/apply.h"
#include "tools/client/call.h"

namespace dangol::bench {
namespace {

constexpr Micros kPatience = 2 * kMicrosPerMinute;

using campaign::v1::Campaign;

absl::Status StartOne(client::Connection& planner, client::Connection& manager,
                      const std::string& name) {
  Campaign campaign;
  campaign::v1::SubmitCampaignRequest submit;
  submit.set_name(name);
  DANGOL_RETURN_IF_ERROR(client::Retrying(kPatience, [&](grpc::ClientContext* context) {
    return planner.campaign->SubmitCampaign(context, submit, &campaign);
  }));
  campaign::v1::ApproveCampaignRequest approve;
  approve.set_name(name);
  approve.set_definition_hash(campaign.definition_hash());
  DANGOL_RETURN_IF_ERROR(client::Retrying(kPatience, [&](grpc::ClientContext* context) {
    return manager.campaign->ApproveCampaign(context, approve, &campaign);
  }));
  campaign::v1::StartCampaignRequest start;
  start.set_name(name);
  return client::Retrying(kPatience, [&](grpc::ClientContext* context) {
    return manager.campaign->StartCampaign(context, start, &campaign);
  });
}

}  // namespace

absl::Status ApplyYaml(Retailer& retailer, const std::string& file, const std::string& yaml) {
  const std::string path = absl::StrCat(retailer.options().work_dir, "/", file);
  std::ofstream out(path);
  out << yaml;
  out.close();
  if (out.fail()) return absl::UnavailableError(absl::StrCat("cannot write ", path));
  DANGOL_ASSIGN_OR_RETURN(const auto resources, client::ReadResources({path}));
  for (const auto& resource : resources) {
    const auto applied = client::Apply(retailer.connection(), resource, false);
    if (!applied.ok()) {
      return absl::Status(applied.status().code(),
                          absl::StrCat(resource.source, ": ", applied.status().message()));
    }
  }
  return absl::OkStatus();
}

absl::Status StartCampaigns(Retailer& retailer, const std::vector<std::string>& names) {
  rpc::ClientOptions options;
  options.target = retailer.target();
  options.principal = "manager";
  DANGOL_ASSIGN_OR_RETURN(const auto manager, client::Connection::Open(options));
  for (const std::string& name : names) {
    DANGOL_RETURN_IF_ERROR(StartOne(retailer.connection(), *manager, name));
  }
  return absl::OkStatus();
}

}  // namespace dangol::bench
