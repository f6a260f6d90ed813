// merges, erase, erasures, export: who is one person, and what is kept of one.
#include <CLI/CLI.hpp>
#include <functional>
#include <iostream>
#include <memory>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/config/yaml.h"
#include "tools/dangol/commands.h"
#include "tools/dangol/customer_text.h"
#include "tools/dangol/json.h"
#include "tools/dangol/paging.h"
#include "tools/dangol/text.h"

namespace dangol::cli {
namespace {

struct Args {
  std::string name, reason, state, customer;
};

// "merges/a-b" or "a-b".
std::string Named(absl::string_view collection, const std::string& name) {
  return absl::StartsWith(name, collection) ? name : absl::StrCat(collection, name);
}

absl::StatusOr<profile::v1::MergeState> ParseState(const std::string& text) {
  if (text.empty()) return profile::v1::MERGE_STATE_UNSPECIFIED;
  profile::v1::MergeState state;
  if (profile::v1::MergeState_Parse(absl::StrCat("MERGE_STATE_", absl::AsciiStrToUpper(text)),
                                    &state)) {
    return state;
  }
  return Usage(
      BadField("--state", text, "is no state", "give proposed, merged, rejected or undone"));
}

absl::Status ListMerges(Session& session, const Args& args) {
  profile::v1::ListMergesRequest request;
  DANGOL_ASSIGN_OR_RETURN(const auto state, ParseState(args.state));
  request.set_state(state);
  Table table({"MERGE", "STATE", "EVIDENCE", "SINCE", "BY", "REASON"});
  DANGOL_RETURN_IF_ERROR(EachItem<profile::v1::ListMergesResponse>(
      session, request, 0,
      [](auto& c, auto* x, const auto& q, auto* r) { return c.profile->ListMerges(x, q, r); },
      [](const auto& r) -> const auto& { return r.merges(); },
      [&](const profile::v1::Merge& merge) {
        if (session.json()) return session.PrintJson(merge, true);
        table.Add(MergeRow(merge));
      }));
  if (!session.json()) std::cout << table.ToString();
  return absl::OkStatus();
}

void Print(Session& session, const profile::v1::Merge& merge) {
  if (session.json()) return session.PrintJson(merge);
  std::cout << MergeText(merge);
}

absl::Status ShowMerge(Session& session, const Args& args) {
  profile::v1::GetMergeRequest request;
  request.set_name(Named("merges/", args.name));
  profile::v1::Merge merge;
  DANGOL_RETURN_IF_ERROR(session.Call([&](client::Connection& c, grpc::ClientContext* x) {
    return c.profile->GetMerge(x, request, &merge);
  }));
  Print(session, merge);
  return absl::OkStatus();
}

// approve, reject and undo ask alike.
template <typename Request, typename Method>
absl::Status Settle(Session& session, const Args& args, Method method) {
  Request request;
  request.set_name(Named("merges/", args.name));
  request.set_reason(args.reason);
  request.set_request_id(Session::RequestId());
  profile::v1::Merge merge;
  DANGOL_RETURN_IF_ERROR(session.Call([&](client::Connection& c, grpc::ClientContext* x) {
    return ((*c.profile).*method)(x, request, &merge);
  }));
  Print(session, merge);
  return absl::OkStatus();
}

absl::Status Erase(Session& session, const Args& args) {
  profile::v1::EraseCustomerRequest request;
  DANGOL_ASSIGN_OR_RETURN(*request.mutable_customer(), ParseRef(args.customer));
  request.set_reason(args.reason);
  request.set_request_id(Session::RequestId());
  profile::v1::Erasure erasure;
  DANGOL_RETURN_IF_ERROR(session.Call([&](client::Connection& c, grpc::ClientContext* x) {
    return c.profile->EraseCustomer(x, request, &erasure);
  }));
  if (session.json()) session.PrintJson(erasure);
  if (!session.json()) {
    std::cout << ErasureText(erasure) << "the proof: dangol erasures " << erasure.name() << "\n";
  }
  return absl::OkStatus();
}

absl::Status ShowErasure(Session& session, const Args& args) {
  profile::v1::GetErasureRequest request;
  request.set_name(Named("erasures/", args.name));
  profile::v1::Erasure erasure;
  DANGOL_RETURN_IF_ERROR(session.Call([&](client::Connection& c, grpc::ClientContext* x) {
    return c.profile->GetErasure(x, request, &erasure);
  }));
  if (session.json()) session.PrintJson(erasure);
  if (!session.json()) std::cout << ErasureText(erasure);
  return absl::OkStatus();
}

absl::Status Erasures(Session& session, const Args& args) {
  if (!args.name.empty()) return ShowErasure(session, args);
  Table table({"ERASURE", "STATE", "REQUESTED", "BY", "REASON", "COMPLETE"});
  DANGOL_RETURN_IF_ERROR(EachItem<profile::v1::ListErasuresResponse>(
      session, profile::v1::ListErasuresRequest(), 0,
      [](auto& c, auto* x, const auto& q, auto* r) { return c.profile->ListErasures(x, q, r); },
      [](const auto& r) -> const auto& { return r.erasures(); },
      [&](const profile::v1::Erasure& erasure) {
        if (session.json()) return session.PrintJson(erasure, true);
        table.Add(ErasureRow(erasure));
      }));
  if (!session.json()) std::cout << table.ToString();
  return absl::OkStatus();
}

// One document of all services' parts; a part that has nothing is left out.
class Export {
 public:
  explicit Export(Session& session) : session_(session) {}

