// What the conformance suite needs of a backbone. A new log is added to Backbones() and must pass.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "libs/backbone/checkpoint.h"
#include "libs/backbone/log.h"

namespace dangol {

class BackboneUnderTest {
 public:
  virtual ~BackboneUnderTest() = default;
  virtual Log& log() = 0;
  virtual CheckpointStore& store() = 0;
  // Stops cleanly and opens again; nothing is lost. Invalidates log() and store().
  virtual void Reopen() = 0;
  // Dies and opens again: at least what is durable is there.
  virtual void Crash() = 0;
  // Returns once the log says that `ticket` is durable.
  virtual void AwaitDurable(uint64_t ticket) = 0;
  // Gives `scope`, and perhaps others of its service, to a second instance of the log that runs at
  // the same time, while the first does not notice, and returns it once it owns it. It lives
  // until the backbone ends. Asked of logs with Backbone::has_instances only.
  virtual Log* GiveAway(Scope /*scope*/) { return nullptr; }
};

inline constexpr uint32_t kTestPartitions = 4;

struct Backbone {
  std::string name;
  // A record's offset is the one before and one more.
  bool dense = true;
  // One process, or a simulated one: a ticket is the same for ever, a changelog begins where it was
  // trimmed, and what AppendAsync took is readable at once.
  bool local = true;
  // Empty, of kTestPartitions, with whatever faults it can have if `faulty`.
  std::function<std::unique_ptr<BackboneUnderTest>(uint64_t seed, bool faulty)> make;
  bool has_faults = false;    // `faulty` makes a difference
  bool has_instances = true;  // several processes may share the scopes
  // Of the test against a model: as many as take seconds.
  uint64_t random_runs = 1;
  int random_steps = 150;
};
std::vector<Backbone> Backbones();
// Where readers see a commit only a moment after it has answered: returns when they do.
void AwaitShown(Log& log, const ScopeCycle& part);

// Records and cycles for tests.
Record MakeRecord(std::string key, std::string value);
Change MakePut(Table table, std::string key, std::string value);
Change MakeDelete(Table table, std::string key);
ScopeCycle MakePart(Scope scope, uint64_t cycle, std::vector<Emit> emits = {},
                    std::vector<Change> changes = {});

// All records of `tp` from its first offset on; fails the test on an error.
std::vector<StoredRecord> RecordsOf(Log& log, TopicPartition tp);
std::vector<std::string> ValuesOf(Log& log, TopicPartition tp);
// Own of all services.
void OwnAll(Log& log);
// Commits again while it is UNAVAILABLE; fails the test on another error.
CommitResult CommitUntilOk(Log& log, const Cycle& cycle);

}  // namespace dangol
