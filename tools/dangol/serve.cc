// serve, backup, restore, verify, recover: dangold does them; version.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "tools/dangol/commands.h"
#include "tools/dangol/session.h"

namespace dangol::cli {
namespace {

// The server beside this program, else the one in PATH. Returns only on failure.
absl::Status ExecServer(std::vector<std::string> flags) {
  std::error_code none;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", none);
  std::string server = (self.parent_path() / "dangold").string();
  if (!std::filesystem::exists(server, none)) server = "dangold";
  std::vector<char*> argv = {server.data()};
  for (std::string& flag : flags) argv.push_back(flag.data());
  argv.push_back(nullptr);
  execvp(server.c_str(), argv.data());
  return absl::NotFoundError(absl::StrCat("cannot run ", server, ": ", strerror(errno)));
}

// `dangol <name> …` is `dangold <name> …`.
void AddDirectoryCommand(CLI::App& app, Session& session, const char* name, const char* help,
                         const char* example) {
  auto* command = app.add_subcommand(name, help);
  command->fallthrough(false);
  command->prefix_command();
  command->footer(absl::StrCat("Flags: dangold ", name, " --help\nExample: ", example));
  session.SetAction(command, [command, name] {
    std::vector<std::string> flags = command->remaining();
    flags.insert(flags.begin(), name);
    return ExecServer(std::move(flags));
  });
}

}  // namespace

void AddServeCommand(CLI::App& app, Session& session) {
  auto* serve = app.add_subcommand("serve", "run all five services here (dangold)");
  serve->fallthrough(false);
  serve->prefix_command();  // all that follows is the server's
  serve->footer(
      "Flags are those of dangold; see: dangold --help\n"
      "Example: dangol serve --data-dir data --clock virtual --start 2026-01-01");
  session.SetAction(serve, [serve] { return ExecServer(serve->remaining()); });

  AddDirectoryCommand(app, session, "backup", "copy a data directory, in use or not",
                      "dangol backup --data-dir data --to backups");
  AddDirectoryCommand(app, session, "restore",
                      "make a data directory of a backup or a snapshot, or fill a new cluster",
                      "dangol restore --from backups --data-dir new-data");
  AddDirectoryCommand(app, session, "verify",
                      "check every invariant of a data directory or a cluster",
                      "dangol verify --data-dir data");
  AddDirectoryCommand(app, session, "recover",
                      "say what a damaged log or a cluster lost; make it usable",
                      "dangol recover --data-dir data");

  auto* version = app.add_subcommand("version", "print the version");
  version->footer("Example: dangol version");
  session.SetAction(version, [] {
    std::cout << "dangol " << DANGOL_VERSION << "\n";
    return absl::OkStatus();
  });
}

}  // namespace dangol::cli
