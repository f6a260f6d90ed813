// approve: shows what is approved, and binds the approval to exactly that.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <map>
#include <memory>

#include "libs/base/status.h"
#include "libs/config/yaml.h"
#include "tools/client/connection.h"
#include "tools/dangol/commands.h"
#include "tools/dangol/session.h"
#include "tools/dangol/text.h"
#include "tools/dangol/waterfall.h"

namespace dangol::cli {
namespace {

struct Args {
  std::string name, comment;
  bool yes = false;
};

void Show(const campaign::v1::Campaign& campaign) {
  std::cerr << config::ToYamlDocument("Campaign", campaign) << "\nYou approve " << campaign.name()
            << ", version " << campaign.version() << ", written by " << campaign.author()
            << "\n  definition " << campaign.definition_hash() << "\n";
  if (!campaign.assignment().has_list()) return;
  std::cerr << "  list       " << campaign.list_upload().sha256() << "\n";
  const auto& counts = campaign.list_upload().counts();
  for (const auto& [cell, n] : std::map<std::string, int64_t>(counts.begin(), counts.end())) {
    std::cerr << "    " << cell << ": " << Thousands(n) << " customers\n";
  }
}

absl::Status Confirm(const Args& args) {
  if (args.yes) return absl::OkStatus();
  if (isatty(STDIN_FILENO) == 0) {
    return Usage(absl::InvalidArgumentError("nobody is here to confirm; add --yes"));
  }
  std::cerr << "Approve? Type yes: ";
  std::string answer;
  std::getline(std::cin, answer);
  if (answer == "yes") return absl::OkStatus();
  return absl::CancelledError("not approved");
}

absl::Status Approve(Session& session, const Args& args) {
  campaign::v1::GetCampaignRequest get;
  get.set_name(args.name);
  campaign::v1::Campaign campaign;
  DANGOL_RETURN_IF_ERROR(session.Call([&](client::Connection& c, grpc::ClientContext* x) {
    return c.campaign->GetCampaign(x, get, &campaign);
  }));
  if (!session.json()) Show(campaign);
  DANGOL_RETURN_IF_ERROR(Confirm(args));
  campaign::v1::ApproveCampaignRequest request;
  request.set_name(args.name);
  request.set_definition_hash(campaign.definition_hash());
  if (campaign.assignment().has_list()) {
    request.set_list_sha256(campaign.list_upload().sha256());
    *request.mutable_list_counts() = campaign.list_upload().counts();
  }
  request.set_comment(args.comment);
  request.set_request_id(Session::RequestId());
  DANGOL_RETURN_IF_ERROR(session.Call([&](client::Connection& c, grpc::ClientContext* x) {
    return c.campaign->ApproveCampaign(x, request, &campaign);
  }));
  if (session.json()) session.PrintJson(campaign);
  if (!session.json()) std::cout << campaign.name() << ": " << StateText(campaign.state()) << "\n";
  return absl::OkStatus();
}

}  // namespace

void AddApproveCommand(CLI::App& app, Session& session) {
  auto args = std::make_shared<Args>();
  auto* approve = app.add_subcommand("approve", "approve a submitted campaign; not the author");
  approve->add_option("campaign", args->name)->required();
  approve->add_option("--comment", args->comment, "kept in the audit trail");
  approve->add_flag("--yes", args->yes, "do not ask");
  approve->footer(
      "Shows the definition, its hash and, by list, the counts; approves just that.\n"
      "Example: dangol --as kim approve winback --yes");
  session.SetAction(approve, [&session, args] { return Approve(session, *args); });
}

}  // namespace dangol::cli
