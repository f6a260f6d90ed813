// Typed access to a scope's tables: protobuf records by key and by prefix.
#pragma once

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "libs/stream/context.h"

namespace dangol {

// The record under `key`, or an empty one.
template <typename Message>
Message LoadRecord(StateView& state, Table table, absl::string_view key) {
  Message message;
  if (const std::string* bytes = state.Get(table, key)) message.ParseFromString(*bytes);
  return message;
}

template <typename Message>
void StoreRecord(Context& ctx, Table table, absl::string_view key, const Message& message) {
  ctx.Put(table, key, message.SerializeAsString());
}

// `fn(rest of the key, record)` for each key that begins with `prefix`, in order. `fn` must not
// change the state.
template <typename Message, typename Fn>
void ForEachRecord(StateView& state, Table table, absl::string_view prefix, const Fn& fn) {
  state.Scan(table, prefix, [&](absl::string_view key, absl::string_view value) {
    if (!absl::StartsWith(key, prefix)) return false;
    Message message;
    message.ParseFromArray(value.data(), static_cast<int>(value.size()));
    fn(key.substr(prefix.size()), message);
    return true;
  });
}

}  // namespace dangol
