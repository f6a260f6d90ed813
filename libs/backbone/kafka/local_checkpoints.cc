#include "libs/backbone/kafka/local_checkpoints.h"

#include <utility>

#include "libs/backbone/embedded/checkpoints.h"
#include "libs/backbone/embedded/database.h"
#include "libs/base/bytes.h"
#include "libs/base/status.h"

namespace dangol::kafka {
namespace {

// After the scope's tables, before its seal.
constexpr auto kMarkTable = static_cast<Table>(kTables);

struct Mark {
  std::string changelog_id;
  uint64_t offset = 0;
  Micros written = 0;
};

std::string Encode(const Mark& mark) {
  ByteWriter out;
  out.Text(mark.changelog_id);
  out.Varint(mark.offset);
  out.Signed(mark.written);
  return out.Take();
}

absl::StatusOr<Mark> Decode(absl::string_view bytes) {
  ByteReader in(bytes);
  Mark mark;
  mark.changelog_id = std::string(in.Text());
  mark.offset = in.Varint();
  mark.written = in.Signed();
  if (!in.done()) return absl::DataLossError("checkpoint: its mark is damaged");
  return mark;
}

}  // namespace

LocalCheckpoints::LocalCheckpoints(std::unique_ptr<embedded::Database> database,
                                   ChangelogMarks* marks, const Clock* clock)
    : database_(std::move(database)),
      tables_(std::make_unique<embedded::Checkpoints>(*database_)),
      marks_(*marks),
      clock_(*clock) {}
LocalCheckpoints::~LocalCheckpoints() = default;

absl::StatusOr<std::unique_ptr<LocalCheckpoints>> LocalCheckpoints::Open(const std::string& dir,
                                                                         uint32_t partitions,
                                                                         ChangelogMarks* marks,
                                                                         const Clock* clock) {
  EmbeddedLog::Options options;
  options.partitions = partitions;
  DANGOL_ASSIGN_OR_RETURN(auto database, embedded::Database::Open(dir, options));
  return std::unique_ptr<LocalCheckpoints>(new LocalCheckpoints(std::move(database), marks, clock));
}

absl::Status LocalCheckpoints::Ingest(Checkpoint checkpoint) {
  for (Checkpoint::Part& part : checkpoint.parts) {
    Mark mark;
    DANGOL_ASSIGN_OR_RETURN(mark.changelog_id, marks_.IdOf(part.scope));
    mark.offset = marks_.SealOffset(part.scope, part.seal.cycle);
    mark.written = clock_.Now();
    part.changes.push_back({kMarkTable, "", Encode(mark)});
  }
  return tables_->Ingest(std::move(checkpoint));
}

absl::StatusOr<std::optional<uint64_t>> LocalCheckpoints::OffsetOf(Scope scope) {
  DANGOL_ASSIGN_OR_RETURN(const auto bytes, tables_->Get(scope, kMarkTable, ""));
  if (!bytes) return std::optional<uint64_t>();
  DANGOL_ASSIGN_OR_RETURN(const Mark mark, Decode(*bytes));
  DANGOL_ASSIGN_OR_RETURN(const std::string id, marks_.IdOf(scope));
  if (mark.changelog_id != id || clock_.Now() - mark.written > kOldest) {
    return std::optional<uint64_t>();
  }
  return std::optional<uint64_t>(mark.offset);
}

absl::StatusOr<std::optional<Seal>> LocalCheckpoints::SealOf(Scope scope) {
  DANGOL_ASSIGN_OR_RETURN(std::optional<Seal> seal, tables_->SealOf(scope));
  if (!seal || !marks_.Acquiring(scope)) return seal;
  DANGOL_ASSIGN_OR_RETURN(const std::optional<uint64_t> offset, OffsetOf(scope));
  if (!offset) {
    DANGOL_RETURN_IF_ERROR(tables_->Drop(scope));
    ++dropped_;
    return std::optional<Seal>();
  }
  marks_.ReplayFrom(scope, *offset);
  return seal;
}

absl::StatusOr<std::optional<std::string>> LocalCheckpoints::Get(Scope scope, Table table,
                                                                 absl::string_view key) {
  return tables_->Get(scope, table, key);
}

absl::Status LocalCheckpoints::Scan(Scope scope, Table table, absl::string_view from,
                                    const ScanFn& fn) {
  return tables_->Scan(scope, table, from, fn);
}

absl::Status LocalCheckpoints::Drop(Scope scope) { return tables_->Drop(scope); }

}  // namespace dangol::kafka
