// Whether dangold takes new work, and if not, why.
#pragma once

#include <string>

#include "libs/backbone/embedded/embedded_log.h"
#include "libs/obs/metrics.h"
#include "libs/stream/runtime.h"

namespace dangol {

// Thread-safe. Neither is owned.
class HealthWatch {
 public:
  HealthWatch(Runtime& runtime, EmbeddedLog& log) : runtime_(runtime), log_(log) {}

  // "": it does. Else "<REASON>: <why>", with the log's reasons (EmbeddedLog::Health) or
  // SCOPE_HALTED, which needs an operator.
  std::string WhyNot() const;
  // Sets dangol_unhealthy{reason} and the disk's gauges.
  void Publish(obs::Metrics& metrics) const;

 private:
  Runtime& runtime_;
  EmbeddedLog& log_;
};

}  // namespace dangol
