// The subcommands, by family. Each adds itself to the app; its action runs after parsing. `session`
// must outlive `app`.
#pragma once

namespace CLI {
class App;
}

namespace dangol::cli {

class Session;

void AddServeCommand(CLI::App& app, Session& session);       // serve, backup … recover, version
void AddResourceCommands(CLI::App& app, Session& session);   // apply, diff, delete
void AddGetCommand(CLI::App& app, Session& session);         // get
void AddImportCommand(CLI::App& app, Session& session);      // import
void AddTrackCommands(CLI::App& app, Session& session);      // track, upsert
void AddSegmentCommands(CLI::App& app, Session& session);    // count, members, rfm, …
void AddCampaignCommands(CLI::App& app, Session& session);   // submit … cancel, pause-all, proof
void AddApproveCommand(CLI::App& app, Session& session);     // approve
void AddAssignCommand(CLI::App& app, Session& session);      // assign
void AddProgressCommands(CLI::App& app, Session& session);   // watch, progress, contacts, audit
void AddCustomerCommands(CLI::App& app, Session& session);   // explain, customer, decide, …
void AddMergeCommands(CLI::App& app, Session& session);      // merges, erase, erasures, export
void AddReportCommand(CLI::App& app, Session& session);      // report
void AddHealthCommand(CLI::App& app, Session& session);      // health
void AddClockCommand(CLI::App& app, Session& session);       // clock
void AddTopicsCommand(CLI::App& app, Session& session);      // topics apply, check
void AddSnapshotCommand(CLI::App& app, Session& session);    // snapshot
void AddCompletionCommand(CLI::App& app, Session& session);  // completion

}  // namespace dangol::cli
