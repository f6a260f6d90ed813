// Questions that every service answers: rows as they stand in a scope's tables.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/stream/ask.h"

namespace dangol {

// The row under `key`; nullopt: there is none.
absl::StatusOr<std::optional<std::string>> AskRow(Gateway& gateway, Scope scope, Table table,
                                                  const std::string& key, Micros deadline);

// Rows whose key begins with `prefix`, in order of key, from the first one after `after` on.
struct RowRange {
  Table table;
  std::string prefix;
  std::string after = {};  // a whole key; empty: from the first one
  uint32_t limit = 0;      // 0: all
};
struct Row {
  std::string key;
  std::string value;
};
struct Rows {
  std::vector<Row> rows;
  bool more = false;  // the limit was met, and there is more
};
absl::StatusOr<Rows> AskRows(Gateway& gateway, Scope scope, const RowRange& range, Micros deadline);

// The row as a message. DATA_LOSS: it cannot be parsed.
template <typename Message>
absl::StatusOr<std::optional<Message>> AskRecord(Gateway& gateway, Scope scope, Table table,
                                                 const std::string& key, Micros deadline) {
  DANGOL_ASSIGN_OR_RETURN(const auto row, AskRow(gateway, scope, table, key, deadline));
  if (!row) return std::nullopt;
  Message message;
  if (!message.ParseFromString(*row)) return absl::DataLossError("undecodable row");
  return message;
}

// What the runtime registers for every service.
std::vector<RawQuestion> RowQuestions();

}  // namespace dangol
