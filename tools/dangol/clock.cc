// clock: the system's time; a virtual one can be moved.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "libs/base/calendar.h"
#include "libs/base/status.h"
#include "tools/client/connection.h"
#include "tools/dangol/commands.h"
#include "tools/dangol/session.h"
#include "tools/dangol/text.h"

namespace dangol::cli {
namespace {

// Moving may pass through weeks of timers; each attempt waits as long as the server allows.
constexpr Micros kAdvancePatience = kMicrosPerHour;

struct Args {
  std::string to, by;
};

absl::StatusOr<stream::v1::GetClockResponse> Now(Session& session) {
  stream::v1::GetClockResponse now;
  DANGOL_RETURN_IF_ERROR(session.Call([&](client::Connection& c, grpc::ClientContext* x) {
    return c.clock->GetClock(x, stream::v1::GetClockRequest(), &now);
  }));
  return now;
}

absl::Status Show(Session& session) {
  DANGOL_ASSIGN_OR_RETURN(const auto now, Now(session));
  if (session.json()) session.PrintJson(now);
  if (!session.json()) {
    std::cout << TimeText(now.time_us()) << (now.is_virtual() ? " (virtual)\n" : " (live)\n");
  }
  return absl::OkStatus();
}

absl::StatusOr<Micros> Target(Session& session, const Args& args) {
  if (args.to.empty() == args.by.empty()) {
    return Usage(absl::InvalidArgumentError("give either --to or --by"));
  }
  if (!args.to.empty()) {
    const auto to = ParseTime(args.to, absl::UTCTimeZone());
    if (!to.ok()) return Usage(to.status());
    return to;
  }
  const auto by = ParseDuration(args.by);
  if (!by.ok()) return Usage(by.status());
  DANGOL_ASSIGN_OR_RETURN(const auto now, Now(session));
  return now.time_us() + *by;
}

absl::Status Advance(Session& session, const Args& args) {
  DANGOL_ASSIGN_OR_RETURN(const Micros to, Target(session, args));
  stream::v1::AdvanceClockRequest request;
  request.set_to_time_us(to);
  stream::v1::AdvanceClockResponse reached;
  session.set_patience(kAdvancePatience);
  absl::Status advanced;
  do {  // a deadline only ends the waiting: asking again is the same request
    advanced = session.Call([&](client::Connection& c, grpc::ClientContext* x) {
      return c.clock->AdvanceClock(x, request, &reached);
    });
  } while (absl::IsDeadlineExceeded(advanced));
  DANGOL_RETURN_IF_ERROR(advanced);
  if (session.json()) session.PrintJson(reached);
  if (!session.json()) std::cout << TimeText(reached.time_us()) << "\n";
  return absl::OkStatus();
}

}  // namespace

void AddClockCommand(CLI::App& app, Session& session) {
  auto args = std::make_shared<Args>();
  auto* clock = app.add_subcommand("clock", "show the system's time, or advance a virtual clock");
  auto* advance = clock->add_subcommand("advance", "run until a time, and until all is idle");
  advance->add_option("--to", args->to, "UTC unless an offset is written");
  advance->add_option("--by", args->by, "e.g. 14d");
  advance->footer("Example: dangol clock advance --by 14d");
  clock->footer("Example: dangol clock");
  session.SetAction(clock, [&session, clock, advance] {
    return clock->got_subcommand(advance) ? absl::OkStatus() : Show(session);
  });
  session.SetAction(advance, [&session, args] { return Advance(session, *args); });
}

}  // namespace dangol::cli
