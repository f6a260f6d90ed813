// topics: the Kafka topics of a cluster, made and checked from one list.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "libs/backbone/kafka/topic_admin.h"
#include "libs/base/status.h"
#include "tools/dangol/commands.h"
#include "tools/dangol/session.h"

namespace dangol::cli {
namespace {

struct Args {
  kafka::Settings settings;
  kafka::TopicPlan plan;
  std::vector<std::string> properties;  // name=value
};

absl::Status TakeProperties(Args& args) {
  const absl::Status taken = kafka::AddProperties(args.properties, &args.settings);
  return taken.ok() ? taken : Usage(taken);
}

absl::Status Apply(Args& args) {
  DANGOL_RETURN_IF_ERROR(TakeProperties(args));
  DANGOL_RETURN_IF_ERROR(kafka::ApplyTopics(args.settings, args.plan));
  std::cout << "topics of " << args.settings.prefix << ": " << args.plan.partitions
            << " partitions, replication " << args.plan.replication << "\n";
  return absl::OkStatus();
}

absl::Status Check(Args& args) {
  DANGOL_RETURN_IF_ERROR(TakeProperties(args));
  DANGOL_ASSIGN_OR_RETURN(const uint32_t partitions, kafka::CheckTopics(args.settings));
  std::cout << "topics of " << args.settings.prefix << ": " << partitions << " partitions\n";
  return absl::OkStatus();
}

void DeclareCluster(CLI::App& command, const std::shared_ptr<Args>& args) {
  command
      .add_option("--bootstrap-servers", args->settings.bootstrap_servers, "host:port, host:port")
      ->envname("DANGOL_KAFKA_BOOTSTRAP_SERVERS")
      ->required();
  command.add_option("--prefix", args->settings.prefix, "first word of every topic")
      ->envname("DANGOL_KAFKA_PREFIX");
  command.add_option("--property", args->properties, "of librdkafka, name=value; repeatable");
}

}  // namespace

void AddTopicsCommand(CLI::App& app, Session& session) {
  auto args = std::make_shared<Args>();
  auto* topics = app.add_subcommand("topics", "the Kafka topics of a cluster");
  topics->require_subcommand(1);
  topics->footer("Example: dangol topics apply --bootstrap-servers kafka:9092");
  auto* apply = topics->add_subcommand("apply", "make those that are missing");
  DeclareCluster(*apply, args);
  apply->add_option("--partitions", args->plan.partitions, "of every topic, a power of two; fixed");
  apply->add_option("--replication", args->plan.replication, "copies of each; 1 on one broker");
  apply->footer("Example: dangol topics apply --bootstrap-servers kafka:9092 --replication 1");
  auto* check = topics->add_subcommand("check", "whether all are there, with as many partitions");
  DeclareCluster(*check, args);
  check->footer("Example: dangol topics check --bootstrap-servers kafka:9092");
  session.SetAction(apply, [args] { return Apply(*args); });
  session.SetAction(check, [args] { return Check(*args); });
}

}  // namespace dangol::cli
