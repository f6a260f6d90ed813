// Figures of one run: printed as a table, kept as JSON.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace dangol::bench {

struct Figure {
  std::string name;
  double value = 0;
  std::string unit;
  std::string peer;  // what the ratio is against, measured in the same run
  double peer_value = 0;
  double aim = 0;        // least value that is good enough; 0: none stated
  bool at_most = false;  // aim is the greatest value that is
};

void Print(const std::vector<Figure>& figures);
absl::Status Write(const std::vector<Figure>& figures, const std::string& path);

}  // namespace dangol::bench
