#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "libs/base/status.h"
#include "libs/config/scalar.h"
#include "libs/config/sugar.h"
#include "libs/config/tree.h"
#include "libs/config/yaml.h"

namespace dangol::config {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr char kKind[] = "kind";

std::string Join(absl::string_view path, absl::string_view key) {
  return path.empty() ? std::string(key) : absl::StrCat(path, ".", key);
}

// Fills messages from nodes; remembers the file for errors.
class Reader {
 public:
  explicit Reader(absl::string_view file_name) : file_name_(file_name) {}

  absl::Status FillMessage(const YamlNode& node, const std::string& path, Message* out,
                           bool skip_kind = false) const {
    if (node.kind == YamlNode::Kind::kScalar && IsMoney(*out->GetDescriptor())) {
      return Explain(node, path, ParseMoney(node.text, out));
    }
    if (node.kind != YamlNode::Kind::kMap) return Expected(node, path, "a group of fields");
    std::map<const FieldDescriptor*, std::string> seen;
    for (size_t i = 0; i < node.keys.size(); ++i) {
      const YamlNode& key = node.keys[i];
      if (skip_kind && key.text == kKind) continue;
      const FieldKey found = FindField(*out->GetDescriptor(), key.text);
      if (found.field == nullptr) return UnknownKey(key, path, *out->GetDescriptor());
      DANGOL_RETURN_IF_ERROR(CheckFirst(key, path, *found.field, *out, &seen));
      DANGOL_RETURN_IF_ERROR(FillField(node.items[i], Join(path, key.text), found, out));
    }
    return absl::OkStatus();
  }

  absl::Status Error(const YamlNode& node, absl::string_view path,
                     absl::string_view description) const {
    return ErrorAt(file_name_, node, path, description);
  }

 private:
  absl::Status Expected(const YamlNode& node, absl::string_view path,
                        absl::string_view what) const {
    if (node.kind == YamlNode::Kind::kNull) {
      return Error(node, path, absl::StrCat("has no value; write ", what, " or leave it out"));
    }
    return Error(node, path,
                 absl::StrCat(node.text.empty() ? "" : Quote(node.text) + " ", "is ",
                              KindName(node.kind), "; write ", what));
  }

  // Puts value and place to a "is not …; write …".
  absl::Status Explain(const YamlNode& node, absl::string_view path,
                       const absl::Status& status) const {
    if (status.ok()) return status;
    return Error(node, path, absl::StrCat(Quote(node.text), " ", status.message()));
  }

  absl::Status UnknownKey(const YamlNode& key, const std::string& path,
                          const Descriptor& type) const {
    const std::string nearest = Nearest(key.text, KnownKeys(type));
    return Error(
        key, Join(path, key.text),
        absl::StrCat("is not a field of ", type.name(), "; ",
                     nearest.empty() ? "remove it" : absl::StrCat("did you mean ", nearest, "?")));
  }

  // One value per field, one member per oneof.
  absl::Status CheckFirst(const YamlNode& key, const std::string& path,
                          const FieldDescriptor& field, const Message& out,
                          std::map<const FieldDescriptor*, std::string>* seen) const {
    const auto [place, first] = seen->emplace(&field, key.text);
    if (!first) {
      return Error(key, Join(path, key.text),
                   absl::StrCat("is already set by ", place->second, "; keep one of them"));
    }
    const auto* oneof = field.real_containing_oneof();
    if (oneof == nullptr || !out.GetReflection()->HasOneof(out, oneof)) return absl::OkStatus();
    const auto* other = out.GetReflection()->GetOneofFieldDescriptor(out, oneof);
    return Error(key, Join(path, key.text),
                 absl::StrCat("excludes ", other->name(), ", which is set; keep one of them (",
                              oneof->name(), ")"));
  }

  absl::Status FillField(const YamlNode& node, const std::string& path, const FieldKey& key,
                         Message* out) const {
    if (key.field->is_map()) return FillMap(node, path, *key.field, out);
    if (!key.field->is_repeated()) return FillValue(node, path, key, out);
    if (node.kind != YamlNode::Kind::kSequence) return Expected(node, path, "a list");
    for (size_t i = 0; i < node.items.size(); ++i) {
      DANGOL_RETURN_IF_ERROR(FillValue(node.items[i], absl::StrCat(path, "[", i, "]"), key, out));
    }
    return absl::OkStatus();
  }

