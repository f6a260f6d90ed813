// The data plane: checks items, finds their partition and appends them to ingest.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "dangol/event/v1/ingest.pb.h"
#include "dangol/profile/v1/profile_service.pb.h"
#include "libs/stream/gateway.h"
#include "services/profile/rpc/unit_cache.h"

namespace dangol::profile {

struct TrackResult {
  int64_t accepted = 0;
  std::vector<v1::ItemError> errors;  // in order of index
};

// A request whose good items are in the log, but perhaps not yet on the disk.
struct Tracking {
  struct Item {
    int64_t index = 0;
    std::string message_id;
  };
  uint64_t ticket = 0;  // of Gateway::AppendAsync
  std::vector<Item> accepted;
  std::vector<v1::ItemError> errors;
};

// Thread-safe. What is accepted in one call is appended at once: all of it or, where the log
// refuses it (each item is then an error), none. Idempotency: an item may be sent again; the
// processor takes it once.
class Tracker {
 public:
  using Activities = google::protobuf::RepeatedPtrField<event::v1::Activity>;
  using Upserts = google::protobuf::RepeatedPtrField<event::v1::CustomerUpsert>;

  // Both must outlive the tracker.
  Tracker(Gateway& gateway, UnitCache& units) : gateway_(gateway), units_(units) {}

  // Does not wait for the disk. Indices count from `first_index`. Brings the items to normal form
  // where they stand, so that a stream reads into the same memory again. INVALID_ARGUMENT: too many
  // items, or none.
  absl::StatusOr<Tracking> Begin(Activities* activities, int64_t first_index, Micros deadline);
  // Waits until what was accepted is durable. Where the disk refuses, nobody knows what of it is
  // there: every item becomes an error, to be sent again.
  TrackResult Finish(Tracking tracking);

  // Begin and Finish.
  absl::StatusOr<TrackResult> Track(Activities activities, int64_t first_index, Micros deadline);
  absl::StatusOr<TrackResult> Upsert(Upserts upserts, Micros deadline);

 private:
  struct Batch;

  void AddActivity(event::v1::Activity* activity, int64_t index, Batch* batch);
  void AddUpsert(event::v1::CustomerUpsert* upsert, int64_t index, Batch* batch);
  Tracking Append(Batch* batch);

  Gateway& gateway_;
  UnitCache& units_;
};

}  // namespace dangol::profile
