#include "libs/online/testing/redis_cluster.h"

#include <algorithm>
#include <cstdlib>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace dangol::online::testing {
namespace {

constexpr size_t kMasters = 3;

void Require(bool happened) {
  if (!happened) abort();
}

bool Says(RedisServer& node, const std::vector<std::string>& question, const std::string& answer) {
  const absl::StatusOr<Reply> reply = node.Try(question);
  return reply.ok() && absl::StrContains(reply->text, answer);
}

}  // namespace

RedisCluster::RedisCluster(bool replicas) {
  for (size_t i = 0; i < (replicas ? 2 : 1) * kMasters; ++i)
    nodes_.push_back(std::make_unique<RedisServer>(std::vector<std::string>{
        "--cluster-enabled", "yes", "--cluster-port", absl::StrCat(FreePort()),
        "--cluster-node-timeout", "1500", "--cluster-require-full-coverage", "no",
        "--repl-diskless-sync-delay", "0"}));
  Assign();
  Meet();
  if (replicas) Replicate();
}

void RedisCluster::Assign() {
  for (size_t i = 0; i < kMasters; ++i) {
    const size_t first = i * kHashSlots / kMasters, next = (i + 1) * kHashSlots / kMasters;
    node(i).Do({"CLUSTER", "ADDSLOTSRANGE", absl::StrCat(first), absl::StrCat(next - 1)});
    node(i).Do({"CLUSTER", "SET-CONFIG-EPOCH", absl::StrCat(i + 1)});
  }
}

void RedisCluster::Meet() {
  for (size_t i = 1; i < size(); ++i) {
    const std::string bus = node(i).Do({"CONFIG", "GET", "cluster-port"}).elements[1].text;
    node(0).Do({"CLUSTER", "MEET", "127.0.0.1", absl::StrCat(node(i).port()), bus});
  }
  for (const auto& each : nodes_) {
    Require(Eventually([&] {
      return Says(*each, {"CLUSTER", "INFO"}, "cluster_state:ok") &&
             Says(*each, {"CLUSTER", "INFO"}, "cluster_slots_assigned:16384") &&
             Says(*each, {"CLUSTER", "INFO"}, absl::StrCat("cluster_known_nodes:", size()));
    }));
  }
}

void RedisCluster::Replicate() {
  for (size_t i = 0; i < kMasters; ++i) {
    const std::string master = IdOf(i);
    RedisServer& replica = node(kMasters + i);
    Require(Eventually([&] { return replica.Try({"CLUSTER", "REPLICATE", master}).ok(); }));
  }
  for (size_t i = kMasters; i < size(); ++i)
    Require(Eventually([&] {
      return Says(node(i), {"INFO", "replication"}, "master_link_status:up");
    }));
  // A failover needs the masters to know the replicas.
  for (size_t i = 0; i < size(); ++i)
    Require(Eventually([&] {
      const Reply slots = node(i).Do({"CLUSTER", "SLOTS"});
      return std::all_of(slots.elements.begin(), slots.elements.end(),
                         [](const Reply& range) { return range.elements.size() == 4; });
    }));
}

std::string RedisCluster::IdOf(size_t i) { return node(i).Do({"CLUSTER", "MYID"}).text; }

Settings RedisCluster::settings() const {
  Settings settings{.cluster = true};
  for (const auto& each : nodes_) settings.nodes.push_back(each->address());
  return settings;
}

size_t RedisCluster::OwnerOf(int slot) {
  const Address asked{"127.0.0.1", node(0).port()};
  const auto map = SlotMap::Parse(node(0).Do({"CLUSTER", "SLOTS"}), asked);
  Require(map.ok() && map->MasterOf(slot) != nullptr);
  for (size_t i = 0; i < size(); ++i)
    if (node(i).port() == map->MasterOf(slot)->port) return i;
  abort();
}

void RedisCluster::BeginMove(int slot, size_t from, size_t to) {
  const std::string text = absl::StrCat(slot);
  node(to).Do({"CLUSTER", "SETSLOT", text, "IMPORTING", IdOf(from)});
  node(from).Do({"CLUSTER", "SETSLOT", text, "MIGRATING", IdOf(to)});
}

void RedisCluster::EndMove(int slot, size_t from, size_t to) {
  const std::string text = absl::StrCat(slot), id = IdOf(to);
  for (const Reply& key : node(from).Do({"CLUSTER", "GETKEYSINSLOT", text, "1000"}).elements)
    node(from).Do({"MIGRATE", "127.0.0.1", absl::StrCat(node(to).port()), key.text, "0", "5000"});
  node(to).Do({"CLUSTER", "SETSLOT", text, "NODE", id});
  node(from).Do({"CLUSTER", "SETSLOT", text, "NODE", id});
}

}  // namespace dangol::online::testing
