// explain, customer, decide, stats: about customers.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "absl/strings/str_format.h"
#include "tools/dangol/commands.h"
#include "tools/dangol/customer_text.h"
#include "tools/dangol/paging.h"
#include "tools/dangol/text.h"

namespace dangol::cli {
namespace {

constexpr int kTimelineLines = 20;

struct Args {
  std::string customer, campaign, business_unit;
  std::vector<std::string> offers;
};

absl::Status Explain(Session& session, const Args& args) {
  campaign::v1::ExplainContactRequest request;
  request.set_campaign(args.campaign);
  DANGOL_ASSIGN_OR_RETURN(*request.mutable_customer(), ParseRef(args.customer));
  campaign::v1::ExplainContactResponse response;
  DANGOL_RETURN_IF_ERROR(session.Call([&](client::Connection& c, grpc::ClientContext* x) {
    return c.campaign->ExplainContact(x, request, &response);
  }));
  if (session.json()) session.PrintJson(response);
  if (!session.json()) std::cout << ExplainText(response);
  return absl::OkStatus();
}

absl::Status Features(Session& session, const std::string& unit, const std::string& name) {
  segmentation::v1::GetFeaturesRequest request;
  request.mutable_customer()->set_customer(name);
  request.set_business_unit(unit);
  segmentation::v1::CustomerFeatures features;
  const absl::Status got = session.Call([&](client::Connection& c, grpc::ClientContext* x) {
    return c.segmentation->GetFeatures(x, request, &features);
  });
  // A prospect of several business units, or one that segmentation has not met: the rest is still
  // worth showing.
  if (absl::IsNotFound(got) || (unit.empty() && absl::IsInvalidArgument(got))) {
    if (!session.json()) std::cout << "\nprospect; --business-unit shows the features in one\n";
    return absl::OkStatus();
  }
  DANGOL_RETURN_IF_ERROR(got);
  if (session.json()) session.PrintJson(features, true);
  if (!session.json()) std::cout << "\n" << FeaturesText(features);
  return absl::OkStatus();
}

absl::Status Customer(Session& session, const Args& args) {
  profile::v1::GetCustomerRequest request;
  DANGOL_ASSIGN_OR_RETURN(*request.mutable_customer(), ParseRef(args.customer));
  profile::v1::Customer customer;
  DANGOL_RETURN_IF_ERROR(session.Call([&](client::Connection& c, grpc::ClientContext* x) {
    return c.profile->GetCustomer(x, request, &customer);
  }));
  if (session.json()) session.PrintJson(customer, true);
  if (!session.json()) std::cout << CustomerText(customer);
  for (const std::string& unit : UnitsToShow(customer, args.business_unit)) {
    DANGOL_RETURN_IF_ERROR(Features(session, unit, customer.name()));
  }
  profile::v1::ListTimelineRequest timeline;
  timeline.mutable_customer()->set_customer(customer.name());
  Table table({"TIME", "STAGE", "WHAT", "ABOUT"});
  DANGOL_RETURN_IF_ERROR(EachItem<profile::v1::ListTimelineResponse>(
      session, timeline, kTimelineLines,
      [](auto& c, auto* x, const auto& q, auto* r) { return c.profile->ListTimeline(x, q, r); },
      [](const auto& r) -> const auto& { return r.entries(); },
      [&](const profile::v1::TimelineEntry& entry) {
        if (session.json()) return session.PrintJson(entry, true);
        table.Add(TimelineRow(entry));
      }));
  if (!session.json()) std::cout << "\n" << table.ToString();
  return absl::OkStatus();
}

absl::Status Decide(Session& session, const Args& args) {
  offer::v1::DecideRequest request;
  DANGOL_ASSIGN_OR_RETURN(*request.mutable_customer(), ParseRef(args.customer));
  request.set_business_unit(args.business_unit);
  for (const auto& offer : args.offers) request.add_offers(offer);
  request.set_request_id(Session::RequestId());
  offer::v1::Decision decision;
  DANGOL_RETURN_IF_ERROR(session.Call([&](client::Connection& c, grpc::ClientContext* x) {
    return c.offer->Decide(x, request, &decision);
  }));
  if (session.json()) {
    session.PrintJson(decision);
    return absl::OkStatus();
  }
  std::cout << (decision.offer().empty() ? "no offer" : decision.offer()) << " for "
            << decision.customer() << ", propensity "
            << absl::StrFormat("%.4f", decision.propensity()) << "\n";
  Table table({"", "OFFER", "REASON", "PROPENSITY", "EXPECTED VALUE"});
  for (const auto& offer : decision.considered()) {
    table.Add({offer.kept() ? "kept" : "dropped", offer.offer(), offer.reason(),
               absl::StrFormat("%.4f", offer.propensity()),
               absl::StrFormat("%.2f", offer.expected_value())});
  }
  std::cout << table.ToString();
  return absl::OkStatus();
}

absl::Status Stats(Session& session) {
  profile::v1::Stats stats;
  DANGOL_RETURN_IF_ERROR(session.Call([&](client::Connection& c, grpc::ClientContext* x) {
    return c.profile->GetStats(x, profile::v1::GetStatsRequest(), &stats);
  }));
  if (session.json()) session.PrintJson(stats);
  if (!session.json()) std::cout << StatsText(stats);
  return absl::OkStatus();
}

}  // namespace

void AddCustomerCommands(CLI::App& app, Session& session) {
  auto args = std::make_shared<Args>();
  auto* explain = app.add_subcommand("explain", "why a campaign contacted a customer, or not");
  explain->add_option("campaign", args->campaign)->required();
  explain->add_option("customer", args->customer)->required();
  explain->footer("Example: dangol explain winback user_id:42");
  session.SetAction(explain, [&session, args] { return Explain(session, *args); });

  auto* customer = app.add_subcommand("customer", "profile, memberships and timeline");
  customer->add_option("customer", args->customer)->required();
  customer->add_option("--business-unit", args->business_unit, "features in this one only");
  customer->footer("Example: dangol customer email:a@b.kr");
  session.SetAction(customer, [&session, args] { return Customer(session, *args); });

  auto* decide = app.add_subcommand("decide", "the next best offer, now");
  decide->add_option("customer", args->customer)->required();
  decide->add_option("--business-unit", args->business_unit)->required();
  decide->add_option("--offer", args->offers, "choose among these only");
  decide->footer(
      "Takes budget of the offer chosen.\n"
      "Example: dangol decide user_id:42 --business-unit beauty --offer voucher-5000");
  session.SetAction(decide, [&session, args] { return Decide(session, *args); });

  auto* stats = app.add_subcommand("stats", "exact sums over everything processed");
  stats->footer("Example: dangol stats -o json");
  session.SetAction(stats, [&session] { return Stats(session); });
}

}  // namespace dangol::cli
