// watch, progress, contacts, audit: what a campaign is doing and did.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "absl/strings/str_cat.h"
#include "grpcpp/grpcpp.h"
#include "libs/base/status.h"
#include "libs/rpc/grpc_status.h"
#include "tools/dangol/commands.h"
#include "tools/dangol/paging.h"
#include "tools/dangol/text.h"
#include "tools/dangol/waterfall.h"

namespace dangol::cli {
namespace {

struct Args {
  std::string campaign, wave, customer;
  int64_t limit = 0;
};

absl::Status Progress(Session& session, const Args& args) {
  campaign::v1::GetProgressRequest request;
  request.set_campaign(args.campaign);
  request.set_wave(args.wave);
  campaign::v1::Progress progress;
  DANGOL_RETURN_IF_ERROR(session.Call([&](client::Connection& c, grpc::ClientContext* x) {
    return c.campaign->GetProgress(x, request, &progress);
  }));
  if (session.json()) session.PrintJson(progress);
  if (!session.json()) std::cout << WaterfallText(progress);
  return absl::OkStatus();
}

// Until the server ends the stream: the campaign, or the wave asked for, is done.
absl::Status Watch(Session& session, const Args& args) {
  DANGOL_ASSIGN_OR_RETURN(client::Connection * connection, session.Connect());
  campaign::v1::WatchProgressRequest request;
  request.set_campaign(args.campaign);
  request.set_wave(args.wave);
  grpc::ClientContext context;
  auto stream = connection->campaign->WatchProgress(&context, request);
  campaign::v1::Progress progress;
  while (stream->Read(&progress)) {
    if (session.json()) session.PrintJson(progress, true);
    if (!session.json()) std::cout << ProgressLine(progress) << std::endl;
  }
  return rpc::FromGrpc(stream->Finish());
}

absl::Status Contacts(Session& session, const Args& args) {
  campaign::v1::ListContactsRequest request;
  request.set_campaign(args.campaign);
  if (!args.customer.empty()) {
    DANGOL_ASSIGN_OR_RETURN(*request.mutable_customer(), ParseRef(args.customer));
    if (!args.campaign.empty()) {
      return Usage(
          BadField("--customer", args.customer, "stands beside a campaign", "name one of the two"));
    }
  }
  Table table({"CONTACT", "CUSTOMER", "CAMPAIGN", "CELL", "STATUS", "TIME", "OFFER"});
  DANGOL_RETURN_IF_ERROR(EachItem<campaign::v1::ListContactsResponse>(
      session, request, args.limit,
      [](auto& c, auto* x, const auto& q, auto* r) { return c.campaign->ListContacts(x, q, r); },
      [](const auto& r) -> const auto& { return r.contacts(); },
      [&](const campaign::v1::Contact& contact) {
        if (session.json()) return session.PrintJson(contact, true);
        std::string status =
            event::v1::ContactStatus_Name(contact.status()).substr(sizeof("CONTACT_STATUS"));
        if (contact.is_holdout_twin()) status = "HELD_OUT";
        if (!contact.suppression_reason().empty()) {
          absl::StrAppend(&status, " ", contact.suppression_reason());
        }
        table.Add({contact.contact_id(), contact.customer(), contact.campaign(), contact.cell(),
                   status, TimeText(contact.contact_time_us()), contact.offer()});
      }));
  if (!session.json()) std::cout << table.ToString();
  return absl::OkStatus();
}

absl::Status Audit(Session& session, const Args& args) {
  campaign::v1::ListAuditEntriesRequest request;
  request.set_campaign(args.campaign);
  Table table({"TIME", "WHO", "ACTION", "FROM", "TO", "VERSION", "DEFINITION", "COMMENT"});
  DANGOL_RETURN_IF_ERROR(EachItem<campaign::v1::ListAuditEntriesResponse>(
      session, request, args.limit,
      [](auto& c, auto* x, const auto& q, auto* r) {
        return c.campaign->ListAuditEntries(x, q, r);
      },
      [](const auto& r) -> const auto& { return r.entries(); },
      [&](const campaign::v1::AuditEntry& entry) {
        if (session.json()) return session.PrintJson(entry, true);
        table.Add({TimeText(entry.time_us()), entry.principal(), entry.action(),
                   StateText(entry.from_state()), StateText(entry.to_state()),
                   absl::StrCat(entry.version()), entry.definition_hash().substr(0, 12),
                   entry.comment()});
      }));
  if (!session.json()) std::cout << table.ToString();
  return absl::OkStatus();
}

}  // namespace

void AddProgressCommands(CLI::App& app, Session& session) {
  auto args = std::make_shared<Args>();
  auto* watch = app.add_subcommand("watch", "follow a campaign until it is done");
  watch->add_option("campaign", args->campaign)->required();
  watch->add_option("--wave", args->wave, "until this wave is done");
  watch->footer("Example: dangol watch winback --wave 1");
  session.SetAction(watch, [&session, args] { return Watch(session, *args); });

  auto* progress = app.add_subcommand("progress", "the waterfall, and how it ties");
  progress->add_option("campaign", args->campaign)->required();
  progress->add_option("--wave", args->wave);
  progress->footer("Example: dangol progress winback");
  session.SetAction(progress, [&session, args] { return Progress(session, *args); });

  auto* contacts = app.add_subcommand("contacts", "contacts of a campaign or of a customer");
  contacts->add_option("campaign", args->campaign);
  contacts->add_option("--customer", args->customer);
  contacts->add_option("--limit", args->limit, "at most so many");
  contacts->footer(
      "Examples: dangol contacts winback --limit 100\n"
      "          dangol contacts --customer user_id:42");
  session.SetAction(contacts, [&session, args] { return Contacts(session, *args); });

  auto* audit = app.add_subcommand("audit", "who did what when");
  audit->add_option("campaign", args->campaign,
                    "without one: pause-all, resume-all, channels and contact policies");
  audit->add_option("--limit", args->limit, "at most so many");
  audit->footer(
      "Examples: dangol audit winback\n"
      "          dangol audit");
  session.SetAction(audit, [&session, args] { return Audit(session, *args); });
}

}  // namespace dangol::cli
