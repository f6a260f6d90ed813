#include "libs/online/client.h"

#include <algorithm>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "libs/base/clock.h"
#include "libs/base/status.h"

namespace dangol::online {
namespace {

constexpr size_t kPrelude = SIZE_MAX;  // a reply that nobody asked for: of ASKING, SCRIPT LOAD

size_t BytesOf(const Command& command) {
  size_t bytes = command.key.size() + 128;
  for (const absl::string_view argument : command.arguments) bytes += argument.size() + 16;
  return bytes;
}

// How many of `commands` go out before their replies are read.
size_t Pipelined(absl::Span<const Command> commands, const Settings& settings) {
  size_t count = 0, bytes = 0;
  while (count < commands.size() && count < settings.pipeline_commands_max) {
    bytes += BytesOf(commands[count]);
    if (count > 0 && bytes > settings.pipeline_bytes_max) break;
    ++count;
  }
  return count;
}

void QueueCommand(Connection& connection, const Command& command) {
  if (command.script == nullptr) return connection.Queue(command.arguments);
  Arguments all = {"EVALSHA", command.script->sha1(), "1", command.key};
  all.insert(all.end(), command.arguments.begin(), command.arguments.end());
  connection.Queue(all);
}

}  // namespace

absl::StatusOr<std::shared_ptr<Store>> Store::Create(Settings settings) {
  DANGOL_RETURN_IF_ERROR(Validate(settings));
  std::vector<Address> seeds;
  for (const std::string& node : settings.nodes) {
    DANGOL_ASSIGN_OR_RETURN(Address address, ParseAddress("online.nodes", node));
    seeds.push_back(std::move(address));
  }
  std::unique_ptr<Tls> tls;
  if (settings.tls) {
    DANGOL_ASSIGN_OR_RETURN(tls, Tls::Load(settings));
  }
  const Micros min = settings.backoff_min_us, max = settings.backoff_max_us;
  return std::shared_ptr<Store>(new Store{std::move(settings), std::move(seeds), std::move(tls),
                                          Backoff(min, max, DeviceRandom())});
}

struct Client::Work {
  size_t index;                   // of its command
  std::optional<Address> pinned;  // where a redirection sent it
  bool ask = false;               // ASKING goes before it
  bool load = false;              // SCRIPT LOAD goes before it
};

struct Client::Group {
  Address node;
  Connection* connection = nullptr;
  std::vector<Work> works;
  std::vector<size_t> expected;  // of each reply: which of `works`, or kPrelude
  absl::Status sent;
};

std::vector<absl::StatusOr<Reply>> Client::Call(absl::Span<const Command> commands,
                                                Micros timeout_us) {
  const Micros deadline = SteadyMicros() + timeout_us;
  std::vector<absl::StatusOr<Reply>> results(
      commands.size(), absl::DeadlineExceededError("the online store does not answer in time"));
  const absl::Span<absl::StatusOr<Reply>> all = absl::MakeSpan(results);
  for (size_t begin = 0; begin < commands.size() && SteadyMicros() < deadline;) {
    const size_t count = Pipelined(commands.subspan(begin), store_->settings);
    Run(commands.subspan(begin, count), all.subspan(begin, count), deadline);
    begin += count;
  }
  return results;
}

void Client::Run(absl::Span<const Command> commands, absl::Span<absl::StatusOr<Reply>> results,
                 Micros deadline) {
  std::vector<Work> works;
  for (size_t i = 0; i < commands.size(); ++i) works.push_back({.index = i});
  for (int attempt = 0; !works.empty() && attempt < store_->settings.attempts_max; ++attempt) {
    for (const Work& work : works)
      results[work.index] = absl::UnavailableError("sent from node to node, with no answer");
    std::vector<Group> groups = ByNode(commands, std::move(works), results, deadline);
    works.clear();
    for (Group& group : groups) Send(commands, group, deadline);
    for (Group& group : groups) Receive(group, works, results, deadline);
  }
}

std::vector<Client::Group> Client::ByNode(absl::Span<const Command> commands,
                                          std::vector<Work> works,
                                          absl::Span<absl::StatusOr<Reply>> results,
                                          Micros deadline) {
  const absl::Status refreshed = RefreshSlots(deadline);
  std::map<Address, Group> groups;
  for (Work& work : works) {
    absl::StatusOr<Address> node = NodeOf(commands[work.index], work);
    if (!node.ok()) {
      results[work.index] = refreshed.ok() ? node.status() : refreshed;
      continue;
    }
    Group& group = groups[*node];
    group.node = *std::move(node);
    group.works.push_back(std::move(work));
  }
  std::vector<Group> ready;
  for (auto& [node, group] : groups) {
    const absl::StatusOr<Connection*> connection = Connect(node, deadline);
    group.sent = connection.status();
    if (connection.ok()) group.connection = *connection;
    ready.push_back(std::move(group));
  }
  return ready;
}

absl::StatusOr<Address> Client::NodeOf(const Command& command, const Work& work) const {
  if (work.pinned) return *work.pinned;
  if (!store_->settings.cluster) return store_->seeds.front();
  if (!slots_) return absl::UnavailableError("no node of the cluster answers");
  const int slot = HashSlotOf(command.key);
  const Address* const master = slots_->MasterOf(slot);
  if (master == nullptr)
    return absl::UnavailableError(absl::StrCat("slot ", slot, " has no master now"));
  return *master;
}

void Client::Send(absl::Span<const Command> commands, Group& group, Micros deadline) {
  if (group.connection == nullptr) return;
  absl::flat_hash_set<const Script*> loaded;
  for (size_t i = 0; i < group.works.size(); ++i) {
    const Work& work = group.works[i];
    const Command& command = commands[work.index];
    if (work.load && loaded.insert(command.script).second) {
      group.connection->Queue({"SCRIPT", "LOAD", command.script->text()});
      group.expected.push_back(kPrelude);
    }
    if (work.ask) {
      group.connection->Queue({"ASKING"});
      group.expected.push_back(kPrelude);
    }
    QueueCommand(*group.connection, command);
    group.expected.push_back(i);
  }
  group.sent = group.connection->Send(deadline);
}

// Those that go on are appended to `again`.
void Client::Receive(Group& group, std::vector<Work>& again,
                     absl::Span<absl::StatusOr<Reply>> results, Micros deadline) {
  absl::Status lost = group.sent;
  absl::Status not_loaded;  // why SCRIPT LOAD failed
  size_t answered = 0;      // of group.works
  for (const size_t which : group.expected) {
    if (!lost.ok()) break;
    absl::StatusOr<Reply> reply = group.connection->Receive(deadline);
    if (!reply.ok()) lost = reply.status();
    if (reply.ok() && answered == 0) store_->backoff.Succeeded(group.node);
    if (which == kPrelude) {
      if (reply.ok()) not_loaded.Update(ToStatus(*reply));
      continue;
    }
    // A reply that cannot be taken is the fault of this command alone: the others are asked again.
    const bool refused = !reply.ok() && !absl::IsUnavailable(lost);
    if (!reply.ok() && !refused) break;
    ++answered;
    Work& work = group.works[which];
    if (refused) {
      results[work.index] = lost;
    } else if (GoesOn(group.node, *reply, work)) {
      again.push_back(std::move(work));
    } else if (absl::Status status = ToStatus(*reply); !status.ok()) {
      results[work.index] = not_loaded.ok() ? std::move(status) : not_loaded;
    } else {
      results[work.index] = *std::move(reply);
    }
  }
  if (lost.ok()) return;
  Lost(group.node, lost, group.connection != nullptr);
  const bool hopeless =
      absl::IsDeadlineExceeded(lost) || (group.connection == nullptr && !store_->settings.cluster);
  for (size_t i = answered; i < group.works.size(); ++i) {
    results[group.works[i].index] = lost;
    group.works[i].pinned.reset();
    group.works[i].ask = false;
    if (!hopeless) again.push_back(std::move(group.works[i]));
  }
}

// Whether the command is to be sent again, elsewhere or with its script.
bool Client::GoesOn(const Address& node, const Reply& reply, Work& work) {
  if (!reply.is_error()) return false;
  if (absl::StartsWith(reply.text, "NOSCRIPT")) {
    if (work.load) return false;  // it was given, and is gone again: let the caller see
    work.load = true;
    work.pinned = node;
    return true;
  }
  const bool moved = absl::StartsWith(reply.text, "MOVED ");
  if (!store_->settings.cluster || (!moved && !absl::StartsWith(reply.text, "ASK "))) {
    // A master that became a replica: whoever answers at its name next may be the new master.
    if (absl::StartsWith(reply.text, "READONLY")) stale_ = true;
    return false;
  }
  const absl::StatusOr<Address> to = ParseRedirect(reply.text, node);
  if (!to.ok()) return false;
  work.pinned = *to;
  work.ask = !moved;
  work.load = false;
  stale_ = stale_ || moved;
  return true;
}

void Client::Lost(const Address& node, const absl::Status& why, bool was_connected) {
  connections_.erase(node);
  stale_ = true;
  // A lost connection may just be an old one; not connecting, or silence, is the node's fault.
  if (was_connected && absl::IsDeadlineExceeded(why))
    store_->backoff.Failed(node, why, SteadyMicros());
}

absl::StatusOr<Connection*> Client::Connect(const Address& node, Micros deadline) {
  const Micros now = SteadyMicros();
  if (now >= deadline) return absl::DeadlineExceededError("no time left to connect");
  DANGOL_RETURN_IF_ERROR(store_->backoff.MayTry(node, now));
  std::unique_ptr<Connection>& connection = connections_[node];
  if (connection == nullptr) {
    const Settings& settings = store_->settings;
    auto opened = Connection::Open(node, settings, store_->tls.get(),
                                   std::min(deadline, now + settings.connect_timeout_us));
    if (!opened.ok()) {
      connections_.erase(node);
      store_->backoff.Failed(node, opened.status(), SteadyMicros());
      return opened.status();
    }
    connection = *std::move(opened);
    ++connects_;
  }
  return connection.get();
}

absl::Status Client::RefreshSlots(Micros deadline) {
  if (!stale_) return absl::OkStatus();
  if (!store_->settings.cluster) {
    // Only a READONLY leaves a connection in place.
    connections_.clear();
    stale_ = false;
    return absl::OkStatus();
  }
  const Micros now = SteadyMicros();
  if (slots_ && now < refresh_at_) return absl::OkStatus();
  std::vector<Address> nodes = slots_ ? slots_->nodes() : std::vector<Address>();
  nodes.insert(nodes.end(), store_->seeds.begin(), store_->seeds.end());
  absl::Status status = absl::UnavailableError("no node of the cluster answers");
  for (const Address& node : nodes) {
    absl::StatusOr<SlotMap> map = AskForSlots(node, deadline);
    status = map.status();
    if (!map.ok()) continue;
    slots_ = *std::move(map);
    stale_ = false;
    std::erase_if(connections_, [&](const auto& item) {
      const std::vector<Address>& known = slots_->nodes();
      return std::find(known.begin(), known.end(), item.first) == known.end();
    });
    break;
  }
  refresh_at_ = SteadyMicros() + store_->settings.backoff_min_us;
  return status;
}

absl::StatusOr<SlotMap> Client::AskForSlots(const Address& node, Micros deadline) {
  const Micros patience = store_->settings.connect_timeout_us;
  DANGOL_ASSIGN_OR_RETURN(
      const Reply reply,
      CallNode(node, {"CLUSTER", "SLOTS"}, std::min(patience, deadline - SteadyMicros())));
  return SlotMap::Parse(reply, node);
}

absl::StatusOr<std::vector<Address>> Client::Masters(Micros timeout_us) {
  DANGOL_RETURN_IF_ERROR(RefreshSlots(SteadyMicros() + timeout_us));
  if (!store_->settings.cluster) return std::vector<Address>{store_->seeds.front()};
  if (!slots_) return absl::UnavailableError("no node of the cluster answers");
  return slots_->masters();
}

std::vector<std::string> Client::MasterTags() const {
  if (!store_->settings.cluster) return {TagOf(0)};
  std::vector<std::string> tags;
  if (!slots_) return tags;
  for (const int slot : slots_->first_slots()) tags.push_back(TagOf(slot));
  return tags;
}

absl::StatusOr<Reply> Client::CallNode(const Address& node, const Arguments& arguments,
                                       Micros timeout_us) {
  const Micros deadline = SteadyMicros() + timeout_us;
  absl::StatusOr<Reply> reply;
  // An idle connection may have been lost meanwhile; a new one has no such excuse.
  for (int attempt = 0; attempt < 2; ++attempt) {
    DANGOL_ASSIGN_OR_RETURN(Connection* const connection, Connect(node, deadline));
    connection->Queue(arguments);
    const absl::Status sent = connection->Send(deadline);
    reply = sent.ok() ? connection->Receive(deadline) : sent;
    if (reply.ok()) {
      store_->backoff.Succeeded(node);
      DANGOL_RETURN_IF_ERROR(ToStatus(*reply));
      return reply;
    }
    Lost(node, reply.status(), true);
    if (!absl::IsUnavailable(reply.status())) break;
  }
  return reply;
}

}  // namespace dangol::online
