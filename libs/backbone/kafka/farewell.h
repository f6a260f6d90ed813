// A member whose process was killed stays in its group until its session ends, and so long nobody
// gets its partitions. Who starts again in its directory knows that it is dead, and leaves for it.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "libs/backbone/kafka/settings.h"

namespace dangol::kafka {

// Leaves `group` in the place of `member`: of one that is none any more, nothing comes. librdkafka
// has no call for it, so it is said in Kafka's own protocol (FindCoordinator and LeaveGroup,
// version 0 of both), over plain connections only. UNAVAILABLE: no broker took it within seconds.
// FAILED_PRECONDITION: the settings want TLS or a log-in. After either the session ends by itself.
absl::Status LeaveFor(const std::string& member, const std::string& group,
                      const Settings& settings);

}  // namespace dangol::kafka
