// apply, diff, delete: resources as code.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "google/protobuf/message.h"
#include "libs/base/clock.h"
#include "libs/base/status.h"
#include "libs/config/yaml.h"
#include "tools/client/apply.h"
#include "tools/dangol/commands.h"
#include "tools/dangol/promises.h"
#include "tools/dangol/session.h"
#include "tools/dangol/text.h"

namespace dangol::cli {
namespace {

using google::protobuf::Message;

constexpr char kCreated[] = "CREATED";
constexpr char kUnchanged[] = "UNCHANGED";
// The server itself waits for names, a while per call.
constexpr Micros kPatience = 5 * kMicrosPerSecond;
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
absl::StatusOr<client::Applied> ApplyPatiently(client::Connection& connection,
                                               const client::Resource& resource,
                                               bool after_change) {
  const Micros give_up = SteadyMicros() + (after_change ? kPatience : 0);
  while (true) {
    auto applied = client::Apply(connection, resource, /*validate_only=*/false);
    const bool may_appear = !applied.ok() && NamesUnknown(applied.status());
    if (!may_appear || SteadyMicros() >= give_up) return applied;
    absl::SleepFor(kRetryPause);
  }
}

// What a dry run would have, as far as can be said.
struct Foreseen {
  client::Applied applied;
  std::string missing;  // "Segment x": checked fully once this exists
};

absl::StatusOr<std::unique_ptr<Message>> OnServer(client::Connection& connection,
                                                  const client::Resource& resource) {
  auto now = client::GetResource(connection, resource.kind, resource.name());
  if (absl::IsNotFound(now.status())) return nullptr;
  return now;
}

// Applies nothing. What earlier documents create need not be there yet.
absl::StatusOr<Foreseen> Foresee(client::Connection& connection, const client::Resource& resource,
                                 Promises* promises) {
  Foreseen foreseen;
  auto applied = client::Apply(connection, resource, /*validate_only=*/true);
  if (applied.ok()) {
    foreseen.applied = *std::move(applied);
  } else {
    foreseen.missing = promises->MissingIn(applied.status());
    if (foreseen.missing.empty()) return At(resource, applied.status());
    DANGOL_ASSIGN_OR_RETURN(const auto now, OnServer(connection, resource));
    foreseen.applied.changed = now == nullptr ? kCreated : "UPDATED";
    foreseen.applied.result.reset(resource.message->New());
    foreseen.applied.result->CopyFrom(*resource.message);
  }
  if (foreseen.applied.changed == kCreated) promises->Add(resource.kind, resource.name());
  return foreseen;
}

void Show(Session& session, const client::Resource& resource, const client::Applied& applied,
          absl::string_view remark) {
  if (session.json()) {
    session.PrintJson(*applied.result, /*one_line=*/true);
  } else {
    std::cout << resource.kind << " " << resource.name() << ": " << applied.changed << remark
              << "\n";
  }
  for (const std::string& warning : applied.warnings) {
    std::cerr << "warning: " << resource.source << ": " << warning << "\n";
  }
}

absl::Status DryRun(Session& session, client::Connection& connection,
                    const std::vector<client::Resource>& resources) {
  Promises promises;
  for (const client::Resource& resource : resources) {
    DANGOL_ASSIGN_OR_RETURN(const Foreseen foreseen, Foresee(connection, resource, &promises));
    const std::string more = foreseen.missing.empty() ? ""
                                                      : absl::StrCat("; checked fully once ",
                                                                     foreseen.missing, " exists");
    Show(session, resource, foreseen.applied, absl::StrCat(" (dry run", more, ")"));
  }
  return absl::OkStatus();
}

absl::Status Apply(Session& session, const Files& files) {
  DANGOL_ASSIGN_OR_RETURN(const auto resources, Read(files));
  DANGOL_ASSIGN_OR_RETURN(client::Connection * connection, session.Connect());
  if (files.dry_run) return DryRun(session, *connection, resources);
  bool changed = false;
  for (const client::Resource& resource : resources) {
    const auto applied = ApplyPatiently(*connection, resource, changed);
    if (!applied.ok()) return At(resource, applied.status());
    changed |= applied->changed != kUnchanged;
    Show(session, resource, *applied, "");
  }
  return absl::OkStatus();
}

// The server says what it would have, so defaults and output-only fields make no difference.
absl::Status Diff(Session& session, const Files& files) {
  DANGOL_ASSIGN_OR_RETURN(const auto resources, Read(files));
  DANGOL_ASSIGN_OR_RETURN(client::Connection * connection, session.Connect());
  Promises promises;
  for (const client::Resource& resource : resources) {
    DANGOL_ASSIGN_OR_RETURN(const Foreseen then, Foresee(*connection, resource, &promises));
    if (then.applied.changed == kUnchanged) continue;
    DANGOL_ASSIGN_OR_RETURN(const auto now, OnServer(*connection, resource));
    std::cout << "--- " << (now == nullptr ? "(none)" : "server") << "\n+++ " << resource.source
              << " " << resource.kind << " " << resource.name() << "\n"
              << LineDiff(now == nullptr ? "" : config::ToYamlDocument(resource.kind, *now),
                          config::ToYamlDocument(resource.kind, *then.applied.result));
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
  remove->footer("Example: dangol delete segment dormant-2");
  segment->footer("Example: dangol delete segment dormant-2");
  session.SetAction(segment, [&session, name] { return DeleteSegment(session, *name); });
}

}  // namespace dangol::cli
