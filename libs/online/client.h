// Commands to a server or to a Redis Cluster: pipelined, each to the node that has its key.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "libs/online/backoff.h"
#include "libs/online/connection.h"
#include "libs/online/script.h"
#include "libs/online/settings.h"
#include "libs/online/slots.h"
#include "libs/online/tls.h"

namespace dangol::online {

using Arguments = absl::InlinedVector<absl::string_view, 8>;

// What it points to outlives the call.
struct Command {
  absl::string_view key;  // of which node; a command touches no other key
  // nullptr: `arguments` are the whole command. Else it is run with this key and these arguments.
  const Script* script = nullptr;
  Arguments arguments;
};

// What the clients of one process share.
struct Store {
  // As Validate(settings), and what Tls::Load says of the files. Nothing is connected.
  static absl::StatusOr<std::shared_ptr<Store>> Create(Settings settings);

  const Settings settings;
  const std::vector<Address> seeds;
  const std::unique_ptr<Tls> tls;
  Backoff backoff;
};

// Not thread-safe: one per thread, or from a ClientPool. Connects when it must, and again.
//
// Delivery: a command is sent again when its connection was lost before its reply, so it may take
// effect twice: every command has to be idempotent.
class Client {
 public:
  explicit Client(std::shared_ptr<Store> store) : store_(std::move(store)) {}

  // The reply of each command or why it has none, as ToStatus has it; UNAVAILABLE or
  // DEADLINE_EXCEEDED where the node was not reached. Returns within `timeout_us`, about.
  std::vector<absl::StatusOr<Reply>> Call(absl::Span<const Command> commands, Micros timeout_us);

  // The nodes that take writes, as last known; of a single server, itself.
  absl::StatusOr<std::vector<Address>> Masters(Micros timeout_us);
  // A tag for keys that are kept by that node, in the order of Masters().
  std::vector<std::string> MasterTags() const;
  // One command to one node, whatever keys it has.
  absl::StatusOr<Reply> CallNode(const Address& node, const Arguments& arguments,
                                 Micros timeout_us);

  // How often it has connected: when this grows, a server may have been replaced.
  uint64_t connects() const { return connects_; }
  // The next call asks the cluster anew who has what.
  void ForgetSlots() { stale_ = true; }

 private:
  struct Work;   // one command on its way
  struct Group;  // those of one node

  void Run(absl::Span<const Command> commands, absl::Span<absl::StatusOr<Reply>> results,
           Micros deadline);
  std::vector<Group> ByNode(absl::Span<const Command> commands, std::vector<Work> works,
                            absl::Span<absl::StatusOr<Reply>> results, Micros deadline);
  absl::StatusOr<Address> NodeOf(const Command& command, const Work& work) const;
  void Send(absl::Span<const Command> commands, Group& group, Micros deadline);
  void Receive(Group& group, std::vector<Work>& again, absl::Span<absl::StatusOr<Reply>> results,
               Micros deadline);
  bool GoesOn(const Address& node, const Reply& reply, Work& work);
  void Lost(const Address& node, const absl::Status& why, bool was_idle);

  absl::Status RefreshSlots(Micros deadline);
  absl::StatusOr<SlotMap> AskForSlots(const Address& node, Micros deadline);
  absl::StatusOr<Connection*> Connect(const Address& node, Micros deadline);

  const std::shared_ptr<Store> store_;
  std::map<Address, std::unique_ptr<Connection>> connections_;
  std::optional<SlotMap> slots_;
  bool stale_ = true;
  Micros refresh_at_ = 0;  // not before
  uint64_t connects_ = 0;
};

}  // namespace dangol::online
