// Typed emits: serialise a message and send it where its key belongs.
#pragma once

#include <string>
#include <utility>

#include "google/protobuf/message_lite.h"
#include "libs/backbone/topics.h"
#include "libs/stream/context.h"

namespace dangol {

// To the partition of a customer, keyed by its id.
inline void EmitToCustomer(Context& ctx, Topic topic, CustomerId id,
                           const google::protobuf::MessageLite& message) {
  ctx.Emit(topic, PartitionOf(ctx, id), EncodeKey(id), message.SerializeAsString());
}

// To another (or the same) scope of this service; arrives as HandleInternal.
void EmitInternal(Context& ctx, Partition partition, std::string body);

// To every partition of `definition`, keyed by "<kind>/<name>".
void EmitDefinition(Context& ctx, absl::string_view key,
                    const google::protobuf::MessageLite& definition_event);

}  // namespace dangol
