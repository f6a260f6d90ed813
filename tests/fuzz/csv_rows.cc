// CSV: any bytes, cut anywhere, are rows within the bounds or an error; where they are cut makes no
// difference.
#include <string>
#include <vector>

#include "tests/fuzz/fuzz.h"
#include "tools/dangol/import/rows.h"

namespace dangol {
namespace {

struct Outcome {
  bool ok = false;
  std::vector<import::Row> rows;
};

Outcome Read(const import::RowFormat& format, absl::string_view text, size_t piece) {
  Outcome outcome;
  import::RowParser parser(format, [&](const import::Row& row) {
    FUZZ_CHECK(row.size() <= import::kColumnsMax);
  outcome.rows.push_back(row);
  return absl::OkStatus();
});
absl::Status status;
for (size_t at = 0; status.ok() && at < text.size(); at += piece) {
  status = parser.Feed(text.substr(at, piece));
}
outcome.ok = status.ok() && parser.Finish().ok();
return outcome;
}  // namespace

}  // namespace dangol
}  // namespace dangol

DANGOL_FUZZ_TARGET(csv_rows) {
  using namespace dangol;  // NOLINT
  const auto [which, text] = fuzz::Choose(data);
  import::RowFormat format;
  format.delimiter = which % 2 == 0 ? ',' : ';';
  format.whitespace = which % 4 == 3;
  const Outcome whole = Read(format, text, text.size() + 1);
  const Outcome pieces = Read(format, text, 1 + which / 4 % 7);
  FUZZ_CHECK(whole.ok == pieces.ok);
  if (whole.ok) FUZZ_CHECK(whole.rows == pieces.rows);
}
