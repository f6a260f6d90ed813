#include "libs/stream/emit.h"

#include "dangol/event/v1/inbox.pb.h"

namespace dangol {

void EmitInternal(Context& ctx, Partition partition, std::string body) {
  event::v1::InboxRecord record;
  record.set_internal(std::move(body));
  ctx.Emit(InboxOf(ctx.scope().service), partition, "", record.SerializeAsString());
}

void EmitDefinition(Context& ctx, absl::string_view key,
                    const google::protobuf::MessageLite& definition_event) {
  const std::string value = definition_event.SerializeAsString();
  for (uint32_t p = 0; p < ctx.partitions(); ++p) {
    ctx.Emit(Topic::kDefinition, static_cast<Partition>(p), std::string(key), value);
  }
}

}  // namespace dangol
