#include "tools/dangol/import/mapping.h"

#include <fstream>
#include <sstream>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/message.h"
#include "libs/base/calendar.h"
#include "libs/base/status.h"
#include "libs/config/currency.h"
#include "libs/config/yaml.h"
#include "tools/dangol/import/values.h"

namespace dangol::import {
namespace {

using config::v1::ImportMapping;
using config::v1::ImportRecord;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

absl::Status CheckColumn(const std::string& path, const std::string& name, const Columns& columns) {
  if (name.empty() || columns.contains(name)) return absl::OkStatus();
  std::vector<std::string> known;
  for (const auto& [column, index] : columns) known.push_back(column);
  const std::string near = Nearest(name, known);
  return BadField(
      path, name, "is no column of the file",
      near.empty() ? "name one of its columns" : absl::StrCat("did you mean ", near, "?"));
}

absl::Status CheckTemplate(const std::string& path, const std::string& text,
                           const Columns& columns) {
  static const std::string* const kAny = new std::string("1");
  const auto filled = FillTemplate(text, [&](absl::string_view name) {
    return name == "row" || name == "file" || columns.find(name) != columns.end() ? kAny : nullptr;
  });
  if (filled.ok()) return absl::OkStatus();
  return BadField(path, text, filled.status().message(), "use {row}, {file} or {column name}");
}

// Visits every set string field of the message and of those inside it.
absl::Status CheckStrings(const std::string& path, const Message& message, const Columns& columns) {
  std::vector<const FieldDescriptor*> fields;
  const auto* reflection = message.GetReflection();
  reflection->ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    const std::string at = absl::StrCat(path, path.empty() ? "" : ".", field->name());
    if (field->is_map()) continue;
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && field->is_repeated()) {
      for (int i = 0; i < reflection->FieldSize(message, field); ++i) {
        DANGOL_RETURN_IF_ERROR(CheckStrings(absl::StrCat(at, "[", i, "]"),
                                            reflection->GetRepeatedMessage(message, field, i),
                                            columns));
      }
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      DANGOL_RETURN_IF_ERROR(CheckStrings(at, reflection->GetMessage(message, field), columns));
    } else if (absl::EndsWith(field->name(), "column")) {
      DANGOL_RETURN_IF_ERROR(CheckColumn(at, reflection->GetString(message, field), columns));
    } else if (field->name() == "template") {
      DANGOL_RETURN_IF_ERROR(CheckTemplate(at, reflection->GetString(message, field), columns));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckRecord(const std::string& path, const ImportMapping& mapping,
                         const ImportRecord& record) {
  const bool activity = record.kind() != config::v1::IMPORT_KIND_CUSTOMER;
  if (record.kind() == config::v1::IMPORT_KIND_UNSPECIFIED) {
    return BadField(path + ".kind", "", "is missing",
                    "give customer, purchase, return, visit or web_event");
  }
  if (record.identifiers().empty()) {
    return BadField(path + ".identifiers", "", "is empty", "say whose record this is");
  }
  if (activity && mapping.business_unit().empty()) {
    return BadField("business_unit", "", "is missing", "activities belong to one");
  }
  if (activity && !record.has_time()) {
    return BadField(path + ".time", "", "is missing", "give a column or a constant");
  }
  if (record.has_money()) {
    const auto known = config::CurrencyExponent(record.money().currency());
    if (!known.ok()) {
      return BadField(path + ".money.currency", record.money().currency(), "is no currency",
                      known.status().message());
    }
  }
  if (record.kind() == config::v1::IMPORT_KIND_WEB_EVENT && !record.has_event()) {
    return BadField(path + ".event", "", "is missing", "name the web event");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ImportMapping> ReadMapping(const std::string& path) {
  std::ifstream file(path);
  if (!file) return BadField("--mapping", path, "cannot be read", "name a readable YAML file");
  std::stringstream text;
  text << file.rdbuf();
  ImportMapping mapping;
  DANGOL_RETURN_IF_ERROR(config::ParseYaml(path, text.str(), &mapping));
  DANGOL_RETURN_IF_ERROR(CheckMapping(mapping));
  return mapping;
}

absl::Status CheckMapping(const ImportMapping& mapping) {
  if (mapping.source().empty()) return BadField("source", "", "is missing", "name the feed");
  if (mapping.records().empty()) {
    return BadField("records", "", "is empty", "say what a row becomes");
  }
  if (!HasHeader(mapping) && mapping.file().columns().empty()) {
    return BadField("file.columns", "", "is empty", "name the columns: there is no header");
  }
  if (!mapping.time_zone().empty()) {
    DANGOL_RETURN_IF_ERROR(LoadZone(mapping.time_zone()).status());
  }
  for (int i = 0; i < mapping.records_size(); ++i) {
    DANGOL_RETURN_IF_ERROR(
        CheckRecord(absl::StrCat("records[", i, "]"), mapping, mapping.records(i)));
  }
  return FormatOf(mapping).status();
}

absl::StatusOr<RowFormat> FormatOf(const ImportMapping& mapping) {
  const std::string& delimiter = mapping.file().delimiter();
  const std::string& encoding = mapping.file().encoding();
  if (delimiter.empty()) return RowFormat{',', false, encoding};
  if (delimiter == "whitespace") return RowFormat{' ', true, encoding};
  if (delimiter == "tab") return RowFormat{'\t', false, encoding};
  if (delimiter.size() == 1 && delimiter != "\"" && !absl::ascii_isalnum(delimiter[0])) {
    return RowFormat{delimiter[0], false, encoding};
  }
  return BadField("file.delimiter", delimiter, "is no delimiter",
                  "use , or ; or another sign, tab or whitespace");
}

bool HasHeader(const ImportMapping& mapping) {
  return !mapping.file().has_header() || mapping.file().header();
}

absl::StatusOr<Columns> ColumnsOf(const ImportMapping& mapping, const Row* header) {
  const auto& given = mapping.file().columns();
  const Row names = given.empty() && header != nullptr ? *header : Row(given.begin(), given.end());
  if (names.empty()) return BadField("file.columns", "", "is empty", "name the columns");
  Columns columns;
  for (size_t i = 0; i < names.size(); ++i) {
    if (!columns.emplace(names[i], i).second) {
      return BadField("file.columns", names[i], "stands twice", "give each column its own name");
    }
  }
  return columns;
}

absl::Status CheckColumns(const ImportMapping& mapping, const Columns& columns) {
  DANGOL_RETURN_IF_ERROR(CheckStrings("", mapping, columns));
  for (const ImportRecord& record : mapping.records()) {
    for (const auto& trait : record.traits()) {
      if (!trait.column().empty()) continue;
      DANGOL_RETURN_IF_ERROR(CheckColumn("traits.name", trait.name(), columns));
    }
  }
  return absl::OkStatus();
}

}  // namespace dangol::import
