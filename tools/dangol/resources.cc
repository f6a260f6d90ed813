// apply, diff, delete: resources as code.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "google/protobuf/message.h"
#include "libs/base/status.h"
#include "libs/config/yaml.h"
#include "tools/client/apply.h"
#include "tools/dangol/commands.h"
#include "tools/dangol/session.h"
#include "tools/dangol/text.h"

namespace dangol::cli {
namespace {

constexpr int kRetries = 50;
constexpr absl::Duration kRetryPause = absl::Milliseconds(100);

struct Files {
  std::vector<std::string> paths;
  bool dry_run = false;
};

absl::StatusOr<std::vector<client::Resource>> Read(const Files& files) {
  auto resources = client::ReadResources(files.paths);
  if (!resources.ok()) return Usage(resources.status());
  return resources;
}

// An error that says which document it is about.
absl::Status At(const client::Resource& resource, const absl::Status& status) {
  absl::Status placed(status.code(), absl::StrCat(resource.source, ": ", resource.kind, " ",
                                                  resource.name(), ": ", status.message()));
  status.ForEachPayload(
      [&](absl::string_view type, const absl::Cord& payload) { placed.SetPayload(type, payload); });
  return placed;
}

// A name that was applied a moment ago may not have reached every service yet.
bool MayAppear(const absl::Status& status) {
  return absl::StartsWith(DetailOf(status).reason, "UNKNOWN_");
}

absl::StatusOr<client::Applied> ApplyPatiently(client::Connection& connection,
                                               const client::Resource& resource, bool dry_run,
                                               bool after_change) {
  auto applied = client::Apply(connection, resource, dry_run);
  for (int i = 0; after_change && !applied.ok() && MayAppear(applied.status()) && i < kRetries;
       ++i) {
    absl::SleepFor(kRetryPause);
    applied = client::Apply(connection, resource, dry_run);
  }
  return applied;
}

absl::Status Apply(Session& session, const Files& files) {
  DANGOL_ASSIGN_OR_RETURN(const auto resources, Read(files));
  DANGOL_ASSIGN_OR_RETURN(client::Connection * connection, session.Connect());
  bool changed = false;
  for (const client::Resource& resource : resources) {
    const auto applied = ApplyPatiently(*connection, resource, files.dry_run, changed);
    if (!applied.ok()) return At(resource, applied.status());
    changed |= applied->changed != "UNCHANGED" && !files.dry_run;
    if (session.json()) {
      session.PrintJson(*applied->result, /*one_line=*/true);
    } else {
      std::cout << resource.kind << " " << resource.name() << ": " << applied->changed
                << (files.dry_run ? " (dry run)" : "") << "\n";
    }
    for (const std::string& warning : applied->warnings) {
      std::cerr << "warning: " << resource.source << ": " << warning << "\n";
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> YamlOnServer(client::Connection& connection,
                                         const client::Resource& resource) {
  const auto now = client::GetResource(connection, resource.kind, resource.name());
  if (absl::IsNotFound(now.status())) return std::string();
  DANGOL_RETURN_IF_ERROR(now.status());
  return config::ToYamlDocument(resource.kind, **now);
}

// The server says what it would have, so defaults and output-only fields make no difference.
absl::Status Diff(Session& session, const Files& files) {
  DANGOL_ASSIGN_OR_RETURN(const auto resources, Read(files));
  DANGOL_ASSIGN_OR_RETURN(client::Connection * connection, session.Connect());
  for (const client::Resource& resource : resources) {
    const auto applied = client::Apply(*connection, resource, /*validate_only=*/true);
    if (!applied.ok()) return At(resource, applied.status());
    if (applied->changed == "UNCHANGED") continue;
    DANGOL_ASSIGN_OR_RETURN(const std::string now, YamlOnServer(*connection, resource));
    const std::string then = config::ToYamlDocument(resource.kind, *applied->result);
    std::cout << "--- " << (now.empty() ? "(none)" : "server") << "\n+++ " << resource.source << " "
              << resource.kind << " " << resource.name() << "\n"
              << LineDiff(now, then);
    session.set_exit_code(kRefused);
  }
  return absl::OkStatus();
}

absl::Status DeleteSegment(Session& session, const std::string& name) {
  segmentation::v1::DeleteSegmentRequest request;
  request.set_name(name);
  request.set_request_id(Session::RequestId());
  segmentation::v1::Segment deleted;
  DANGOL_RETURN_IF_ERROR(session.Call([&](client::Connection& c, grpc::ClientContext* x) {
    return c.segmentation->DeleteSegment(x, request, &deleted);
  }));
  if (session.json()) session.PrintJson(deleted);
  if (!session.json()) std::cout << "Segment " << name << ": DELETED\n";
  return absl::OkStatus();
}

}  // namespace

void AddResourceCommands(CLI::App& app, Session& session) {
  auto files = std::make_shared<Files>();
  auto* apply = app.add_subcommand("apply", "create or change what YAML files describe");
  apply->add_option("-f,--file", files->paths, "file, or directory with *.yaml")->required();
  apply->add_flag("--dry-run", files->dry_run, "say what would change, change nothing");
  apply->footer("Example: dangol apply -f examples/ --dry-run");
  session.SetAction(apply, [&session, files] { return Apply(session, *files); });

  auto* diff = app.add_subcommand("diff", "what apply would change, line by line; exit 1 if any");
  diff->add_option("-f,--file", files->paths, "file, or directory with *.yaml")->required();
  diff->footer("Example: dangol diff -f examples/segments.yaml");
  session.SetAction(diff, [&session, files] { return Diff(session, *files); });

  auto name = std::make_shared<std::string>();
  auto* remove = app.add_subcommand("delete", "delete a segment");
  remove->require_subcommand(1);
  auto* segment = remove->add_subcommand("segment", "every member leaves");
  segment->add_option("name", *name)->required();
  session.SetAction(segment, [&session, name] { return DeleteSegment(session, *name); });
}

}  // namespace dangol::cli
