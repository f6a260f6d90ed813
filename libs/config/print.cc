#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "libs/config/scalar.h"
#include "libs/config/sugar.h"
#include "libs/config/yaml.h"

namespace dangol::config {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using Lines = std::vector<std::string>;

Lines PrintFields(const Message& message);

// A value as one line, or as a block of lines that goes below or behind its introduction.
struct Value {
  std::string inline_text;
  Lines block;
};

Value PrintMessage(const Message& message) {
  Value value;
  if (IsMoney(*message.GetDescriptor()) && FormatMoney(message, &value.inline_text)) return value;
  value.block = PrintFields(message);
  if (value.block.empty()) value.inline_text = "{}";
  return value;
}

Value PrintValue(const Message& message, const FieldDescriptor& field, int index) {
  const auto* reflection = message.GetReflection();
  if (field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
    return {PrintScalar(message, field, index), {}};
  }
  return PrintMessage(field.is_repeated() ? reflection->GetRepeatedMessage(message, &field, index)
                                          : reflection->GetMessage(message, &field));
}

void AppendKey(const std::string& key, Value value, Lines* lines) {
  if (value.block.empty()) {
    lines->push_back(absl::StrCat(key, ": ", value.inline_text));
    return;
  }
  lines->push_back(key + ":");
  for (const std::string& line : value.block) lines->push_back("  " + line);
}

Value PrintList(const Message& message, const FieldDescriptor& field,
                const std::vector<std::string>* sugared) {
  Value list;
  const int size = message.GetReflection()->FieldSize(message, &field);
  for (int i = 0; i < size; ++i) {
    const Value item =
        sugared != nullptr ? Value{(*sugared)[i], {}} : PrintValue(message, field, i);
    if (item.block.empty()) list.block.push_back("- " + item.inline_text);
    for (size_t j = 0; j < item.block.size(); ++j) {
      list.block.push_back(absl::StrCat(j == 0 ? "- " : "  ", item.block[j]));
    }
  }
  return list;
}

Value PrintMap(const Message& message, const FieldDescriptor& field) {
  const auto* reflection = message.GetReflection();
  std::vector<std::pair<std::string, const Message*>> entries;
  for (int i = 0; i < reflection->FieldSize(message, &field); ++i) {
    const Message& entry = reflection->GetRepeatedMessage(message, &field, i);
    entries.emplace_back(PrintScalar(entry, *entry.GetDescriptor()->map_key(), 0), &entry);
  }
  const auto key_type = field.message_type()->map_key()->cpp_type();
  const bool numeric = key_type != FieldDescriptor::CPPTYPE_STRING;
  std::sort(entries.begin(), entries.end(), [numeric](const auto& a, const auto& b) {
    if (numeric && a.first.size() != b.first.size()) return a.first.size() < b.first.size();
    return a.first < b.first;
  });
  Value map;
  for (const auto& [key, entry] : entries) {
    AppendKey(key, PrintValue(*entry, *entry->GetDescriptor()->map_value(), 0), &map.block);
  }
  return map;
}

// The readable forms of all the field's values; false if one of them has none.
bool PrintSugar(const Message& message, const FieldDescriptor& field, Sugar sugar,
                std::vector<std::string>* texts) {
  const auto* reflection = message.GetReflection();
  const bool wide = field.cpp_type() == FieldDescriptor::CPPTYPE_INT64;
  const int size = field.is_repeated() ? reflection->FieldSize(message, &field) : 1;
  for (int i = 0; i < size; ++i) {
    int64_t value = 0;
    if (field.is_repeated()) {
      value = wide ? reflection->GetRepeatedInt64(message, &field, i)
                   : reflection->GetRepeatedInt32(message, &field, i);
    } else {
      value = wide ? reflection->GetInt64(message, &field) : reflection->GetInt32(message, &field);
    }
    texts->emplace_back();
    if (!FormatSugar(sugar, value, &texts->back())) return false;
    texts->back() = sugar == Sugar::kTime ? PrintString(texts->back()) : texts->back();
  }
  return true;
}

Lines PrintFields(const Message& message) {
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  Lines lines;
  for (const FieldDescriptor* field : fields) {
    std::string key;
    std::vector<std::string> sugared;
    const Sugar sugar = SugarOf(*field, &key);
    // A field of that very name would be read instead.
    const bool readable = sugar != Sugar::kNone &&
                          message.GetDescriptor()->FindFieldByName(key) == nullptr &&
                          PrintSugar(message, *field, sugar, &sugared);
    if (!readable) key = field->name();
    if (field->is_map()) {
      AppendKey(key, PrintMap(message, *field), &lines);
    } else if (field->is_repeated()) {
      AppendKey(key, PrintList(message, *field, readable ? &sugared : nullptr), &lines);
    } else if (readable) {
      AppendKey(key, {sugared[0], {}}, &lines);
    } else {
      AppendKey(key, PrintValue(message, *field, 0), &lines);
    }
  }
  return lines;
}

}  // namespace

std::string ToYaml(const Message& message) {
  const Lines lines = PrintFields(message);
  return lines.empty() ? "{}\n" : absl::StrJoin(lines, "\n") + "\n";
}

std::string ToYamlDocument(absl::string_view kind, const Message& message) {
  const Lines lines = PrintFields(message);
  return absl::StrCat("kind: ", kind, "\n", absl::StrJoin(lines, "\n"), lines.empty() ? "" : "\n");
}

}  // namespace dangol::config
