// What the campaigns truly changed, from what was received and the retailer's own model.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tools/loadgen/receiver.h"
#include "tools/loadgen/retail.h"

namespace dangol::loadgen {

// Mean true effect of the messages received in one cell of one wave.
struct TrueEffect {
  int64_t contacts = 0;
  double share = 0;  // on the chance of at least one order in the window
  double sales = 0;  // on sales a head, minor units
};

class Truth {
 public:
  Truth(const Retail& retail, double window_days) : retail_(retail), window_days_(window_days) {}

  void Add(const Delivery& delivery);
  TrueEffect Of(const std::string& campaign, const std::string& wave,
                const std::string& cell) const;

 private:
  const Retail& retail_;
  const double window_days_;
  std::map<std::string, TrueEffect> sums_;
};

}  // namespace dangol::loadgen
