#include <CLI/CLI.hpp>
#include <iostream>

#include "tests/bench/loop.h"

int main(int argc, char** argv) {
  CLI::App app{"dangol-bench: speed of the whole loop, as ratios against peers of the same run"};
  dangol::bench::LoopOptions options;
  std::string out;
  app.add_option("--bin-dir", options.bin_dir, "where dangold is")->required();
  app.add_option("--examples", options.examples_dir, "definitions to evaluate")->required();
  app.add_option("--out", out, "directory of results.json")->required();
  app.add_option("--customers", options.customers, "size of the retailer");
  CLI11_PARSE(app, argc, argv);
  options.work_dir = out + "/work";
  const auto figures = dangol::bench::MeasureLoop(options);
  if (figures.ok()) dangol::bench::Print(*figures);
  const absl::Status status =
      figures.ok() ? dangol::bench::Write(*figures, out + "/results.json") : figures.status();
  if (!status.ok()) std::cerr << "bench: " << status << "\n";
  return status.ok() ? 0 : 1;
}
