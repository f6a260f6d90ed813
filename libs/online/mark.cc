#include "libs/online/mark.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "libs/base/clock.h"
#include "libs/base/status.h"
#include "libs/online/keys.h"

namespace dangol::online {
namespace {

const Script& AdvanceScript() {
  static const Script& script = *new Script(R"lua(
local have = redis.call('HMGET', KEYS[1], 'log', 'token', 'replid', 'offset')
local log, token, replid, offset = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
if have[1] ~= log or have[2] ~= token or have[3] ~= replid then return 0 end
if #have[4] < #offset or (#have[4] == #offset and have[4] < offset) then
  redis.call('HSET', KEYS[1], 'offset', offset)
end
redis.call('HSET', KEYS[1], 'complete', '1')
return 1
)lua");
  return script;
}

std::optional<Mark> Parse(const Reply& reply, absl::string_view replid) {
  if (reply.elements.size() != 5) return std::nullopt;
  for (const Reply& field : reply.elements)
    if (!field.is_text()) return std::nullopt;
  Mark mark{.log = reply.elements[0].text, .token = reply.elements[1].text};
  if (reply.elements[2].text != replid) return std::nullopt;
  if (!absl::SimpleAtoi(reply.elements[3].text, &mark.offset)) return std::nullopt;
  mark.complete = reply.elements[4].text == "1";
  return mark;
}

}  // namespace

absl::StatusOr<Masters> ReadMasters(Client& client, Micros timeout_us) {
  const Micros deadline = SteadyMicros() + timeout_us;
  DANGOL_ASSIGN_OR_RETURN(const std::vector<Address> nodes, client.Masters(timeout_us));
  Masters masters{.tags = client.MasterTags()};
  for (const Address& node : nodes) {
    DANGOL_ASSIGN_OR_RETURN(const Reply info, client.CallNode(node, {"INFO", "replication"},
                                                              deadline - SteadyMicros()));
    for (absl::string_view line : absl::StrSplit(info.text, "\r\n"))
      if (absl::ConsumePrefix(&line, "master_replid:")) masters.replids.emplace_back(line);
  }
  if (masters.replids.size() != nodes.size() || masters.tags.size() != nodes.size())
    return absl::InternalError("INFO replication names no master_replid");
  return masters;
}

std::vector<std::string> Marks::Keys(Scope scope, const Masters& masters) const {
  std::vector<std::string> keys;
  for (const std::string& tag : masters.tags) keys.push_back(MarkKey(prefix_, tag, scope));
  return keys;
}

absl::StatusOr<std::vector<Reply>> Marks::Call(const std::vector<Command>& commands) {
  std::vector<Reply> replies;
  for (absl::StatusOr<Reply>& reply : client_->Call(commands, timeout_us_)) {
    DANGOL_RETURN_IF_ERROR(reply.status());
    replies.push_back(*std::move(reply));
  }
  return replies;
}

absl::StatusOr<std::optional<Mark>> Marks::Read(Scope scope, const Masters& masters) {
  const std::vector<std::string> keys = Keys(scope, masters);
  std::vector<Command> commands;
  for (const std::string& key : keys)
    commands.push_back(
        {key, nullptr, {"HMGET", key, "log", "token", "replid", "offset", "complete"}});
  DANGOL_ASSIGN_OR_RETURN(const std::vector<Reply> replies, Call(commands));
  std::optional<Mark> all;
  for (size_t i = 0; i < replies.size(); ++i) {
    const std::optional<Mark> one = Parse(replies[i], masters.replids[i]);
    if (!one) return std::optional<Mark>();
    if (!all) all = one;
    if (one->log != all->log || one->token != all->token) return std::optional<Mark>();
    all->offset = std::min(all->offset, one->offset);
    all->complete = all->complete && one->complete;
  }
  return all;
}

absl::Status Marks::Begin(Scope scope, const Masters& masters, absl::string_view log,
                          absl::string_view token) {
  const std::vector<std::string> keys = Keys(scope, masters);
  std::vector<Command> commands;
  for (size_t i = 0; i < keys.size(); ++i)
    commands.push_back({keys[i],
                        nullptr,
                        {"HSET", keys[i], "log", log, "token", token, "replid", masters.replids[i],
                         "offset", "0", "complete", "0"}});
  return Call(commands).status();
}

absl::StatusOr<bool> Marks::Advance(Scope scope, const Masters& masters, const Mark& mark) {
  const std::vector<std::string> keys = Keys(scope, masters);
  const std::string offset = absl::StrCat(mark.offset);
  std::vector<Command> commands;
  for (size_t i = 0; i < keys.size(); ++i)
    commands.push_back(
        {keys[i], &AdvanceScript(), {mark.log, mark.token, masters.replids[i], offset}});
  DANGOL_ASSIGN_OR_RETURN(const std::vector<Reply> replies, Call(commands));
  return std::all_of(replies.begin(), replies.end(),
                     [](const Reply& reply) { return reply.integer == 1; });
}

}  // namespace dangol::online
