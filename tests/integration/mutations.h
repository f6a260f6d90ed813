// Every way in which one field of a request can be wrong, by its descriptor alone.
#pragma once

#include <string>
#include <vector>

namespace google::protobuf {
class Message;
}

namespace dangol::integration {

struct Mutation {
  std::string what;  // "campaign.audiences[0].name: 1 MB"
  // Names of which the error must use one: the field's own, or the map's in which it stands.
  std::vector<std::string> names;
  std::string bytes;  // the request with it
};

// For every field that `example` could hold, at every depth: text of 1 MB, with a NUL, not UTF-8;
// numbers that are not finite; amounts, costs, durations and instants out of range; enum values
// without a name; 100,000 items; a field the message does not have; a value of another wire type.
std::vector<Mutation> MutationsOf(const google::protobuf::Message& example);

}  // namespace dangol::integration
