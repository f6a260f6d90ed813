#include "libs/online/view_codec.h"

#include "absl/strings/numbers.h"
#include "libs/online/keys.h"

namespace dangol::online {
namespace {

// Offsets are compared as decimal text: a Lua number is exact up to 2^53 only. What the key held of
// another kind is deleted first, and with it its expiry.
const Script& WriteScript() {
  static const Script& script = *new Script(R"lua(
local log, offset, field, value, expiry = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local have = redis.call('HMGET', KEYS[1], 'log', 'offset', field)
if have[1] == log and have[2] then
  if #have[2] > #offset or (#have[2] == #offset and have[2] >= offset) then return 0 end
end
if have[1] and not have[3] then redis.call('DEL', KEYS[1]) end
redis.call('HSET', KEYS[1], 'log', log, 'offset', offset, field, value)
if expiry ~= '0' then redis.call('EXPIRE', KEYS[1], expiry) end
return 1
)lua");
  return script;
}

absl::string_view FieldOf(const Entry& entry) {
  switch (entry.kind) {
    case Entry::Kind::kDeleted:
      return "deleted";
    case Entry::Kind::kOmitted:
      return "omitted";
    case Entry::Kind::kValue:
      break;
  }
  return entry.identifier ? "customer" : "value";
}

Found Miss(absl::string_view why) {
  Found found;
  found.miss = std::string(why);
  return found;
}

}  // namespace

Entry EntryOf(absl::string_view prefix, const Change& change, uint64_t offset,
              size_t value_bytes_max) {
  Entry entry;
  entry.key = KeyOf(prefix, change);
  entry.identifier = !change.identifier.empty();
  entry.offset = offset;
  if (change.deleted) {
    entry.kind = Entry::Kind::kDeleted;
  } else if (entry.identifier) {
    entry.value = CustomerText(change.customer);
  } else if (change.value.size() > value_bytes_max) {
    entry.kind = Entry::Kind::kOmitted;
  } else {
    entry.value = change.value;
  }
  return entry;
}

Command WriteCommand(const Entry& entry, absl::string_view log, absl::string_view offset,
                     absl::string_view expiry_s) {
  const bool whole = entry.kind == Entry::Kind::kValue;
  const absl::string_view value = whole ? absl::string_view(entry.value) : "1";
  return {
      entry.key,
      &WriteScript(),
      {log, offset, FieldOf(entry), value, entry.kind == Entry::Kind::kDeleted ? expiry_s : "0"}};
}

Command ReadCommand(absl::string_view key) {
  return {key, nullptr, {"HMGET", key, "log", "offset", "value", "customer", "deleted", "omitted"}};
}

Found Decode(const Reply& reply) {
  if (reply.elements.size() != 6) return Miss("unreadable");
  const Reply& log = reply.elements[0];
  const Reply& offset = reply.elements[1];
  if (!log.is_text()) return Miss("absent");
  Found found;
  found.version.log = log.text;
  if (!absl::SimpleAtoi(offset.text, &found.version.offset)) return Miss("unreadable");
  if (reply.elements[4].is_text()) {
    found.kind = Found::Kind::kDeleted;
    return found;
  }
  if (reply.elements[5].is_text()) return Miss("omitted");
  if (reply.elements[3].is_text()) {
    const auto customer = ParseCustomerText(reply.elements[3].text);
    if (!customer) return Miss("unreadable");
    found.customer = *customer;
  } else if (reply.elements[2].is_text()) {
    found.value = reply.elements[2].text;
  } else {
    return Miss("unreadable");
  }
  found.kind = Found::Kind::kValue;
  return found;
}

}  // namespace dangol::online
