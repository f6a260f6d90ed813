// count, members, rfm, explain-membership: who matters now.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "absl/strings/str_cat.h"
#include "libs/base/calendar.h"
#include "tools/dangol/commands.h"
#include "tools/dangol/paging.h"
#include "tools/dangol/text.h"

namespace dangol::cli {
namespace {

struct Args {
  std::string name, customer, business_unit, at;
  std::vector<std::string> cuts, segments;
  int64_t limit = 0;
};

absl::StatusOr<Micros> AsOf(const Args& args) {
  if (args.at.empty()) return 0;
  const auto time = ParseTime(args.at, absl::UTCTimeZone());
  if (!time.ok()) return Usage(time.status());
  return time;
}

absl::Status Count(Session& session, const Args& args) {
  segmentation::v1::CountAudienceRequest request;
  request.set_business_unit(args.business_unit);
  for (const auto& segment : args.segments) request.add_segments(segment);
  if (!args.name.empty()) request.add_cuts(args.name);
  for (const auto& cut : args.cuts) request.add_cuts(cut);
  DANGOL_ASSIGN_OR_RETURN(const Micros at, AsOf(args));
  request.set_as_of_time_us(at);
  segmentation::v1::CountAudienceResponse response;
  DANGOL_RETURN_IF_ERROR(session.Call([&](client::Connection& c, grpc::ClientContext* x) {
    return c.segmentation->CountAudience(x, request, &response);
  }));
  for (const auto& warning : response.warnings()) std::cerr << "warning: " << warning << "\n";
  if (session.json()) {
    session.PrintJson(response);
    return absl::OkStatus();
  }
  Table table({"CUSTOMERS", "CUT"});
  table.Add({Thousands(response.population()), "all customers"});
  for (const auto& cut : response.cuts()) table.Add({Thousands(cut.count()), cut.expression()});
  std::cout << table.ToString() << "total " << Thousands(response.total()) << " at "
            << TimeText(response.as_of_time_us()) << "\n";
  return absl::OkStatus();
}

absl::Status Members(Session& session, const Args& args) {
  segmentation::v1::ListMembersRequest request;
  request.set_segment(args.name);
  Table table({"CUSTOMER", "SINCE"});
  DANGOL_RETURN_IF_ERROR(EachItem<segmentation::v1::ListMembersResponse>(
      session, request, args.limit,
      [](auto& c, auto* x, const auto& q, auto* r) { return c.segmentation->ListMembers(x, q, r); },
      [](const auto& r) -> const auto& { return r.members(); },
      [&](const segmentation::v1::Member& member) {
        if (session.json()) session.PrintJson(member, true);
        if (!session.json()) table.Add({member.customer(), TimeText(member.since_time_us())});
      }));
  if (!session.json()) std::cout << table.ToString();
  return absl::OkStatus();
}

void PrintGrid(const segmentation::v1::RfmGrid& grid) {
  Table table({"R", "F", "M", "CUSTOMERS"});
  for (const auto& cell : grid.cells()) {
    table.Add({absl::StrCat(cell.recency_class()), absl::StrCat(cell.frequency_class()),
               cell.monetary_class() == 0 ? "?" : absl::StrCat(cell.monetary_class()),
               Thousands(cell.count())});
  }
  std::cout << table.ToString() << "\n";
  Table sums({"R", "F", "CUSTOMERS"});
  for (const auto& cell : grid.recency_frequency()) {
    sums.Add({absl::StrCat(cell.recency_class()), absl::StrCat(cell.frequency_class()),
              Thousands(cell.count())});
  }
  std::cout << sums.ToString() << "without a purchase: " << Thousands(grid.without_purchase())
            << "; no M class for a foreign currency: " << Thousands(grid.foreign_currency())
            << "; at " << TimeText(grid.as_of_time_us()) << "\n";
}

absl::Status Rfm(Session& session, const Args& args) {
  segmentation::v1::GetRfmGridRequest request;
  request.set_scheme(args.name);
  request.set_business_unit(args.business_unit);
  DANGOL_ASSIGN_OR_RETURN(const Micros at, AsOf(args));
  request.set_as_of_time_us(at);
  segmentation::v1::RfmGrid grid;
  DANGOL_RETURN_IF_ERROR(session.Call([&](client::Connection& c, grpc::ClientContext* x) {
    return c.segmentation->GetRfmGrid(x, request, &grid);
  }));
  if (session.json()) session.PrintJson(grid);
  if (!session.json()) PrintGrid(grid);
  for (const std::string& warning : grid.warnings()) std::cerr << "warning: " << warning << "\n";
  return absl::OkStatus();
}

absl::Status Explain(Session& session, const Args& args) {
  segmentation::v1::ExplainMembershipRequest request;
  request.set_segment(args.name);
  DANGOL_ASSIGN_OR_RETURN(*request.mutable_customer(), ParseRef(args.customer));
  segmentation::v1::ExplainMembershipResponse response;
  DANGOL_RETURN_IF_ERROR(session.Call([&](client::Connection& c, grpc::ClientContext* x) {
    return c.segmentation->ExplainMembership(x, request, &response);
  }));
  if (session.json()) {
    session.PrintJson(response);
    return absl::OkStatus();
  }
  std::cout << response.customer() << (response.is_member() ? " is in " : " is not in ")
            << response.segment() << " (version " << response.segment_version() << ")";
  if (response.is_member()) std::cout << " since " << TimeText(response.since_time_us());
  std::cout << "\n  " << response.expression() << "\n";
  Table table({"", "CONDITION", "FOUND"});
  for (const auto& leaf : response.leaves()) {
    table.Add({leaf.result() ? "yes" : "no", leaf.text(), leaf.value()});
  }
  std::cout << table.ToString();
  if (response.next_change_time_us() != 0) {
    std::cout << "may change by itself at " << TimeText(response.next_change_time_us()) << "\n";
  }
  return absl::OkStatus();
}

}  // namespace

void AddSegmentCommands(CLI::App& app, Session& session) {
  auto args = std::make_shared<Args>();
  auto* count = app.add_subcommand("count", "count the customers an expression finds");
  count->add_option("expression", args->name, "in the segment language");
  count->add_option("--business-unit", args->business_unit);
  count->add_option("--segment", args->segments, "first those in this segment");
  count->add_option("--cut", args->cuts, "and of these, those that …");
  count->add_option("--at", args->at, "at an earlier instant, UTC");
  count->footer(
      "Example: dangol count 'count(purchase) >= 1' --cut 'trait.city = \"Seoul\"' "
      "--business-unit beauty");
  session.SetAction(count, [&session, args] { return Count(session, *args); });

  auto* members = app.add_subcommand("members", "list a segment's members");
  members->add_option("segment", args->name)->required();
  members->add_option("--limit", args->limit, "at most so many");
  members->footer("Example: dangol members dormant-2 --limit 10");
  session.SetAction(members, [&session, args] { return Members(session, *args); });

  auto* rfm = app.add_subcommand("rfm", "customers in each cell of an RFM scheme");
  rfm->add_option("scheme", args->name, "default: the preset 333-monthly");
  rfm->add_option("--business-unit", args->business_unit);
  rfm->add_option("--at", args->at, "at an earlier instant, UTC");
  rfm->footer(
      "Examples: dangol rfm --business-unit beauty\n"
      "          dangol rfm monthly-333 --at 2026-03-01");
  session.SetAction(rfm, [&session, args] { return Rfm(session, *args); });

  auto* explain = app.add_subcommand("explain-membership", "why a customer is in a segment or not");
  explain->add_option("segment", args->name)->required();
  explain->add_option("customer", args->customer)->required();
  explain->footer("Example: dangol explain-membership dormant-2 user_id:42");
  session.SetAction(explain, [&session, args] { return Explain(session, *args); });
}

}  // namespace dangol::cli
