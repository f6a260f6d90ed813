#include "tools/dangol/import/origin.h"

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "dangol/config/v1/import.pb.h"
#include "tools/dangol/import/values.h"

namespace dangol::import {
namespace {

using config::v1::ImportRecord;

// "consents[1].evidence" is head "consents", key "1", rest "evidence".
struct Path {
  absl::string_view head, key, rest;
};

Path Split(absl::string_view field) {
  Path path{field, "", ""};
  const size_t end = field.find_first_of("[.");
  if (end == absl::string_view::npos) return path;
  path.head = field.substr(0, end);
  if (field[end] == '[') {
    const size_t close = field.rfind(']');  // a key may hold any character
    if (close == absl::string_view::npos || close < end) return path;
    path.key = field.substr(end + 1, close - end - 1);
    field.remove_prefix(close);
    path.rest = field.substr(field.find('.') == absl::string_view::npos ? field.size() : 2);
  } else {
    path.rest = field.substr(end + 1);
  }
  return path;
}

// The {column}s of a template.
std::string NamesIn(const std::string& text) {
  std::vector<std::string> names;
  static const std::string* const kAny = new std::string();
  (void)FillTemplate(text, [&](absl::string_view name) {
    if (name != "row" && name != "file") names.emplace_back(name);
    return kAny;
  });
  return absl::StrJoin(names, " ");
}

// Of what has a column or a template.
template <typename From>
std::string SourceOf(const From& from) {
  return from.column().empty() ? NamesIn(from.template_()) : from.column();
}

std::string IdentifierSource(const ImportRecord& record, const Origin& origin,
                             absl::string_view key) {
  size_t i = 0;
  if (absl::SimpleAtoi(key, &i) && i < origin.identifiers.size()) {
    return SourceOf(record.identifiers(origin.identifiers[i]));
  }
  std::vector<std::string> all;
  for (const auto& from : record.identifiers()) all.push_back(SourceOf(from));
  return absl::StrJoin(all, " ");
}

std::string TraitSource(const ImportRecord& record, absl::string_view name) {
  for (const auto& trait : record.traits()) {
    if (trait.name() == name) return trait.column().empty() ? trait.name() : trait.column();
  }
  return "";
}

std::string ConsentSource(const ImportRecord& record, const Path& path) {
  int i = 0;
  if (!absl::SimpleAtoi(path.key, &i) || i < 0 || i >= record.consents_size()) return "";
  if (path.rest == "evidence") return SourceOf(record.consents(i).evidence());
  if (path.rest == "observed_time_us") return record.time().column();
  return record.consents(i).granted_column();
}

std::string PropertySource(const ImportRecord& record, absl::string_view name) {
  for (const auto& property : record.properties()) {
    if (property.name() == name) return property.column();
  }
  return "";
}

// Of the part that is the kind's own: purchase.net_minor, web_event.event.
std::string KindSource(const ImportRecord& record, const Path& path) {
  if (absl::EndsWith(path.rest, "_minor")) return record.money().column();
  if (path.rest == "quantity") return SourceOf(record.quantity());
  if (path.rest == "order_id") return SourceOf(record.order_id());
  if (path.rest == "event") return SourceOf(record.event());
  const Path inner = Split(path.rest);
  return inner.head == "properties" ? PropertySource(record, inner.key) : "";
}

std::string Source(const ImportRecord& record, const Origin& origin, const Path& path) {
  if (path.head == "identifiers") return IdentifierSource(record, origin, path.key);
  if (path.head == "traits") return TraitSource(record, path.key);
  if (path.head == "consents") return ConsentSource(record, path);
  if (path.head == "occurred_time_us" || path.head == "observed_time_us") {
    return record.time().column();
  }
  if (path.head == "message_id") return SourceOf(record.message_id());
  if (path.head == "external_id") return SourceOf(record.external_id());
  if (path.head == "store") return SourceOf(record.store());
  if (path.head == "channel") return SourceOf(record.channel());
  if (path.head == "treatment_code") return SourceOf(record.treatment_code());
  return KindSource(record, path);
}

}  // namespace

std::string ColumnOfField(const config::v1::ImportMapping& mapping, const Origin& origin,
                          absl::string_view field) {
  if (origin.record < 0 || origin.record >= mapping.records_size()) return std::string(field);
  const std::string source = Source(mapping.records(origin.record), origin, Split(field));
  return source.empty() ? std::string(field) : source;
}

}  // namespace dangol::import