  // One value: sets a single field, appends to a repeated one.
  absl::Status FillValue(const YamlNode& node, const std::string& path, const FieldKey& key,
                         Message* out) const {
    const FieldDescriptor* field = key.field;
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      const auto* reflection = out->GetReflection();
      return FillMessage(node, path,
                         field->is_repeated() ? reflection->AddMessage(out, field)
                                              : reflection->MutableMessage(out, field));
    }
    if (node.kind != YamlNode::Kind::kScalar) return Expected(node, path, "a single value");
    return Explain(node, path, StoreScalar(node, key, out));
  }

  absl::Status FillMap(const YamlNode& node, const std::string& path, const FieldDescriptor& field,
                       Message* out) const {
    if (node.kind != YamlNode::Kind::kMap)
      return Expected(node, path, "a group of names and values");
    std::map<std::string, int> seen;
    for (size_t i = 0; i < node.keys.size(); ++i) {
      const std::string entry_path = Join(path, node.keys[i].text);
      Message* entry = out->GetReflection()->AddMessage(out, &field);
      YamlNode key = node.keys[i];
      key.quoted = false;  // "1" may stand for the key 1
      const FieldDescriptor* key_field = entry->GetDescriptor()->map_key();
      DANGOL_RETURN_IF_ERROR(Explain(key, path, StoreScalar(key, {key_field}, entry)));
      if (!seen.emplace(PrintScalar(*entry, *key_field, 0), key.line).second) {
        return Error(key, entry_path, "is there twice; keep one of them");
      }
      DANGOL_RETURN_IF_ERROR(
          FillValue(node.items[i], entry_path, {entry->GetDescriptor()->map_value()}, entry));
    }
    return absl::OkStatus();
  }

  absl::string_view file_name_;
};

absl::Status ReadDocument(const Reader& reader, const YamlNode& document,
                          const ChooseMessage& choose, const DocumentDone& done) {
  if (document.kind != YamlNode::Kind::kMap) {
    return reader.Error(document, "", "a document must be a group of fields");
  }
  const YamlNode* kind = nullptr;
  for (size_t i = 0; i < document.keys.size(); ++i) {
    if (document.keys[i].text != kKind) continue;
    if (kind != nullptr) return reader.Error(document.keys[i], kKind, "is there twice");
    kind = &document.items[i];
  }
  if (kind == nullptr || kind->kind != YamlNode::Kind::kScalar) {
    return reader.Error(kind == nullptr ? document : *kind, kKind,
                        "is missing; say what this document is, like kind: Campaign");
  }
  auto message = choose(kind->text);
  if (!message.ok()) return reader.Error(*kind, kKind, message.status().message());
  (*message)->Clear();
  DANGOL_RETURN_IF_ERROR(reader.FillMessage(document, "", *message, true));
  return done == nullptr ? absl::OkStatus() : done(kind->text, document.line);
}

}  // namespace

absl::Status ParseYaml(absl::string_view file_name, absl::string_view text, Message* out) {
  out->Clear();
  DANGOL_ASSIGN_OR_RETURN(const auto documents, LoadYaml(file_name, text));
  const Reader reader(file_name);
  if (documents.size() > 1) {
    return reader.Error(documents[1], "", "a second document begins here; this file holds one");
  }
  if (documents.empty() || documents[0].kind == YamlNode::Kind::kNull) {
    return reader.Error(YamlNode(), "", "the file is empty");
  }
  return reader.FillMessage(documents[0], "", out);
}

absl::Status ParseYamlDocuments(absl::string_view file_name, absl::string_view text,
                                const ChooseMessage& choose, const DocumentDone& done) {
  DANGOL_ASSIGN_OR_RETURN(const auto documents, LoadYaml(file_name, text));
  const Reader reader(file_name);
  for (const YamlNode& document : documents) {
    if (document.kind == YamlNode::Kind::kNull) continue;  // nothing between two ---
    DANGOL_RETURN_IF_ERROR(ReadDocument(reader, document, choose, done));
  }
  return absl::OkStatus();
}

}  // namespace dangol::config
