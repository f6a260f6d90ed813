// Where in the file a field of a record comes from: so that what the server refuses can be told in
// the words of the file.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace dangol::config::v1 {
class ImportMapping;
}

namespace dangol::import {

// How a row became one event.
struct Origin {
  int record = 0;                // index into the mapping's records
  std::vector<int> identifiers;  // the event's i-th is made by this one of the record's
};

// The column, or the columns with a blank between, that the field of a request's item comes from,
// e.g. "mail" for "identifiers[1].value". The field itself where none does: a constant, an id that
// the importer makes.
std::string ColumnOfField(const config::v1::ImportMapping& mapping, const Origin& origin,
                          absl::string_view field);

}  // namespace dangol::import