  // NOT_FOUND: this part has nothing.
  template <typename Stub, typename Request, typename Response>
  absl::Status Add(const std::string& part, std::unique_ptr<Stub> client::Connection::*stub,
                   grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                   const Request& request, Response* response) {
    DANGOL_RETURN_IF_ERROR(session_.Call([&](client::Connection& c, grpc::ClientContext* x) {
      return ((*(c.*stub)).*method)(x, request, response);
    }));
    Append(part, *response);
    return absl::OkStatus();
  }
  // The same of a customer by name, or nothing.
  template <typename Stub, typename Request, typename Response>
  absl::Status AddIfAny(const std::string& part, std::unique_ptr<Stub> client::Connection::*stub,
                        grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                                     Response*),
                        const std::string& customer, Request request = {}) {
    request.mutable_customer()->set_customer(customer);
    Response response;
    const absl::Status added = Add(part, stub, method, request, &response);
    return absl::IsNotFound(added) ? absl::OkStatus() : added;
  }
  void Print() const { std::cout << (session_.json() ? absl::StrCat("{", json_, "\n}\n") : yaml_); }

 private:
  void Append(const std::string& part, const google::protobuf::Message& message) {
    absl::StrAppend(&json_, json_.empty() ? "\n" : ",\n", "\"", part,
                    "\": ", ToJson(message, false));
    absl::StrAppend(&yaml_, yaml_.empty() ? "" : "---\n", config::ToYamlDocument(part, message));
  }

