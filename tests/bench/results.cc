#include "tests/bench/results.h"

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"

namespace dangol::bench {
namespace {

double Ratio(const Figure& f) { return f.peer_value > 0 ? f.value / f.peer_value : 0; }

bool Met(const Figure& f) {
  return f.aim == 0 || (f.at_most ? f.value <= f.aim : f.value >= f.aim);
}

}  // namespace

void Print(const std::vector<Figure>& figures) {
  std::printf("%-58s %14s %-14s %7s  %-38s %s\n", "figure", "value", "unit", "ratio", "of (peer)",
              "aim");
  for (const Figure& f : figures) {
    const std::string aim =
        f.aim == 0 ? ""
                   : absl::StrCat(f.at_most ? "at most " : "", f.aim, Met(f) ? " met" : " missed");
    std::printf("%-58s %14.1f %-14s %7.3f  %-38s %s\n", f.name.c_str(), f.value, f.unit.c_str(),
                Ratio(f), f.peer.c_str(), aim.c_str());
  }
}

absl::Status Write(const std::vector<Figure>& figures, const std::string& path) {
  auto json = nlohmann::json::array();
  for (const Figure& f : figures) {
    json.push_back({{"name", f.name},
                    {"value", f.value},
                    {"unit", f.unit},
                    {"peer", f.peer},
                    {"ratio", Ratio(f)},
                    {"aim", f.aim},
                    {"met", Met(f)}});
  }
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), error);
  std::ofstream file(path);
  file << json.dump(2) << "\n";
  if (!file.flush()) return absl::UnavailableError(absl::StrCat("cannot write ", path));
  return absl::OkStatus();
}

}  // namespace dangol::bench
