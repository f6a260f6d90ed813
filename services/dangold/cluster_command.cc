#include "services/dangold/cluster_command.h"

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/backbone/kafka/image.h"
#include "libs/base/status.h"
#include "services/dangold/verify_cluster.h"

namespace dangol {
namespace {

using kafka::ClusterImage;

void TakeFromEnvironment(const char* name, std::string* value) {
  const char* text = std::getenv(name);
  if (text != nullptr && *text != '\0') *value = text;
}

std::string NameOf(const ClusterArgs& args) {
  return absl::StrCat(args.settings.prefix, " at ", args.settings.bootstrap_servers);
}

}  // namespace

bool ClusterArgs::Named(bool or_environment) {
  if (settings.bootstrap_servers.empty() && or_environment) {
    TakeFromEnvironment("DANGOL_KAFKA_BOOTSTRAP_SERVERS", &settings.bootstrap_servers);
  }
  if (settings.prefix.empty()) {
    settings.prefix = "dangol";
    TakeFromEnvironment("DANGOL_KAFKA_PREFIX", &settings.prefix);
  }
  return !settings.bootstrap_servers.empty();
}

void DeclareCluster(CLI::App& command, ClusterArgs* args) {
  args->settings.prefix.clear();
  command.add_option("--bootstrap-servers", args->settings.bootstrap_servers,
                     "of a cluster: host:port, host:port (DANGOL_KAFKA_BOOTSTRAP_SERVERS)");
  command.add_option("--prefix", args->settings.prefix,
                     "first word of every topic; default dangol (DANGOL_KAFKA_PREFIX)");
  command.add_option("--property", args->properties, "of librdkafka, name=value; repeatable");
}

absl::Status Report(const std::vector<Check>& checks, const std::string& where) {
  uint64_t found = 0;
  for (const Check& check : checks) {
    std::cout << (check.found == 0 ? "ok    " : "WRONG ") << check.name << " (" << check.looked_at
              << " " << check.of << ")\n";
    for (const std::string& finding : check.findings) std::cout << "        " << finding << "\n";
    found += check.found;
  }
  if (found == 0) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat(
      found, " findings in ", where,
      "; see docs/operations.md: restore a backup, or run recover where the log lost data"));
}

absl::Status VerifyCluster(ClusterArgs& args) {
  DANGOL_RETURN_IF_ERROR(kafka::AddProperties(args.properties, &args.settings));
  DANGOL_ASSIGN_OR_RETURN(const std::unique_ptr<ClusterImage> image,
                          ClusterImage::Open(args.settings, ClusterImage::Cut::kLoose));
  kafka::NoCheckpoints none;
  std::vector<Check> checks = VerifyTopics(*image);
  for (Check& check : VerifyServices({*image, none})) checks.push_back(std::move(check));
  return Report(checks, NameOf(args));
}

}  // namespace dangol
