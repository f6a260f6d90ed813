#include "libs/stream/rows.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "dangol/stream/v1/questions.pb.h"

namespace dangol {
namespace {

absl::Status CheckTable(uint32_t table) {
  if (table < kTables) return absl::OkStatus();
  return BadField("table", absl::StrCat(table), "is no table", "use a number of enum Table");
}

absl::Status AnswerRow(const stream::v1::RowRequest& request, Processor&, StateView& state,
                       stream::v1::RowAnswer* answer) {
  DANGOL_RETURN_IF_ERROR(CheckTable(request.table()));
  const std::string* value = state.Get(static_cast<Table>(request.table()), request.key());
  answer->set_found(value != nullptr);
  if (value != nullptr) answer->set_value(*value);
  return absl::OkStatus();
}

absl::Status AnswerRows(const stream::v1::RowsRequest& request, Processor&, StateView& state,
                        stream::v1::RowsAnswer* answer) {
  DANGOL_RETURN_IF_ERROR(CheckTable(request.table()));
  const std::string& from = request.after().empty() ? request.prefix() : request.after();
  const auto take = [&](absl::string_view key, absl::string_view value) {
    if (!absl::StartsWith(key, request.prefix())) return false;
    if (key == request.after()) return true;
    const bool full =
        request.limit() > 0 && answer->rows_size() == static_cast<int>(request.limit());
    if (full) {
      answer->set_more(true);
      return false;
    }
    auto* row = answer->add_rows();
    row->set_key(std::string(key));
    row->set_value(std::string(value));
    return true;
  };
  state.Scan(static_cast<Table>(request.table()), from, take);
  return absl::OkStatus();
}

constexpr Question<stream::v1::RowRequest, stream::v1::RowAnswer> kRow = {"stream.Row", AnswerRow};
constexpr Question<stream::v1::RowsRequest, stream::v1::RowsAnswer> kRows = {"stream.Rows",
                                                                             AnswerRows};

}  // namespace

absl::StatusOr<std::optional<std::string>> AskRow(Gateway& gateway, Scope scope, Table table,
                                                  const std::string& key, Micros deadline) {
  stream::v1::RowRequest request;
  request.set_table(static_cast<uint32_t>(table));
  request.set_key(key);
  DANGOL_ASSIGN_OR_RETURN(auto answer, Ask(gateway, scope, kRow, request, deadline));
  if (!answer.found()) return std::nullopt;
  return std::move(*answer.mutable_value());
}

absl::StatusOr<Rows> AskRows(Gateway& gateway, Scope scope, const RowRange& range,
                             Micros deadline) {
  stream::v1::RowsRequest request;
  request.set_table(static_cast<uint32_t>(range.table));
  request.set_prefix(range.prefix);
  request.set_after(range.after);
  request.set_limit(range.limit);
  DANGOL_ASSIGN_OR_RETURN(auto answer, Ask(gateway, scope, kRows, request, deadline));
  Rows rows;
  rows.more = answer.more();
  for (auto& row : *answer.mutable_rows()) {
    rows.rows.push_back({std::move(*row.mutable_key()), std::move(*row.mutable_value())});
  }
  return rows;
}

std::vector<RawQuestion> RowQuestions() { return {Raw(kRow), Raw(kRows)}; }

}  // namespace dangol
