// The data plane: checks items, finds their partition and appends them to ingest.
#pragma once

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "dangol/event/v1/ingest.pb.h"
#include "dangol/profile/v1/profile_service.pb.h"
#include "libs/stream/executor.h"
#include "libs/stream/gateway.h"
#include "services/profile/rpc/unit_cache.h"

namespace dangol::profile {

struct TrackResult {
  int64_t accepted = 0;
  std::vector<v1::ItemError> errors;  // in order of index
};

// Thread-safe. Blocks until everything accepted is durable.
// Idempotency: an item may be sent again; the processor takes it once.
class Tracker {
 public:
  // Both must outlive the tracker.
  Tracker(Gateway& gateway, UnitCache& units);
  ~Tracker();

  // Indices of errors count from `first_index`. Uses up the items. INVALID_ARGUMENT: too many
  // items, or none.
  absl::StatusOr<TrackResult> Track(
      google::protobuf::RepeatedPtrField<event::v1::Activity> activities, int64_t first_index,
      Micros deadline);
  absl::StatusOr<TrackResult> Upsert(
      google::protobuf::RepeatedPtrField<event::v1::CustomerUpsert> upserts, Micros deadline);

 private:
  struct Item;
  struct Batch;

  void AddActivity(event::v1::Activity activity, int64_t index, Micros latest, Batch* batch);
  void AddUpsert(event::v1::CustomerUpsert upsert, int64_t index, Micros now, Batch* batch);
  void Route(event::v1::IngestEvent event, Item item, Batch* batch);
  TrackResult AppendAll(Batch batch);

  Gateway& gateway_;
  UnitCache& units_;
  // Appends to different partitions wait for the disk at the same time.
  std::vector<std::unique_ptr<Executor>> appenders_;
};

}  // namespace dangol::profile
