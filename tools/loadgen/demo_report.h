// The demo's reports: what was measured beside what is true.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "tools/client/connection.h"
#include "tools/loadgen/truth.h"

namespace dangol::loadgen {

// Prints the lift of every treated cell with its interval and the true one, and the waterfall, and
// writes <out_dir>/<campaign>[-<wave>].html. `wave` empty: all of the campaign.
absl::Status ReportWave(client::Connection& connection, const std::string& campaign,
                        const std::string& wave, const Truth& truth, const std::string& out_dir);

// Prints what the learned offer mix gained over the random cell of the same audience and wave.
absl::Status ReportLearning(client::Connection& connection, const std::string& campaign,
                            const std::string& wave, const Truth& truth);

// A campaign's numbers as they are now, all waves together: to compare with themselves.
absl::StatusOr<std::string> ReadReport(client::Connection& connection, const std::string& campaign);

}  // namespace dangol::loadgen
