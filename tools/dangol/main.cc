// dangol: the command line.
#include <CLI/CLI.hpp>

#include "tools/dangol/commands.h"
#include "tools/dangol/session.h"

namespace {

constexpr char kFooter[] =
    "Customers are named customers/<id>, user_id:42, email:a@b.kr, phone:…, card:… or "
    "anonymous_id:….\n"
    "Exit codes: 0 ok, 1 the server refused (or diff found differences), 2 wrong usage, 3 no "
    "server or no answer in time, 4 not found.\n\n"
    "Examples:\n"
    "  dangol serve --data-dir data --clock virtual --start 2026-01-01\n"
    "  dangol apply -f examples/ --dry-run\n"
    "  dangol count 'count(purchase) IN LAST 6 MONTHS >= 3' --business-unit beauty\n"
    "  dangol submit winback && dangol --as kim approve winback && dangol start winback\n"
    "  dangol report winback --margin 40% --html report.html\n";

}  // namespace

int main(int argc, char** argv) {
  using namespace dangol::cli;
  CLI::App app{
      "dangol: finds the customers who matter now, contacts them, measures what it changed"};
  Session session;
  app.require_subcommand(1);
  app.fallthrough();  // global flags may stand after the subcommand
  app.footer(kFooter);
  session.Declare(app);
  for (auto* add :
       {&AddServeCommand, &AddResourceCommands, &AddGetCommand, &AddImportCommand,
        &AddTrackCommands, &AddSegmentCommands, &AddCampaignCommands, &AddApproveCommand,
        &AddAssignCommand, &AddProgressCommands, &AddCustomerCommands, &AddMergeCommands,
        &AddReportCommand, &AddHealthCommand, &AddClockCommand, &AddTopicsCommand,
        &AddSnapshotCommand, &AddCompletionCommand}) {
    add(app, session);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kOk : kUsage;
  }
  return session.Finish();
}
