#include <CLI/CLI.hpp>
#include <iostream>

#include "libs/base/status.h"
#include "tests/bench/decide.h"
#include "tests/bench/loop.h"

namespace dangol::bench {
namespace {

absl::Status Run(const BenchOptions& options, const std::string& out) {
  Retailer retailer(options);
  DANGOL_RETURN_IF_ERROR(retailer.Start());
  DANGOL_ASSIGN_OR_RETURN(std::vector<Figure> figures, MeasureLoop(retailer));
  DANGOL_ASSIGN_OR_RETURN(const std::vector<Figure> decisions, MeasureDecide(retailer));
  figures.insert(figures.end(), decisions.begin(), decisions.end());
  retailer.Stop();
  Print(figures);
  return Write(figures, out + "/results.json");
}

}  // namespace
}  // namespace dangol::bench

int main(int argc, char** argv) {
  CLI::App app{"dangol-bench: speed of the whole loop, as ratios against peers of the same run"};
  dangol::bench::BenchOptions options;
  std::string out;
  app.add_option("--bin-dir", options.bin_dir, "where dangold is")->required();
  app.add_option("--examples", options.examples_dir, "definitions to evaluate")->required();
  app.add_option("--out", out, "directory of results.json")->required();
  app.add_option("--customers", options.customers, "size of the retailer");
  app.add_option("--activities", options.activities, "orders to send, at most");
  CLI11_PARSE(app, argc, argv);
  options.work_dir = out + "/work";
  const absl::Status status = dangol::bench::Run(options, out);
  if (!status.ok()) std::cerr << "bench: " << status << "\n";
  return status.ok() ? 0 : 1;
}
