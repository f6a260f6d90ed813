// import: a CSV file, by a mapping.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "dangol/config/v1/import.pb.h"
#include "libs/base/status.h"
#include "nlohmann/json.hpp"
#include "tools/dangol/commands.h"
#include "tools/dangol/import/import.h"
#include "tools/dangol/import/mapping.h"
#include "tools/dangol/session.h"
#include "tools/dangol/text.h"

namespace dangol::cli {
namespace {

struct Args {
  std::string what, mapping, file;
  import::ImportOptions options;
  bool strict = false;
};

void DrawProgress(int64_t bytes, int64_t size, int64_t rows) {
  constexpr int kWidth = 40;
  const double share = size > 0 ? std::min(1.0, static_cast<double>(bytes) / size) : 1;
  const int filled = static_cast<int>(share * kWidth);
  std::cerr << absl::StrFormat("\r[%s%s] %3.0f %%  %s rows", std::string(filled, '#'),
                               std::string(kWidth - filled, '.'), 100 * share, Thousands(rows))
            << std::flush;
}

void Print(const Session& session, const import::ImportSummary& summary, bool dry_run) {
  if (session.json()) {
    std::cout << nlohmann::json{{"rows", summary.rows},
                                {"skipped", summary.skipped},
                                {"imported", summary.imported},
                                {"rejected", summary.rejected},
                                {"reject_file", summary.rejected > 0 ? summary.reject_path : ""}}
              << "\n";
    return;
  }
  std::cout << (dry_run ? "would import " : "imported ") << Thousands(summary.imported)
            << " records of " << Thousands(summary.rows) << " rows, rejected "
            << Thousands(summary.rejected);
  if (summary.rejected > 0) std::cout << " (see " << summary.reject_path << ")";
  std::cout << "\n";
}

// `what` is for the reader of the command; the mapping decides.
absl::Status Import(Session& session, Args& args) {
  const auto mapping = import::ReadMapping(args.mapping);
  if (!mapping.ok()) return Usage(mapping.status());
  client::Connection* connection = nullptr;
  if (!args.options.dry_run) {
    DANGOL_ASSIGN_OR_RETURN(connection, session.Connect());
  }
  const bool tty = isatty(STDERR_FILENO) != 0;
  if (tty) args.options.progress = DrawProgress;
  const auto summary = import::ImportFile(connection, *mapping, args.file, args.options);
  if (tty) std::cerr << "\n";
  DANGOL_RETURN_IF_ERROR(summary.status());
  Print(session, *summary, args.options.dry_run);
  if (args.strict && summary->rejected > 0) session.set_exit_code(kRefused);
  return absl::OkStatus();
}

}  // namespace

void AddImportCommand(CLI::App& app, Session& session) {
  auto args = std::make_shared<Args>();
  auto* import = app.add_subcommand("import", "import a CSV file (plain or gzip)");
  import->add_option("what", args->what, "customers or activities: what the file holds")
      ->check(CLI::IsMember(
          {"customers", "activities", "purchases", "returns", "visits", "web-events"}))
      ->required();
  import->add_option("file", args->file, "the file; .gz is read as it is")->required();
  import->add_option("--mapping", args->mapping, "what a row becomes (docs in tools/dangol)")
      ->required();
  import->add_option("--file-id", args->options.file_id,
                     "names the file in ids; default: its name. The same id imports once");
  import->add_option("--rejects", args->options.reject_path, "default: <file>.rejects.csv");
  import->add_flag("--dry-run", args->options.dry_run, "check every row, send nothing");
  import->add_flag("--strict", args->strict, "exit 1 if anything was rejected");
  import->footer(
      "Importing a file again changes nothing.\n"
      "Example: dangol import customers --mapping map.yaml customers.csv.gz");
  session.SetAction(import, [&session, args] { return Import(session, *args); });
}

}  // namespace dangol::cli
