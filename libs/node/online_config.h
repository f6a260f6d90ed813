// Configuration of the online store, as libs/online takes it.
#pragma once

#include "absl/status/statusor.h"
#include "libs/online/settings.h"
#include "libs/online/view_writer.h"

namespace dangol::config::v1 {
class NodeConfig;
class Online;
}  // namespace dangol::config::v1

namespace dangol::node {

bool HasOnlineStore(const config::v1::NodeConfig& config);

// Reads the password's file. INVALID_ARGUMENT naming the setting; FAILED_PRECONDITION: TLS is asked
// for, and this build has none.
absl::StatusOr<online::Settings> OnlineSettingsOf(const config::v1::Online& config);

// What is 0 is the default; ViewWriter::Create checks the rest.
online::WriterOptions WriterOptionsOf(const config::v1::Online& config);

}  // namespace dangol::node
