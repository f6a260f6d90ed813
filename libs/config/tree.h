// YAML text as a tree that remembers places; private to libs/config.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace dangol::config {

struct YamlNode {
  enum class Kind { kNull, kScalar, kSequence, kMap };
  Kind kind = Kind::kNull;
  std::string text;     // of a scalar
  bool quoted = false;  // "…", '…' or a block scalar
  int line = 1;
  int column = 1;
  std::vector<YamlNode> keys;   // of a map: scalars, keys[i] belongs to items[i]
  std::vector<YamlNode> items;  // of a map or a sequence
};

// "a map", "a list", … for messages.
const char* KindName(YamlNode::Kind kind);

// The documents of `text`. INVALID_ARGUMENT "file:line:column: …" on a syntax error, an anchor, an
// alias, a tag or a key that is not a scalar; RESOURCE_EXHAUSTED beyond kYamlBytesMax or
// kYamlDepthMax.
absl::StatusOr<std::vector<YamlNode>> LoadYaml(absl::string_view file_name, absl::string_view text);

// INVALID_ARGUMENT "file:line:column: path: description" with an ErrorDetail naming the path.
absl::Status ErrorAt(absl::string_view file_name, const YamlNode& node, absl::string_view path,
                     absl::string_view description);

}  // namespace dangol::config
