#include <CLI/CLI.hpp>
#include <iostream>

#include "tools/loadgen/demo.h"

int main(int argc, char** argv) {
  CLI::App app{"dangol-demo: a simulated retailer and its campaigns, from load to report"};
  dangol::loadgen::DemoOptions options;
  app.add_option("--bin-dir", options.bin_dir, "where dangold is")->required();
  app.add_option("--examples", options.examples_dir, "resources to apply")->required();
  app.add_option("--out", options.out_dir, "emptied first; data and reports")->required();
  double day_s = 1;
  app.add_option("--server", options.server,
                 "an empty cluster, on the live clock; all five services");
  app.add_option("--drop-root", options.drop_root, "of that cluster's file-drop channels");
  app.add_option("--day", day_s, "seconds that a day takes there")
      ->check(CLI::Range(0.01, 86400.0));
  app.add_option("--customers", options.customers, "size of the retailer")
      ->check(CLI::Range(int64_t{100}, int64_t{9'999'999}));
  app.add_option("--seed", options.seed, "another seed is another retailer");
  CLI11_PARSE(app, argc, argv);
  options.day = static_cast<dangol::Micros>(day_s * dangol::kMicrosPerSecond);
  const absl::Status status = dangol::loadgen::RunDemo(options);
  if (!status.ok()) std::cerr << "demo: " << status << "\n";
  return status.ok() ? 0 : 1;
}
