// Resources as code: YAML documents to Apply calls, in an order in which references exist.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"
#include "tools/client/connection.h"

namespace dangol::client {

// One document.
struct Resource {
  std::string kind;    // "Campaign"
  std::string source;  // "winback.yaml:12"
  std::unique_ptr<google::protobuf::Message> message;
  std::string name() const;
};

// Reads files, and the *.yaml files of directories. Sorted: business units, schemes, segments,
// offers, channels, policies, campaigns; as written within a kind. The first error names file and
// line.
absl::StatusOr<std::vector<Resource>> ReadResources(const std::vector<std::string>& paths);

struct Applied {
  std::string changed;  // CREATED, UPDATED or UNCHANGED
  std::vector<std::string> warnings;
  // What the server has, or would have, now.
  std::unique_ptr<google::protobuf::Message> result;
};

// Idempotent: an unchanged resource is answered UNCHANGED. Waits while the server is away.
absl::StatusOr<Applied> Apply(Connection& connection, const Resource& resource, bool validate_only);

// What the server has under the resource's name, or NOT_FOUND.
absl::StatusOr<std::unique_ptr<google::protobuf::Message>> GetResource(Connection& connection,
                                                                       absl::string_view kind,
                                                                       const std::string& name);

// Kinds that can be applied, in order.
std::vector<std::string> ResourceKinds();

}  // namespace dangol::client
