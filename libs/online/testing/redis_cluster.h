// A Redis Cluster of real processes: three masters, each with a replica if asked for.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "libs/online/testing/redis_server.h"

namespace dangol::online::testing {

class RedisCluster {
 public:
  explicit RedisCluster(bool replicas);

  // Nodes 0, 1, 2 begin as masters of a third of the slots each; 3, 4, 5 as their replicas.
  RedisServer& node(size_t i) { return *nodes_[i]; }
  size_t size() const { return nodes_.size(); }
  Settings settings() const;
  // Which node has the slot, as node 0 sees it.
  size_t OwnerOf(int slot);
  // Begins to move a slot; what is not at its old node is asked for at the new one (ASK).
  void BeginMove(int slot, size_t from, size_t to);
  // Moves its keys, and tells everybody (MOVED).
  void EndMove(int slot, size_t from, size_t to);

 private:
  void Assign();
  void Meet();
  void Replicate();
  std::string IdOf(size_t i);

  std::vector<std::unique_ptr<RedisServer>> nodes_;
};

}  // namespace dangol::online::testing
