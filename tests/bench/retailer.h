// A dangold, or a running cluster, on the live clock with the example definitions and a retailer's
// customers in it.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tests/bench/cost.h"
#include "tools/client/connection.h"
#include "tools/loadgen/retail.h"
#include "tools/loadgen/server_process.h"

namespace dangol::bench {

// Processes of this machine that were started before, empty.
struct RunningCluster {
  std::string server;  // as the CLI takes it; empty: there is none, a dangold is started
  std::vector<int> metrics_ports;
  std::vector<pid_t> services;
  pid_t broker = 0;
};

struct BenchOptions {
  std::string bin_dir;
  std::string examples_dir;
  std::string work_dir;  // emptied first
  int64_t customers = 50'000;
  int64_t activities = 500'000;  // at most: as many as the customers made, the latest first
  std::string start;             // of a virtual clock; empty: the live one
  std::vector<std::string> server_flags;
  RunningCluster cluster;
};

class Retailer {
 public:
  explicit Retailer(const BenchOptions& options);

  // A server with the definitions, without customers.
  absl::Status Start();
  // Stops and starts it again; returns the seconds until it serves. Not of a cluster, nor Stop.
  absl::StatusOr<double> Restart();
  void Stop() { server_->Stop(); }

  absl::Status SendCustomers();
  // In order of time, over all customers.
  std::vector<loadgen::Order> Orders() const;
  // Until every service has handled everything there is, `activities` of them accepted so far.
  absl::Status WaitUntilProcessed(int64_t activities);

  bool on_cluster() const { return !options_.cluster.server.empty(); }
  std::string target() const { return on_cluster() ? options_.cluster.server : server_->target(); }
  client::Connection& connection() { return *connection_; }
  const loadgen::Retail& retail() const { return retail_; }
  const BenchOptions& options() const { return options_; }
  // Of the server, or of all services together.
  ProcessCost Cost() const;
  // Samples whose names begin so; of a cluster, the sums over its pages.
  std::map<std::string, double> Samples(absl::string_view prefix) const;
  // Of dangold's page.
  int metrics_port() const { return server_->metrics_port(); }

 private:
  absl::Status Connect();

  const BenchOptions options_;
  const loadgen::Retail retail_;
  std::unique_ptr<loadgen::ServerProcess> server_;
  std::unique_ptr<client::Connection> connection_;
};

}  // namespace dangol::bench
