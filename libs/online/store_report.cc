#include "libs/online/store_report.h"

#include <map>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "libs/base/clock.h"
#include "libs/base/status.h"

namespace dangol::online {
namespace {

using Facts = std::map<std::string, std::string>;

Facts Parse(absl::string_view info) {
  Facts facts;
  for (const absl::string_view line : absl::StrSplit(info, "\r\n")) {
    const std::pair<absl::string_view, absl::string_view> fact =
        absl::StrSplit(line, absl::MaxSplits(':', 1));
    facts.emplace(fact.first, fact.second);
  }
  return facts;
}

std::string Version(const Facts& facts) {
  if (const auto valkey = facts.find("valkey_version"); valkey != facts.end())
    return absl::StrCat("Valkey ", valkey->second);
  const auto redis = facts.find("redis_version");
  return absl::StrCat("Redis ", redis == facts.end() ? "of no version" : redis->second);
}

std::string Of(const Facts& facts, const std::string& name) {
  const auto it = facts.find(name);
  return it == facts.end() ? "" : it->second;
}

void DescribeMemory(const std::string& name, const Facts& facts,
                    std::vector<std::string>& sentences) {
  const std::string policy = Of(facts, "maxmemory_policy");
  if (Of(facts, "maxmemory") == "0") {
    sentences.push_back(absl::StrCat(name, " has no maxmemory: it grows with the customers."));
  } else if (policy == "noeviction") {
    sentences.push_back(absl::StrCat(name, " evicts nothing: when its maxmemory of ",
                                     Of(facts, "maxmemory_human"),
                                     " is full, new views are refused and read from the owners."));
  } else {
    sentences.push_back(absl::StrCat(name, " evicts (", policy, ") beyond ",
                                     Of(facts, "maxmemory_human"),
                                     ": evicted views are read from the owners."));
  }
}

void DescribePersistence(const std::string& name, const Facts& facts,
                         const absl::StatusOr<Reply>& save, std::vector<std::string>& sentences) {
  if (Of(facts, "aof_enabled") == "1") return;
  if (!save.ok() || save->elements.size() != 2) {
    sentences.push_back(absl::StrCat(
        name, " does not tell whether it saves snapshots (CONFIG GET is not allowed)."));
  } else if (save->elements[1].text.empty()) {
    sentences.push_back(
        absl::StrCat(name, " persists nothing: after its restart every view is written again."));
  }
}

}  // namespace

absl::StatusOr<std::vector<std::string>> DescribeStore(Client& client, Micros timeout_us) {
  const Micros deadline = SteadyMicros() + timeout_us;
  const auto left = [&] { return deadline - SteadyMicros(); };
  DANGOL_ASSIGN_OR_RETURN(const std::vector<Address> nodes, client.Masters(timeout_us));
  std::vector<std::string> sentences;
  for (const Address& node : nodes) {
    DANGOL_ASSIGN_OR_RETURN(const Reply info, client.CallNode(node, {"INFO"}, left()));
    const Facts facts = Parse(info.text);
    const std::string name = ToString(node);
    sentences.push_back(
        absl::StrCat(name, " is ", Version(facts), ", ",
                     Of(facts, "redis_mode") == "cluster" ? "of a cluster" : "alone", "."));
    DescribeMemory(name, facts, sentences);
    DescribePersistence(name, facts, client.CallNode(node, {"CONFIG", "GET", "save"}, left()),
                        sentences);
  }
  return sentences;
}

}  // namespace dangol::online
