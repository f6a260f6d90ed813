// How everything outside the loop (RPC handlers, importers, tools) reaches the scopes of a service.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "libs/base/types.h"
#include "libs/stream/context.h"
#include "libs/stream/processor.h"

namespace dangol {

// The reason of an error that befalls a call about a scope which has another owner, or none yet.
inline constexpr char kNotOwned[] = "NOT_OWNED";
absl::Status NotOwned(Scope scope);
bool IsNotOwned(const absl::Status& status);

// Thread-safe. Questions and commands go to the scope's owner, wherever that is; while it changes,
// they wait for a few seconds. Deadlines are SteadyMicros() instants.
class Gateway {
 public:
  virtual ~Gateway() = default;

  virtual uint32_t partitions() const = 0;
  // The system's time: the wall's, or the virtual clock's.
  virtual Micros Now() const = 0;

  // Appends external records to `ingest`; returns when durable, with the last offset.
  // RESOURCE_EXHAUSTED: too far behind, retry after a while. UNAVAILABLE: the disk refuses writes.
  struct KeyedBytes {
    std::string key;
    std::string value;
  };
  virtual absl::StatusOr<uint64_t> Append(Topic topic, Partition partition,
                                          std::vector<KeyedBytes> records) = 0;

  // The same over several partitions, all or nothing, without the wait: durable when
  // AwaitDurable(ticket) is OK. UNAVAILABLE then: the disk refuses, and nobody knows.
  struct Routed {
    Partition partition;
    std::string key;
    std::string value;
  };
  virtual absl::StatusOr<uint64_t> AppendAsync(Topic topic, std::vector<Routed> records) = 0;
  virtual absl::Status AwaitDurable(uint64_t ticket) = 0;

  // Sends a command to a scope's inbox and waits for its durable outcome. Idempotent by
  // caller.request_id (a fresh one is made when empty). DEADLINE_EXCEEDED: the outcome is unknown,
  // ask again with the same request id.
  virtual absl::StatusOr<std::string> Execute(Scope scope, std::string body, Caller caller,
                                              Micros deadline) = 0;

  // One question to one scope (question.h): as it is asked here, where the scope is owned here, and
  // as it travels to its owner.
  using ReadFn = std::function<absl::Status(Processor& processor, StateView& state)>;
  struct Asking {
    Scope scope;
    absl::string_view question;  // its name
    ReadFn here;
    std::function<std::string()> request;
    std::function<absl::Status(absl::string_view answer)> take;
    absl::Status status = absl::OkStatus();  // what came of it
  };
  // Asks all of them at the same time, fills in what came of each, once everything that it saw is
  // durable. UNAVAILABLE, reason kNotOwned: nobody who answers owns the scope at this moment.
  virtual void AskAtOnce(absl::Span<Asking> askings, Micros deadline) = 0;
};

}  // namespace dangol
