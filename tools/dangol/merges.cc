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

  template <typename Response, typename Request, typename Method>
  absl::Status Add(const char* service, const Request& request, Method method, Response* response) {
    DANGOL_RETURN_IF_ERROR(session_.Call([&](client::Connection& c, grpc::ClientContext* x) {
      return method(c, x, request, response);
    }));
    Append(service, *response);
    return absl::OkStatus();
  }
  void Print() const { std::cout << (session_.json() ? absl::StrCat("{", json_, "\n}\n") : yaml_); }

 private:
  void Append(const char* service, const google::protobuf::Message& part) {
    absl::StrAppend(&json_, json_.empty() ? "\n" : ",\n", "\"", service,
                    "\": ", ToJson(part, false));
    absl::StrAppend(&yaml_, yaml_.empty() ? "" : "---\n", config::ToYamlDocument(service, part));
  }

  Session& session_;
  std::string json_, yaml_;
};

absl::Status AddFeatures(Export& document, const profile::v1::Customer& customer) {
  for (const auto& life : customer.lifecycles()) {
    segmentation::v1::GetFeaturesRequest request;
    request.mutable_customer()->set_customer(customer.name());
    request.set_business_unit(life.business_unit());
    segmentation::v1::CustomerFeatures features;
    const absl::Status got = document.Add(
        absl::StrCat("segmentation/", life.business_unit()).c_str(), request,
        [](auto& c, auto* x, const auto& q, auto* r) {
          return c.segmentation->GetFeatures(x, q, r);
        },
        &features);
    if (!got.ok() && !absl::IsNotFound(got)) return got;
  }
  return absl::OkStatus();
}

absl::Status ExportAll(Session& session, const Args& args) {
  Export document(session);
  profile::v1::ExportCustomerRequest first;
  DANGOL_ASSIGN_OR_RETURN(*first.mutable_customer(), ParseRef(args.customer));
  profile::v1::ExportCustomerResponse profile;
  DANGOL_RETURN_IF_ERROR(document.Add(
      "profile", first,
      [](auto& c, auto* x, const auto& q, auto* r) { return c.profile->ExportCustomer(x, q, r); },
      &profile));
  const std::string& name = profile.customer().name();
  DANGOL_RETURN_IF_ERROR(AddFeatures(document, profile.customer()));
  offer::v1::ExportCustomerRequest of_offer;
  of_offer.mutable_customer()->set_customer(name);
  offer::v1::ExportCustomerResponse offer;
  DANGOL_RETURN_IF_ERROR(document.Add(
      "offer", of_offer,
      [](auto& c, auto* x, const auto& q, auto* r) { return c.offer->ExportCustomer(x, q, r); },
      &offer));
  campaign::v1::ExportCustomerRequest of_campaign;
  of_campaign.mutable_customer()->set_customer(name);
  campaign::v1::ExportCustomerResponse campaign;
  DANGOL_RETURN_IF_ERROR(document.Add(
      "campaign", of_campaign,
      [](auto& c, auto* x, const auto& q, auto* r) { return c.campaign->ExportCustomer(x, q, r); },
      &campaign));
  response::v1::ExportCustomerRequest of_response;
  of_response.mutable_customer()->set_customer(name);
  response::v1::ExportCustomerResponse response;
  DANGOL_RETURN_IF_ERROR(document.Add(
      "response", of_response,
      [](auto& c, auto* x, const auto& q, auto* r) { return c.response->ExportCustomer(x, q, r); },
      &response));
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
