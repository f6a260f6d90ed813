// assign: uploads the list of a campaign whose cells were drawn elsewhere.
#include <CLI/CLI.hpp>
#include <iostream>
#include <map>
#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "grpcpp/grpcpp.h"
#include "libs/base/hash.h"
#include "libs/base/status.h"
#include "libs/rpc/grpc_status.h"
#include "nlohmann/json.hpp"
#include "tools/client/connection.h"
#include "tools/dangol/commands.h"
#include "tools/dangol/import/rows.h"
#include "tools/dangol/session.h"
#include "tools/dangol/text.h"

namespace dangol::cli {
namespace {

constexpr size_t kRowsPerMessage = 1000;

struct Args {
  std::string campaign, file;
  bool dry_run = false;
};
using Rows = std::vector<campaign::v1::AssignmentRow>;

absl::StatusOr<Rows> ReadList(const std::string& path) {
  Rows rows;
  bool first = true;
  const absl::Status read = import::ReadRows(path, {}, [&](const import::Row& row, int64_t) {
    const bool header = std::exchange(first, false) && !row.empty() && row[0] == "customer";
    if (header) return absl::OkStatus();
    if (row.size() != 2) {
      return BadField("--file", absl::StrCat("row ", rows.size() + 1), "has not two fields",
                      "write customer,cell");
    }
    rows.emplace_back();
    DANGOL_ASSIGN_OR_RETURN(*rows.back().mutable_customer(), ParseRef(row[0]));
    rows.back().set_cell(row[1]);
    return absl::OkStatus();
  });
  if (!read.ok()) return Usage(read);
  return rows;
}

void PrintSummary(const Session& session, const std::string& sha256,
                  const std::map<std::string, int64_t>& counts, size_t rows) {
  if (session.json()) {
    std::cout << nlohmann::json{{"sha256", sha256}, {"counts", counts}, {"rows", rows}} << "\n";
    return;
  }
  std::cout << "sha256: " << sha256 << "\n";
  for (const auto& [cell, n] : counts) std::cout << "  " << cell << ": " << Thousands(n) << "\n";
}

// What the campaign's definition has to name, without a server.
void PrintHash(const Session& session, const Rows& rows) {
  std::string lines;
  std::map<std::string, int64_t> counts;
  for (const auto& row : rows) {
    absl::StrAppend(&lines, RefText(row.customer()), ",", row.cell(), "\n");
    ++counts[row.cell()];
  }
  PrintSummary(session, Sha256Hex(lines), counts, rows.size());
}

absl::Status Upload(Session& session, const Args& args, const Rows& rows) {
  DANGOL_ASSIGN_OR_RETURN(client::Connection * connection, session.Connect());
  grpc::ClientContext context;
  campaign::v1::UploadAssignmentsResponse response;
  auto stream = connection->campaign->UploadAssignments(&context, &response);
  bool open = true;
  for (size_t at = 0; open && (at == 0 || at < rows.size()); at += kRowsPerMessage) {
    campaign::v1::UploadAssignmentsRequest request;
    request.set_campaign(args.campaign);
    for (size_t i = at; i < std::min(rows.size(), at + kRowsPerMessage); ++i) {
      *request.add_rows() = rows[i];
    }
    open = stream->Write(request);  // false: the server has refused, Finish says why
  }
  stream->WritesDone();
  DANGOL_RETURN_IF_ERROR(rpc::FromGrpc(stream->Finish()));
  for (const auto& ref : response.unresolved()) std::cerr << "unknown customer: " << ref << "\n";
  if (session.json()) {
    session.PrintJson(response);
    return absl::OkStatus();
  }
  const auto& counts = response.counts();
  PrintSummary(session, response.sha256(), {counts.begin(), counts.end()}, rows.size());
  std::cout << Thousands(response.rows()) << " rows, " << Thousands(response.unresolved_count())
            << " unknown customers, " << Thousands(response.duplicate_count())
            << " customers listed again\n";
  return absl::OkStatus();
}

absl::Status Assign(Session& session, const Args& args) {
  DANGOL_ASSIGN_OR_RETURN(const Rows rows, ReadList(args.file));
  if (!args.dry_run) return Upload(session, args, rows);
  PrintHash(session, rows);
  return absl::OkStatus();
}

}  // namespace

void AddAssignCommand(CLI::App& app, Session& session) {
  auto args = std::make_shared<Args>();
  auto* assign = app.add_subcommand("assign", "upload the cells of a test randomised elsewhere");
  assign->add_option("campaign", args->campaign)->required();
  assign->add_option("-f,--file", args->file, "CSV: customer (type:value), cell; header optional")
      ->required();
  assign->add_flag("--dry-run", args->dry_run,
                   "print the hash that the definition has to name, and the rows per cell");
  assign->footer("Example: dangol assign spring-test --file list.csv");
  session.SetAction(assign, [&session, args] { return Assign(session, *args); });
}

}  // namespace dangol::cli
