// What other producers write to ingest, made into what profile's own RPCs write: the same checks,
// the same errors.
#pragma once

#include <functional>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "dangol/event/v1/ingest.pb.h"
#include "libs/base/types.h"
#include "services/profile/domain/problem.h"

namespace dangol::profile {

// The longest body that is read: as long as the longest item that gRPC appends.
inline constexpr size_t kForeignBytesMax = 2 << 20;

// nullopt: there is such a business unit.
using UnitCheck = std::function<MaybeProblem(absl::string_view name)>;

// A CloudEvent of type dangol.event.v1.Activity, CustomerUpsert or IngestEvent, or a bare
// IngestEvent without headers. What the item leaves out comes from the event: message_id is its id,
// source its source, the time its time (of facts, otherwise `now`). Identifiers are left as they
// are. INVALID_ARGUMENT naming what is wrong, for the dead letters.
absl::Status ReadForeign(const event::v1::ForeignRecord& record, const UnitCheck& unit, Micros now,
                         event::v1::IngestEvent* event);

}  // namespace dangol::profile
