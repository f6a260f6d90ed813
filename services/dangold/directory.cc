#include "services/dangold/directory.h"

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/backbone/embedded/backup.h"
#include "libs/backbone/embedded/embedded_log.h"
#include "libs/backbone/embedded/recover.h"
#include "libs/backbone/embedded/seeder.h"
#include "libs/base/status.h"
#include "services/dangold/backup_request.h"
#include "services/dangold/cluster_command.h"
#include "services/dangold/mark_unknown.h"
#include "services/dangold/verify.h"

namespace dangol {
namespace {

constexpr Micros kBackupPatience = kMicrosPerHour;

struct Args {
  std::string data_dir, backup_dir;
  ClusterArgs cluster;
  int partition = -1;
};

bool HoldsData(const std::string& dir) { return std::filesystem::exists(dir + "/CURRENT"); }

// A directory that is not there must not be created by looking at it.
absl::Status CheckHoldsData(const std::string& dir) {
  if (HoldsData(dir)) return absl::OkStatus();
  return BadField("--data-dir", dir, "holds no data", "name dangold's, or restore a backup");
}

EmbeddedLog::Options Options() {
  EmbeddedLog::Options options;
  options.min_free_bytes = 0;  // reading needs little
  return options;
}

absl::StatusOr<std::unique_ptr<EmbeddedLog>> OpenExisting(const std::string& dir) {
  DANGOL_RETURN_IF_ERROR(CheckHoldsData(dir));
  return EmbeddedLog::Open(dir, Options());
}

void PrintBackup(const char* done, const BackupInfo& info, const std::string& dir) {
  std::cout << done << " " << DescribeBackup(info, dir) << "\n";
}

absl::Status Backup(Args& args) {
  absl::StatusOr<std::unique_ptr<EmbeddedLog>> log = OpenExisting(args.data_dir);
  if (!log.ok() && DetailOf(log.status()).reason == "DIRECTORY_IN_USE") {
    DANGOL_ASSIGN_OR_RETURN(const std::string answer,
                            RequestBackup(args.data_dir, args.backup_dir, kBackupPatience));
    std::cout << "the running server made " << answer << "\n";
    return absl::OkStatus();
  }
  DANGOL_RETURN_IF_ERROR(log.status());
  DANGOL_ASSIGN_OR_RETURN(const BackupInfo info, CreateBackup(**log, args.backup_dir));
  PrintBackup("made", info, args.backup_dir);
  return absl::OkStatus();
}

// Where the command changes something: one of the two is named.
void NameOne(Args& args) {
  if (args.data_dir.empty() == args.cluster.Named(args.data_dir.empty())) return;
  throw CLI::ValidationError("name one of --data-dir and --bootstrap-servers");
}

// A directory that stands for itself, of one that was a copy.
absl::Status RestoreDirectory(const Args& args) {
  if (std::filesystem::exists(args.data_dir)) {
    return Precondition("NOT_EMPTY",
                        absl::StrCat(args.data_dir, " is there already; name another directory"));
  }
  // Not while another process changes it.
  DANGOL_ASSIGN_OR_RETURN(const std::unique_ptr<EmbeddedLog> from, OpenExisting(args.backup_dir));
  std::filesystem::copy(args.backup_dir, args.data_dir, std::filesystem::copy_options::recursive);
  DANGOL_ASSIGN_OR_RETURN(const std::unique_ptr<EmbeddedLog> log, OpenExisting(args.data_dir));
  DANGOL_RETURN_IF_ERROR(NoCopyAnyMore(*log));
  std::cout << "made " << args.data_dir << " of " << args.backup_dir << "\n";
  return absl::OkStatus();
}

absl::Status Restore(Args& args) {
  NameOne(args);
  if (HoldsData(args.backup_dir) && !args.data_dir.empty()) return RestoreDirectory(args);
  if (args.data_dir.empty()) {
    DANGOL_ASSIGN_OR_RETURN(const std::unique_ptr<EmbeddedLog> from, OpenExisting(args.backup_dir));
    return RestoreCluster(args.cluster, *from);
  }
  DANGOL_ASSIGN_OR_RETURN(const BackupInfo info, RestoreBackup(args.backup_dir, args.data_dir));
  PrintBackup("restored", info, args.backup_dir);
  return absl::OkStatus();
}

absl::Status Verify(Args& args) {
  const int directories = (args.data_dir.empty() ? 0 : 1) + (args.backup_dir.empty() ? 0 : 1);
  if (directories + (args.cluster.Named(directories == 0) ? 1 : 0) != 1) {
    throw CLI::ValidationError("name one of --data-dir, --backup and --bootstrap-servers");
  }
  if (directories == 0) return VerifyCluster(args.cluster);
  if (args.data_dir.empty()) {
    DANGOL_ASSIGN_OR_RETURN(const BackupInfo info, CheckBackup(args.backup_dir));
    PrintBackup("read all of", info, args.backup_dir);
    return absl::OkStatus();
  }
  DANGOL_ASSIGN_OR_RETURN(const std::unique_ptr<EmbeddedLog> log, OpenExisting(args.data_dir));
  std::vector<Check> checks = VerifyLog(*log);
  for (Check& check : VerifyServices(*log)) checks.push_back(std::move(check));
  return Report(checks, args.data_dir);
}

absl::Status Recover(Args& args) {
  NameOne(args);
  if (args.data_dir.empty()) return RecoverCluster(args.cluster, args.partition);
  DANGOL_RETURN_IF_ERROR(CheckHoldsData(args.data_dir));
  DANGOL_ASSIGN_OR_RETURN(const Recovery recovery, RecoverLog(args.data_dir, Options()));
  if (recovery.losses.empty()) {
    std::cout << "nothing is lost; nothing was changed\n";
    return absl::OkStatus();
  }
  std::cout << "lost:\n";
  for (const Loss& loss : recovery.losses) {
    std::cout << "  " << loss.where << ": " << loss.what << "\n";
  }
  DANGOL_ASSIGN_OR_RETURN(const std::unique_ptr<EmbeddedLog> log, OpenExisting(args.data_dir));
  DANGOL_ASSIGN_OR_RETURN(const uint64_t marked, MarkUnknown(*log, recovery.ahead));
  std::cout << "contacts that the log no longer shows, now unknown: " << marked << "\n"
            << "the directory can be used again; verify it before\n";
  return absl::OkStatus();
}

using Action = absl::Status (*)(Args&);

CLI::App* Add(CLI::App& app, const char* name, const char* help, Action action, Args* args,
              absl::Status* status) {
  CLI::App* command = app.add_subcommand(name, help);
  command->add_option("--data-dir", args->data_dir, "dangold's data directory");
  command->callback([=] { *status = action(*args); });
  return command;
}

void Declare(CLI::App& app, Args* args, absl::Status* status) {
  auto* backup = Add(app, "backup", "copy the data directory, in use or not, into a backup folder",
                     Backup, args, status);
  backup->add_option("--to", args->backup_dir, "backup folder; created, or added to")->required();
  backup->get_option("--data-dir")->required();
  auto* restore =
      Add(app, "restore",
          "make a new data directory of the newest backup or of a snapshot, or fill the "
          "new topics of a cluster with a data directory",
          Restore, args, status);
  restore->add_option("--from", args->backup_dir, "backup folder, snapshot or data directory")
      ->required();
  DeclareCluster(*restore, &args->cluster);
  auto* verify =
      Add(app, "verify", "check every invariant of a data directory, a backup folder or a cluster",
          Verify, args, status);
  verify->add_option("--backup", args->backup_dir, "backup folder");
  DeclareCluster(*verify, &args->cluster);
  auto* recover =
      Add(app, "recover", "say what a damaged log lost, and make it usable", Recover, args, status);
  recover->add_option("--partition", args->partition, "of a cluster: this one only; default: all");
  DeclareCluster(*recover, &args->cluster);
  app.require_subcommand(1);
}

}  // namespace

bool IsDirectoryCommand(absl::string_view word) {
  return word == "backup" || word == "restore" || word == "verify" || word == "recover";
}

int RunDirectoryCommand(int argc, char** argv) {
  CLI::App app{"dangold: what is done to a data directory"};
  Args args;
  absl::Status status;
  Declare(app, &args, &status);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (!status.ok()) std::cerr << "dangold: " << status.message() << "\n";
  return status.ok() ? 0 : 1;
}

}  // namespace dangol
