// Where the owner of each scope is to be reached: compacted records of the lease topics, written by
// who gains a partition and read by all.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "libs/backbone/kafka/appender.h"
#include "libs/backbone/kafka/client.h"
#include "libs/base/mutex.h"

namespace dangol::kafka {

// Thread-safe; a thread of its own reads. What it says is a hint: an owner may have changed since.
class Owners {
 public:
  // Reads all partitions of all lease topics. `appender` is not owned and outlives it.
  static absl::StatusOr<std::unique_ptr<Owners>> Open(const Settings& settings, uint32_t partitions,
                                                      Appender* appender);
  ~Owners();

  // This process owns the scope now (writes its address, if it has one), or no more.
  void Gained(Scope scope);
  void Lost(Scope scope);
  // Writes the address again where another one is read, of a process that wrote late.
  void Repeat();

  // UNAVAILABLE: nobody is known.
  absl::StatusOr<std::string> Of(Scope scope) const;

 private:
  Owners(const Settings& settings, Appender* appender);
  absl::Status Start(uint32_t partitions);
  void Run();
  void Take(const rd_kafka_message_t& message);
  void Announce(Scope scope);

  const Settings settings_;
  Appender& appender_;
  uint32_t partitions_ = 0;
  std::map<std::string, Service> services_;  // by name of the lease topic
  Client client_;
  std::vector<TopicHandle> topics_;
  Queue queue_;

  mutable Mutex mu_;
  absl::flat_hash_map<Scope, std::string> addresses_;
  std::set<Scope> owned_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace dangol::kafka
