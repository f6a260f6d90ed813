// What is written to a cluster's topics while none of its services runs.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/backbone/copy.h"
#include "libs/backbone/kafka/appender.h"
#include "libs/backbone/kafka/image.h"
#include "libs/backbone/kafka/transactor.h"
#include "libs/backbone/log.h"

namespace dangol::kafka {

// What of a scope is lost, and what it goes on from.
struct Repair {
  Scope scope;
  std::vector<std::string> losses;  // in words; none: nothing is lost
  // The cycle that mends it: its seal, and where its inputs go on. Emits may be added.
  ScopeCycle part;
  uint64_t epoch = 0;
};

// Looks at what the scope committed, and at what there is of it and of its inputs.
// FAILED_PRECONDITION: nothing of its state is left; DATA_LOSS: its changelog cannot be read.
absl::StatusOr<Repair> FindRepair(ClusterImage& image, Scope scope);

// One thread.
class Operator {
 public:
  // FAILED_PRECONDITION, reason SERVICES_RUN: instances are members of the groups.
  static absl::StatusOr<std::unique_ptr<Operator>> Open(const Settings& settings);

  // The part, and the scope's position behind it, all or nothing.
  absl::Status Write(const ScopeCycle& part, uint64_t epoch);
  // Changes of a scope that its next Write seals.
  absl::Status WriteChanges(Scope scope, const std::vector<Change>& changes);

 private:
  explicit Operator(const Settings& settings);
  // `cycle`: of the seal in it; 0: there is none.
  absl::Status Commit(const Batch& batch, Scope scope, uint64_t cycle);
  absl::StatusOr<bool> IsAt(Scope scope, uint64_t cycle) const;

  const Settings settings_;
  Transactor transactor_;
};

// The topics of a deployment that were just made (topic_admin.h), as the target of a copy.
class ClusterTarget final : public CopyTarget {
 public:
  // FAILED_PRECONDITION, reason NOT_EMPTY: something is in a topic; PARTITION_COUNT: they have
  // another number of partitions.
  static absl::StatusOr<std::unique_ptr<ClusterTarget>> Open(const Settings& settings,
                                                             uint32_t partitions);
  absl::Status Append(TopicPartition to, std::vector<Record> records) override;
  absl::Status Put(Checkpoint::Part part) override;

 private:
  std::unique_ptr<Operator> operator_;
  std::unique_ptr<Appender> appender_;
};

}  // namespace dangol::kafka
