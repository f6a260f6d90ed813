#include "libs/config/settings.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "libs/base/status.h"
#include "libs/config/scalar.h"
#include "libs/config/sugar.h"
#include "libs/config/tree.h"

namespace dangol::config {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

void AddPaths(const Descriptor& type, const std::string& prefix, std::vector<std::string>* paths) {
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (field.is_repeated()) continue;
    std::string key;
    if (SugarOf(field, &key) == Sugar::kNone) key = field.name();
    const std::string path = absl::StrCat(prefix, key);
    if (field.message_type() == nullptr) {
      paths->push_back(path);
    } else {
      AddPaths(*field.message_type(), absl::StrCat(path, "."), paths);
    }
  }
}

}  // namespace

std::vector<std::string> SettingPaths(const Descriptor& type) {
  std::vector<std::string> paths;
  AddPaths(type, "", &paths);
  return paths;
}

std::string FlagOf(absl::string_view path) {
  return absl::StrCat("--", absl::StrReplaceAll(path, {{".", "-"}, {"_", "-"}}));
}

std::string EnvironmentOf(absl::string_view path) {
  return absl::StrCat("DANGOL_", absl::AsciiStrToUpper(absl::StrReplaceAll(path, {{".", "_"}})));
}

absl::Status ApplySetting(absl::string_view path, absl::string_view origin, absl::string_view text,
                          Message* out) {
  const std::vector<std::string> keys = absl::StrSplit(path, '.');
  for (size_t i = 0; i + 1 < keys.size(); ++i) {
    const FieldDescriptor* group = out->GetDescriptor()->FindFieldByName(keys[i]);
    if (group == nullptr || group->message_type() == nullptr) {
      return BadField(origin, path, "is no setting", "leave it out");
    }
    out = out->GetReflection()->MutableMessage(out, group);
  }
  const FieldKey found = FindField(*out->GetDescriptor(), keys.back());
  if (found.field == nullptr) return BadField(origin, path, "is no setting", "leave it out");
  YamlNode node;
  node.kind = YamlNode::Kind::kScalar;
  node.text = std::string(text);
  const absl::Status status = StoreScalar(node, found, out);
  if (status.ok()) return status;
  return absl::InvalidArgumentError(absl::StrCat(origin, ": ", Quote(text), " ", status.message()));
}

absl::Status ApplyEnvironment(const GetEnvironment& get, Message* out) {
  for (const std::string& path : SettingPaths(*out->GetDescriptor())) {
    const std::string name = EnvironmentOf(path);
    const char* value = get(name.c_str());
    if (value == nullptr || *value == '\0') continue;
    DANGOL_RETURN_IF_ERROR(ApplySetting(path, name, value, out));
  }
  return absl::OkStatus();
}

}  // namespace dangol::config
