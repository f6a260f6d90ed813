// get: one resource, or all of a kind.
#include <CLI/CLI.hpp>
#include <iostream>
#include <map>
#include <memory>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "libs/base/status.h"
#include "libs/config/yaml.h"
#include "tools/client/apply.h"
#include "tools/dangol/commands.h"
#include "tools/dangol/paging.h"
#include "tools/dangol/text.h"

namespace dangol::cli {
namespace {

struct Args {
  std::string kind, name;
  int64_t limit = 0;
};

// "one column a name" for people, YAML documents or JSON lines otherwise.
class Printer {
 public:
  Printer(Session& session, std::string kind) : session_(session), kind_(std::move(kind)) {}
  template <typename Resource>
  void operator()(const Resource& resource, const std::string& about) {
    if (session_.json()) {
      session_.PrintJson(resource, /*one_line=*/true);
    } else if (session_.yaml()) {
      std::cout << (first_ ? "" : "---\n") << config::ToYamlDocument(kind_, resource);
    } else {
      table_.Add({resource.name(), about});
    }
    first_ = false;
  }
  void Done() {
    if (!session_.json() && !session_.yaml()) std::cout << table_.ToString();
  }

 private:
  Session& session_;
  std::string kind_;
  Table table_{{"NAME", "ABOUT"}};
  bool first_ = true;
};

// A list of one kind: area, method stem, field of the response, message → what to say about it.
#define DANGOL_LIST(area, Stem, field, about)                                                      \
  [](Session& session, Printer& print, int64_t limit) {                                            \
    return EachItem<area::v1::List##Stem##Response>(                                               \
        session, area::v1::List##Stem##Request(), limit,                                           \
        [](auto& c, auto* x, const auto& q, auto* r) { return c.area->List##Stem(x, q, r); },      \
        [](const auto& r) -> const auto& { return r.field(); }, [&](const auto& item) { about; }); \
  }

using ListKind = absl::Status (*)(Session&, Printer&, int64_t);

const std::map<std::string, ListKind>& Lists() {
  static const auto* lists = new std::map<std::string, ListKind>{
      {"businessunit",
       DANGOL_LIST(profile, BusinessUnits, business_units,
                   print(item, absl::StrCat(item.display_name(), ", ", item.currency(), ", ",
                                            item.time_zone())))},
      {"customer", DANGOL_LIST(profile, Customers, customers,
                               print(item, absl::StrCat(item.identifiers_size(), " identifiers, ",
                                                        item.traits_size(), " traits")))},
      {"rfmscheme",
       DANGOL_LIST(segmentation, RfmSchemes, rfm_schemes, print(item, item.business_unit()))},
      {"segment",
       DANGOL_LIST(segmentation, Segments, segments,
                   print(item.segment(), absl::StrCat(Thousands(item.size()), " members",
                                                      item.evaluating() ? " (evaluating)" : "",
                                                      "; ", item.segment().expression())))},
      {"offer", DANGOL_LIST(offer, Offers, offers, print(item, item.display_name()))},
      {"channel", DANGOL_LIST(campaign, Channels, channels,
                              print(item, absl::StrCat(item.has_webhook() ? "webhook" : "file drop",
                                                       ", consent ", item.consent_channel())))},
      {"contactpolicy", DANGOL_LIST(campaign, ContactPolicies, contact_policies,
                                    print(item, absl::StrCat(item.business_unit(), ", ",
                                                             item.caps_size(), " caps")))},
      {"campaign",
       DANGOL_LIST(campaign, Campaigns, campaigns,
                   print(item, absl::StrCat(campaign::v1::CampaignState_Name(item.state())
                                                .substr(sizeof("CAMPAIGN_STATE")),
                                            "; ", item.display_name())))},
  };
  return *lists;
}

#undef DANGOL_LIST

// "business-units", "BusinessUnit", "business_unit" → "businessunit".
std::string Canonical(const std::string& kind) {
  const std::string plain =
      absl::StrReplaceAll(absl::AsciiStrToLower(kind), {{"-", ""}, {"_", ""}});
  if (Lists().contains(plain)) return plain;
  if (plain == "contactpolicies") return "contactpolicy";
  return plain.empty() ? plain : plain.substr(0, plain.size() - (plain.back() == 's' ? 1 : 0));
}

absl::Status GetOne(Session& session, const std::string& kind, const Args& args) {
  std::unique_ptr<google::protobuf::Message> message;
  if (kind == "customer") {
    profile::v1::GetCustomerRequest request;
    DANGOL_ASSIGN_OR_RETURN(*request.mutable_customer(), ParseRef(args.name));
    auto customer = std::make_unique<profile::v1::Customer>();
    DANGOL_RETURN_IF_ERROR(session.Call([&](client::Connection& c, grpc::ClientContext* x) {
      return c.profile->GetCustomer(x, request, customer.get());
    }));
    message = std::move(customer);
  } else {
    DANGOL_ASSIGN_OR_RETURN(client::Connection * connection, session.Connect());
    DANGOL_ASSIGN_OR_RETURN(message, client::GetResource(*connection, kind, args.name));
  }
  if (session.json()) {
    session.PrintJson(*message);
  } else {
    std::cout << config::ToYamlDocument(message->GetDescriptor()->name(), *message);
  }
  return absl::OkStatus();
}

absl::Status Get(Session& session, const Args& args) {
  const std::string kind = Canonical(args.kind);
  const auto list = Lists().find(kind);
  if (list == Lists().end()) {
    std::vector<std::string> kinds = client::ResourceKinds();
    kinds.push_back("Customer");
    return Usage(BadField("kind", args.kind, "is unknown",
                          absl::StrCat("use one of ", absl::StrJoin(kinds, ", "))));
  }
  if (!args.name.empty()) return GetOne(session, kind, args);
  std::string name = kind == "customer" ? "Customer" : "";
  for (const std::string& known : client::ResourceKinds()) {
    if (absl::AsciiStrToLower(known) == kind) name = known;
  }
  Printer printer(session, name);
  DANGOL_RETURN_IF_ERROR(list->second(session, printer, args.limit));
  printer.Done();
  return absl::OkStatus();
}

}  // namespace

void AddGetCommand(CLI::App& app, Session& session) {
  auto args = std::make_shared<Args>();
  auto* get = app.add_subcommand("get", "show a resource, or list all of a kind");
  get->add_option("kind", args->kind, "segment, offer, campaign, channel, customer, …")->required();
  get->add_option("name", args->name, "a name; of customers also type:value");
  get->add_option("--limit", args->limit, "list at most so many");
  get->footer(
      "Examples: dangol get segments\n          dangol get campaign winback -o json\n"
      "          dangol get customer user_id:42");
  session.SetAction(get, [&session, args] { return Get(session, *args); });
}

}  // namespace dangol::cli
