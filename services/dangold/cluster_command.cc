#include "services/dangold/cluster_command.h"

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/backbone/copy.h"
#include "libs/backbone/kafka/image.h"
#include "libs/backbone/kafka/repair.h"
#include "libs/base/status.h"
#include "services/dangold/mark_unknown.h"
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

absl::StatusOr<kafka::Repair> FindRepairOf(ClusterImage& image, Scope scope) {
  DANGOL_ASSIGN_OR_RETURN(kafka::Repair repair, kafka::FindRepair(image, scope));
  if (scope.service != Service::kCampaign) return repair;
  kafka::NoCheckpoints none;
  DANGOL_ASSIGN_OR_RETURN(repair.part.emits, UnknownContacts({image, none}, scope));
  if (!repair.part.emits.empty()) {
    repair.losses.push_back(absl::StrCat(repair.part.emits.size(), " contacts of ",
                                         ToString({Topic::kContact, scope.partition}),
                                         ", which it had begun"));
  }
  return repair;
}

// Of scopes that lost something. `partition`: of this one, or of all (-1).
absl::StatusOr<std::vector<kafka::Repair>> FindRepairs(ClusterImage& image, int partition) {
  std::vector<kafka::Repair> repairs;
  for (uint32_t p = 0; p < image.partitions(); ++p) {
    if (partition >= 0 && p != static_cast<uint32_t>(partition)) continue;
    for (int s = 0; s < kServices; ++s) {
      const Scope scope{static_cast<Service>(s), static_cast<Partition>(p)};
      DANGOL_ASSIGN_OR_RETURN(kafka::Repair repair, FindRepairOf(image, scope));
      if (!repair.losses.empty()) repairs.push_back(std::move(repair));
    }
  }
  return repairs;
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

absl::Status RecoverCluster(ClusterArgs& args, int partition) {
  DANGOL_RETURN_IF_ERROR(kafka::AddProperties(args.properties, &args.settings));
  DANGOL_ASSIGN_OR_RETURN(const auto repairer, kafka::Operator::Open(args.settings));
  DANGOL_ASSIGN_OR_RETURN(const std::unique_ptr<ClusterImage> image,
                          ClusterImage::Open(args.settings, ClusterImage::Cut::kOneMoment));
  if (partition >= static_cast<int>(image->partitions())) {
    return BadField("--partition", absl::StrCat(partition), "does not exist",
                    absl::StrCat("0 to ", image->partitions() - 1));
  }
  // Nothing is written before all is seen.
  DANGOL_ASSIGN_OR_RETURN(const std::vector<kafka::Repair> repairs, FindRepairs(*image, partition));
  if (repairs.empty()) {
    std::cout << "nothing is lost; nothing was changed\n";
    return absl::OkStatus();
  }
  std::cout << "lost:\n";
  size_t marked = 0;
  for (const kafka::Repair& repair : repairs) {
    for (const std::string& loss : repair.losses) {
      std::cout << "  " << ToString(repair.scope) << ": " << loss << "\n";
    }
    marked += repair.part.emits.size();
    DANGOL_RETURN_IF_ERROR(repairer->Write(repair.part, repair.epoch));
  }
  std::cout << "contacts that the log no longer shows, now unknown: " << marked << "\n"
            << "the services can be started again; verify before\n";
  return absl::OkStatus();
}

absl::Status RestoreCluster(ClusterArgs& args, EmbeddedLog& from) {
  DANGOL_RETURN_IF_ERROR(kafka::AddProperties(args.properties, &args.settings));
  DANGOL_ASSIGN_OR_RETURN(const auto target,
                          kafka::ClusterTarget::Open(args.settings, from.partitions()));
  DANGOL_ASSIGN_OR_RETURN(const CopyCounts counts, CopyLog(from, from.checkpoints(), target.get()));
  std::cout << "restored " << counts.values << " values of " << counts.scopes << " scopes and "
            << counts.records << " records into " << NameOf(args) << "\n";
  return absl::OkStatus();
}

}  // namespace dangol
