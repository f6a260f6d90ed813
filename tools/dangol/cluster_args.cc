#include "tools/dangol/cluster_args.h"

#include <CLI/CLI.hpp>

#include "tools/dangol/session.h"

namespace dangol::cli {

void ClusterArgs::Declare(CLI::App& command) {
  command.add_option("--bootstrap-servers", settings.bootstrap_servers, "host:port, host:port")
      ->envname("DANGOL_KAFKA_BOOTSTRAP_SERVERS")
      ->required();
  command.add_option("--prefix", settings.prefix, "first word of every topic")
      ->envname("DANGOL_KAFKA_PREFIX");
  command.add_option("--property", properties, "of librdkafka, name=value; repeatable");
}

absl::Status ClusterArgs::Take() {
  const absl::Status taken = kafka::AddProperties(properties, &settings);
  return taken.ok() ? taken : Usage(taken);
}

}  // namespace dangol::cli
