// submit, reject, start, pause, resume, cancel, pause-all, resume-all, proof.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "tools/client/connection.h"
#include "tools/dangol/commands.h"
#include "tools/dangol/session.h"
#include "tools/dangol/waterfall.h"

namespace dangol::cli {
namespace {

struct Args {
  std::string name, comment;
};

// One transition: request type, stub method, whether a comment is taken.
template <typename Request, typename Method>
absl::Status Change(Session& session, const Args& args, const Method& method) {
  Request request;
  request.set_name(args.name);
  request.set_request_id(Session::RequestId());
  if constexpr (requires { request.set_comment(""); }) request.set_comment(args.comment);
  campaign::v1::Campaign campaign;
  DANGOL_RETURN_IF_ERROR(session.Call([&](client::Connection& c, grpc::ClientContext* x) {
    return method(*c.campaign, x, request, &campaign);
  }));
  if (session.json()) session.PrintJson(campaign);
  if (!session.json()) std::cout << campaign.name() << ": " << StateText(campaign.state()) << "\n";
  return absl::OkStatus();
}

#define DANGOL_TRANSITION(command, Stem, help, example)                                    \
  {                                                                                        \
    auto* sub = app.add_subcommand(command, help);                                         \
    sub->add_option("campaign", args->name)->required();                                   \
    sub->add_option("--comment", args->comment, "kept in the audit trail");                \
    sub->footer("Example: dangol " example);                                               \
    session.SetAction(sub, [&session, args] {                                              \
      return Change<campaign::v1::Stem##Request>(                                          \
          session, *args,                                                                  \
          [](auto& stub, auto* x, const auto& q, auto* r) { return stub.Stem(x, q, r); }); \
    });                                                                                    \
  }

absl::Status PauseAll(Session& session, const Args& args) {
  campaign::v1::PauseAllRequest request;
  request.set_comment(args.comment);
  request.set_request_id(Session::RequestId());
  campaign::v1::PauseAllResponse response;
  DANGOL_RETURN_IF_ERROR(session.Call([&](client::Connection& c, grpc::ClientContext* x) {
    return c.campaign->PauseAll(x, request, &response);
  }));
  if (session.json()) session.PrintJson(response);
  if (!session.json()) {
    std::cout << "nothing is sent any more; " << response.in_flight()
              << " attempts are without an outcome\n";
  }
  return absl::OkStatus();
}

absl::Status ResumeAll(Session& session) {
  campaign::v1::ResumeAllRequest request;
  request.set_request_id(Session::RequestId());
  campaign::v1::ResumeAllResponse response;
  DANGOL_RETURN_IF_ERROR(session.Call([&](client::Connection& c, grpc::ClientContext* x) {
    return c.campaign->ResumeAll(x, request, &response);
  }));
  if (session.json()) session.PrintJson(response);
  if (!session.json()) std::cout << "campaigns send again\n";
  return absl::OkStatus();
}

absl::Status Proof(Session& session, const Args& args) {
  campaign::v1::SendProofRequest request;
  request.set_campaign(args.name);
  request.set_request_id(Session::RequestId());
  campaign::v1::SendProofResponse response;
  DANGOL_RETURN_IF_ERROR(session.Call([&](client::Connection& c, grpc::ClientContext* x) {
    return c.campaign->SendProof(x, request, &response);
  }));
  if (session.json()) {
    session.PrintJson(response);
    return absl::OkStatus();
  }
  for (const auto& id : response.contact_ids()) std::cout << id << "\n";
  std::cout << response.contact_ids_size() << " proofs on their way to the seed list\n";
  return absl::OkStatus();
}

}  // namespace

void AddCampaignCommands(CLI::App& app, Session& session) {
  auto args = std::make_shared<Args>();
  DANGOL_TRANSITION("submit", SubmitCampaign, "hand a draft in for approval", "submit winback")
  DANGOL_TRANSITION("reject", RejectCampaign, "send a submitted campaign back (--comment why)",
                    "--as kim reject winback --comment 'cap of two a week'")
  DANGOL_TRANSITION("start", StartCampaign, "start an approved campaign", "start winback")
  DANGOL_TRANSITION("pause", PauseCampaign, "no new attempt starts",
                    "pause winback --comment 'wrong price'")
  DANGOL_TRANSITION("resume", ResumeCampaign, "go on after pause", "resume winback")
  DANGOL_TRANSITION("cancel", CancelCampaign, "end it; what was not attempted is suppressed",
                    "cancel winback --comment 'offer withdrawn'")

  auto* pause_all = app.add_subcommand("pause-all", "stop every send of every campaign");
  pause_all->add_option("--comment", args->comment, "kept in the audit trail");
  pause_all->footer("Example: dangol pause-all --comment 'gateway repeats messages'");
  session.SetAction(pause_all, [&session, args] { return PauseAll(session, *args); });
  auto* resume_all = app.add_subcommand("resume-all", "lift pause-all");
  resume_all->footer("Example: dangol resume-all");
  session.SetAction(resume_all, [&session] { return ResumeAll(session); });
  auto* proof = app.add_subcommand("proof", "send every treated cell's content to the seed list");
  proof->add_option("campaign", args->name)->required();
  proof->footer("Example: dangol proof winback");
  session.SetAction(proof, [&session, args] { return Proof(session, *args); });
}

}  // namespace dangol::cli
