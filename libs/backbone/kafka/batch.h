// What one transaction holds, made of the parts of a cycle.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "libs/backbone/kafka/client.h"
#include "libs/backbone/kafka/lease.h"
#include "libs/backbone/kafka/message_codec.h"
#include "libs/backbone/log.h"

namespace dangol::kafka {

// From where on an input is read next.
struct Progress {
  const std::string* topic = nullptr;
  Partition partition = 0;
  uint64_t next = 0;
};

// What one transaction holds: messages, and the positions of its scopes under their groups' fences.
struct Batch {
  struct Fenced {
    Service service;
    GroupMetadata metadata;
    std::map<Partition, Position> positions;
    std::vector<Progress> progress;  // for Kafka's own tools to tell the lag; nothing reads it here
  };
  // A message that has a `tag` gets its offset into Result::offsets, by tag.
  std::vector<Outgoing> messages;
  std::vector<Fenced> fenced;
};

// Under which Transactor::Result tells where the part's seal is.
void* SealTag(const ScopeCycle& part);

// One thread. What is added, and this, outlive the batch.
class BatchMaker {
 public:
  explicit BatchMaker(const Settings& settings) : settings_(settings) {}

  // Emits, as CloudEvents numbered by scope and cycle; changes; the seal, and the scope's position
  // behind it. `moved`: the inputs' next offsets that are to be told.
  void Add(const ScopeCycle& part, Position position,
           const absl::btree_map<Topic, uint64_t>& moved);
  // Changes of a scope that a later batch seals.
  void AddChanges(Scope scope, const std::vector<Change>& changes);

  // `metadata_of`: what fences the groups of the services that were added.
  const Batch& Finish(const std::function<GroupMetadata(Service)>& metadata_of);

 private:
  void AddEmits(const ScopeCycle& part);
  const std::string* NameOfTopic(Topic topic);
  const std::string* Keep(std::string text);

  const Settings& settings_;
  Batch batch_;
  std::map<Service, Batch::Fenced> fenced_;
  std::map<Topic, const std::string*> names_;
  std::deque<std::string> texts_;
};

}  // namespace dangol::kafka
