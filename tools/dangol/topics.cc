// topics: the Kafka topics of a cluster, made and checked from one list.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "libs/backbone/kafka/topic_admin.h"
#include "libs/base/status.h"
#include "tools/dangol/cluster_args.h"
#include "tools/dangol/commands.h"
#include "tools/dangol/session.h"

namespace dangol::cli {
namespace {

struct Args {
  ClusterArgs cluster;
  kafka::TopicPlan plan;
};

absl::Status Apply(Args& args) {
  DANGOL_RETURN_IF_ERROR(args.cluster.Take());
  DANGOL_RETURN_IF_ERROR(kafka::ApplyTopics(args.cluster.settings, args.plan));
  std::cout << "topics of " << args.cluster.settings.prefix << ": " << args.plan.partitions
            << " partitions, replication " << args.plan.replication << "\n";
  return absl::OkStatus();
}

absl::Status Check(Args& args) {
  DANGOL_RETURN_IF_ERROR(args.cluster.Take());
  DANGOL_ASSIGN_OR_RETURN(const uint32_t partitions, kafka::CheckTopics(args.cluster.settings));
  std::cout << "topics of " << args.cluster.settings.prefix << ": " << partitions
            << " partitions\n";
  return absl::OkStatus();
}

}  // namespace

void AddTopicsCommand(CLI::App& app, Session& session) {
  auto args = std::make_shared<Args>();
  auto* topics = app.add_subcommand("topics", "the Kafka topics of a cluster");
  topics->require_subcommand(1);
  topics->footer("Example: dangol topics apply --bootstrap-servers kafka:9092");
  auto* apply = topics->add_subcommand("apply", "make those that are missing");
  args->cluster.Declare(*apply);
  apply->add_option("--partitions", args->plan.partitions, "of every topic, a power of two; fixed");
  apply->add_option("--replication", args->plan.replication, "copies of each; 1 on one broker");
  apply->footer("Example: dangol topics apply --bootstrap-servers kafka:9092 --replication 1");
  auto* check = topics->add_subcommand("check", "whether all are there, with as many partitions");
  args->cluster.Declare(*check);
  check->footer("Example: dangol topics check --bootstrap-servers kafka:9092");
  session.SetAction(apply, [args] { return Apply(*args); });
  session.SetAction(check, [args] { return Check(*args); });
}

}  // namespace dangol::cli
