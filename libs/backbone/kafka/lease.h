// Which partitions of a service this process owns: its membership in the service's consumer group.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/backbone/kafka/client.h"
#include "libs/backbone/log.h"
#include "libs/base/mutex.h"

namespace dangol::kafka {

// How far a scope has committed: what the offset of its lease partition says.
struct Position {
  uint64_t cycle = 0;        // 0: never
  uint64_t fingerprint = 0;  // of that cycle's part
  // How often a loss was recovered from: what was kept elsewhere under another number (checkpoints,
  // views) may hold what was lost.
  uint64_t epoch = 0;
};

// The group's fence is per member, not per partition (KIP-447): what is owned and the group's
// metadata are therefore one snapshot, taken after an assignment was applied. A partition that is
// asked back stays ours, and no other member gets it, until its loss was reported by Poll and Poll
// was called again: by then the caller has finished or dropped its cycle.
//
// Thread-safe; a thread of its own polls the group.
class Lease {
 public:
  // Joins, and returns once the first assignment was applied. UNAVAILABLE: it did not come.
  static absl::StatusOr<std::unique_ptr<Lease>> Join(const Settings& settings, Service service);
  ~Lease();  // leaves the group, unless it stands still

  // What changed since the last call.
  Ownership Poll();

  struct Snapshot {
    std::set<Partition> owned;
    GroupMetadata metadata;  // nullptr: no member of the group now
    uint64_t version = 0;    // grows with each change of the others
  };
  Snapshot snapshot() const;
  // The broker has refused a commit under this version, because the group has moved on, or because
  // the member is none any more (`ended`), and nothing is ours. Returns once there is a newer
  // version, or after `patience`.
  void Refused(uint64_t version, bool ended, Micros patience);

  // What is committed, once no transaction that could change it is open. UNAVAILABLE: not yet.
  absl::StatusOr<std::map<Partition, Position>> Positions(const std::vector<Partition>& partitions);

  // For tests: asks the group for nothing, as a process that stands still; the others get its
  // partitions when its time is over. Again with false: it wakes.
  void StandStill(bool still);

 private:
  void AwaitNewer(uint64_t version, Micros patience) const;
  void LeaveForTheOneBefore() const;
  void NoteMember(const std::string& member);
  Lease(const Settings& settings, Service service);
  absl::Status Start();
  void Run();
  static void OnRebalance(rd_kafka_t* client, rd_kafka_resp_err_t kind,
                          rd_kafka_topic_partition_list_t* partitions, void* self);
  void Assign(rd_kafka_topic_partition_list_t* partitions);
  void GiveBack(const PartitionList& partitions);
  void Applied();                                    // takes the snapshot
  void Drop(const std::set<Partition>& partitions);  // needs the lock
  // The partitions asked back, once their loss is acknowledged.
  PartitionList Acknowledged();

  const Settings settings_;
  const Service service_;
  const std::string topic_;
  const std::string note_;  // the file with our member id; "": none
  std::string noted_;       // what is in it
  Client client_;
  std::thread thread_;

  mutable Mutex mu_;
  mutable CondVar changed_;
  Snapshot now_;
  std::set<Partition> gained_, lost_;  // since the last Poll
  PartitionList asked_back_;           // nullptr: none
  enum class Return { kNone, kToReport, kReported, kAcknowledged } return_ = Return::kNone;
  bool stopping_ = false;
  bool standing_still_ = false;
};

// What is committed for partitions of the lease topic, once no transaction that could change it is
// open. `client` is of the service's group; it need not be a member. UNAVAILABLE: not yet.
absl::StatusOr<std::map<Partition, Position>> PositionsOf(rd_kafka_t* client,
                                                          const std::string& lease_topic,
                                                          const std::vector<Partition>& partitions,
                                                          Micros patience);

// A position as the offset and metadata of a lease partition.
void WritePosition(const Position& position, rd_kafka_topic_partition_t* to);

}  // namespace dangol::kafka
