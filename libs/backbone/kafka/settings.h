// How to reach a Kafka cluster, and as whom.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "libs/base/types.h"

namespace dangol::kafka {

struct Settings {
  std::string bootstrap_servers;  // host:port, host:port
  // Further properties of librdkafka, for every client: security and the like.
  std::map<std::string, std::string> client;
  // The first word of every topic, group and transactional id.
  std::string prefix = "dangol";
  // Who this process is, in its locked state directory: the same after a restart, so that the
  // transactions of the process before it end at once.
  std::string instance = "one";
  // That directory: where a membership is noted, so that it ends as soon as the process starts
  // again after a kill. Empty: it ends with its session.
  std::string directory;
  // host:port at which other instances reach this one. Empty: they are not told.
  std::string address;
  // Producers of transactions: as many as workers that commit.
  int producers = 2;
  // A member of which nothing was heard for so long loses its partitions. Default 10 s.
  Micros session_timeout_us = 10 * kMicrosPerSecond;
  // An open transaction that nobody ends is aborted after this. Default 10 s.
  Micros transaction_timeout_us = 10 * kMicrosPerSecond;
  // Longest wait for an answer of the cluster before a call is UNAVAILABLE. Default 30 s.
  Micros patience_us = 30 * kMicrosPerSecond;
};

// Further properties as a command line has them, name=value. INVALID_ARGUMENT: one has no value.
absl::Status AddProperties(const std::vector<std::string>& properties, Settings* settings);

}  // namespace dangol::kafka
