// Verification of what a cluster keeps in Kafka, with the services up or stopped.
#pragma once

#include <vector>

#include "libs/backbone/kafka/image.h"
#include "services/dangold/verify.h"

namespace dangol {

// Every topic can be read, every event is one; changelogs begin with their ids and end with the
// seals that the groups name; what seals say was read is there; effect rows are legal. A seal
// without a fingerprint is a recovery's: it may go back.
std::vector<Check> VerifyTopics(kafka::ClusterImage& image);

}  // namespace dangol