  Session& session_;
  std::string json_, yaml_;
};

absl::Status ExportAll(Session& session, const Args& args) {
  using client::Connection;
  Export document(session);
  profile::v1::ExportCustomerRequest request;
  DANGOL_ASSIGN_OR_RETURN(*request.mutable_customer(), ParseRef(args.customer));
  profile::v1::ExportCustomerResponse profile;
  DANGOL_RETURN_IF_ERROR(document.Add("profile", &Connection::profile,
                                      &profile::v1::ProfileService::Stub::ExportCustomer, request,
                                      &profile));
  const std::string& name = profile.customer().name();
  DANGOL_RETURN_IF_ERROR(
      document.AddIfAny("segmentation", &Connection::segmentation,
                        &segmentation::v1::SegmentationService::Stub::ExportCustomer, name));
  for (const auto& life : profile.customer().lifecycles()) {
    segmentation::v1::GetFeaturesRequest of_unit;
    of_unit.set_business_unit(life.business_unit());
    DANGOL_RETURN_IF_ERROR(document.AddIfAny(
        absl::StrCat("segmentation/", life.business_unit()), &Connection::segmentation,
        &segmentation::v1::SegmentationService::Stub::GetFeatures, name, of_unit));
  }
  DANGOL_RETURN_IF_ERROR(document.AddIfAny("offer", &Connection::offer,
                                           &offer::v1::OfferService::Stub::ExportCustomer, name));
  DANGOL_RETURN_IF_ERROR(document.AddIfAny("campaign", &Connection::campaign,
                                           &campaign::v1::CampaignService::Stub::ExportCustomer,
                                           name));
  DANGOL_RETURN_IF_ERROR(document.AddIfAny("response", &Connection::response,
                                           &response::v1::ResponseService::Stub::ExportCustomer,
                                           name));
  document.Print();
  return absl::OkStatus();
}

void AddMerges(CLI::App& app, Session& session) {
  auto args = std::make_shared<Args>();
  auto* merges = app.add_subcommand("merges", "customers who are one person, or may be");
  merges->add_option("--state", args->state, "proposed, merged, rejected or undone");
  merges->footer(
      "Strong evidence (a user id or card of both) merges by itself; weak evidence proposes.\n"
      "Examples:\n"
      "  dangol merges --state proposed\n"
      "  dangol merges approve 00000b3c40000402-00000b3c40000401 --reason 'same household, asked'");
  const auto add = [&](const char* word, const char* what, std::function<absl::Status()> run) {
    auto* command = merges->add_subcommand(word, what);
    command->add_option("merge", args->name, "as `dangol merges` names it")->required();
    command->footer(
        absl::StrCat("Example: dangol merges ", word, " 00000b3c40000402-00000b3c40000401"));
    session.SetAction(command, std::move(run));
    return command;
  };
  using Stub = profile::v1::ProfileService::Stub;
  add("show", "one of them, with all evidence",
      [&session, args] { return ShowMerge(session, *args); });
  auto* approve = add("approve", "merge the two", [&session, args] {
    return Settle<profile::v1::ApproveMergeRequest>(session, *args, &Stub::ApproveMerge);
  });
  auto* reject = add("reject", "they are two, whatever weak evidence comes", [&session, args] {
    return Settle<profile::v1::RejectMergeRequest>(session, *args, &Stub::RejectMerge);
  });
  auto* undo = add("undo", "a new customer of what was merged away", [&session, args] {
    return Settle<profile::v1::UndoMergeRequest>(session, *args, &Stub::UndoMerge);
  });
  for (auto* command : {approve, reject, undo}) {
    command->add_option("--reason", args->reason, "kept with the decision");
  }
  session.SetAction(merges, [&session, merges, args] {
    return merges->get_subcommands().empty() ? ListMerges(session, *args) : absl::OkStatus();
  });
}

}  // namespace

void AddMergeCommands(CLI::App& app, Session& session) {
  AddMerges(app, session);
  auto args = std::make_shared<Args>();
  auto* erase = app.add_subcommand("erase", "remove a customer from all services, for good");
  erase->add_option("customer", args->customer)->required();
  erase->add_option("--reason", args->reason, "kept in the proof: it must name no person")
      ->required();
  erase->footer("Example: dangol erase user_id:42 --reason 'request 2026-118'");
  session.SetAction(erase, [&session, args] { return Erase(session, *args); });

  auto* erasures = app.add_subcommand("erasures", "the proofs of erasures, or one of them");
  erasures->add_option("erasure", args->name);
  erasures->footer(
      "Examples:\n  dangol erasures\n  dangol erasures erasures/00000b3c40000401 -o json");
  session.SetAction(erasures, [&session, args] { return Erasures(session, *args); });

  auto* everything = app.add_subcommand("export", "all that every service keeps of a customer");
  everything->add_option("customer", args->customer)->required();
  everything->footer("Example: dangol export email:a@b.kr -o json > customer.json");
  session.SetAction(everything, [&session, args] { return ExportAll(session, *args); });
}

}  // namespace dangol::cli
