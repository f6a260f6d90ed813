// Strict YAML ⇄ protobuf by reflection: what is not understood is an error that says where.
#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace google::protobuf {
class Message;
}

namespace dangol::config {

// Bounds on input; beyond them: RESOURCE_EXHAUSTED. Anchors, aliases and tags are refused outright,
// so a small file cannot expand into a large one.
inline constexpr size_t kYamlBytesMax = 16 << 20;
inline constexpr int kYamlDepthMax = 64;

// Fills `out` (cleared first) from one YAML document. Keys are proto field names; every error is
// INVALID_ARGUMENT whose message is "file:line:column: path: what is wrong; what would be right"
// and whose ErrorDetail names the field path. Refused: unknown and duplicate keys, a null, a value
// of another type or out of range, two members of a oneof, an unknown enum name.
//   enums       VALUE, value or ENUM_NAME_VALUE, any case
//   times etc.  see sugar.h: `window: 14d` fills window_us, `start_time: 2026-03-01 09:00`
//               start_time_us (UTC where no offset is written), `discount: 20%` discount_bp,
//               `price: 12.50 USD` a Money
// On error `out` is unspecified.
absl::Status ParseYaml(absl::string_view file_name, absl::string_view text,
                       google::protobuf::Message* out);

// Several documents separated by `---`, each with a top-level key `kind`; its other keys are fields
// of the message that `choose(kind)` returns (owned by the caller, filled before the next call). An
// error of `choose` (an unknown kind: name the known ones) is reported at the document's place.
// `done`, if given, is called after each document. Stops at the first error.
using ChooseMessage =
    std::function<absl::StatusOr<google::protobuf::Message*>(absl::string_view kind)>;
using DocumentDone = std::function<absl::Status(absl::string_view kind, int line)>;
absl::Status ParseYamlDocuments(absl::string_view file_name, absl::string_view text,
                                const ChooseMessage& choose, const DocumentDone& done = nullptr);

// Canonical YAML: set fields in field-number order, map keys sorted, enums without prefix in lower
// case, times and durations in their readable forms. ParseYaml(ToYaml(m)) equals m.
std::string ToYaml(const google::protobuf::Message& message);
// With `kind: …` as the first key.
std::string ToYamlDocument(absl::string_view kind, const google::protobuf::Message& message);

}  // namespace dangol::config
