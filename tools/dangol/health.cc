// health: whether each server takes work, by its exit code, too.
#include "tools/client/health.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>

#include "google/protobuf/struct.pb.h"
#include "libs/base/status.h"
#include "tools/client/connection.h"
#include "tools/dangol/commands.h"
#include "tools/dangol/session.h"

namespace dangol::cli {
namespace {

void Print(const Session& session, const std::string& server, const std::string& status) {
  if (!session.json()) {
    std::cout << server << "  " << status << "\n";
    return;
  }
  google::protobuf::Struct line;
  (*line.mutable_fields())["server"].set_string_value(server);
  (*line.mutable_fields())["status"].set_string_value(status);
  session.PrintJson(line, /*one_line=*/true);
}

absl::Status Health(Session& session) {
  DANGOL_ASSIGN_OR_RETURN(client::Connection * connection, session.Open());
  ExitCode code = kOk;
  for (const auto& [server, channel] : connection->channels) {
    const auto status = client::HealthOf(channel, session.timeout_us());
    Print(session, server, status.ok() ? *status : "UNREACHABLE");
    if (status.ok() && *status == "SERVING") continue;
    code = std::max(code, status.ok() ? kRefused : kUnavailable);
  }
  session.set_exit_code(code);
  return absl::OkStatus();
}

}  // namespace

void AddHealthCommand(CLI::App& app, Session& session) {
  auto* health = app.add_subcommand("health", "whether the servers take work; needs no token");
  health->footer(
      "Exits with 0 when all serve, 1 when one does not, 3 when one does not answer in time.\n"
      "Example: dangol health --timeout 3s");
  session.SetAction(health, [&session] { return Health(session); });
}

}  // namespace dangol::cli
