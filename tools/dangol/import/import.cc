#include "tools/dangol/import/import.h"

#include <filesystem>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "libs/base/status.h"
#include "tools/dangol/import/convert.h"
#include "tools/dangol/import/mapping.h"
#include "tools/dangol/import/reject_file.h"
#include "tools/dangol/import/rows.h"
#include "tools/dangol/import/sender.h"

namespace dangol::import {
namespace {

constexpr int64_t kRowsBetweenProgress = 1000;

// One file on its way.
class Import {
 public:
  Import(client::Connection* connection, const config::v1::ImportMapping& mapping,
         const std::string& path, const ImportOptions& options)
      : mapping_(mapping),
        path_(path),
        options_(options),
        rejects_(options.reject_path.empty() ? path + ".rejects.csv" : options.reject_path) {
    if (connection == nullptr) return;
    sender_.emplace(*connection, [this](const ItemRejected& item) {
      rejects_.Add(
          {item.row, ColumnOfField(mapping_, item.origin, item.field), item.value, item.reason});
    });
  }

  absl::StatusOr<ImportSummary> Run() {
    DANGOL_RETURN_IF_ERROR(CheckMapping(mapping_));
    DANGOL_ASSIGN_OR_RETURN(const RowFormat format, FormatOf(mapping_));
    std::error_code none;
    size_ = static_cast<int64_t>(std::filesystem::file_size(path_, none));
    awaiting_header_ = HasHeader(mapping_);
    const absl::Status read =
        ReadRows(path_, format, [&](const Row& row, int64_t bytes) { return OnRow(row, bytes); });
    // What was sent before an error counts, and its rejects are written.
    const absl::Status flushed = sender_ ? sender_->Flush() : absl::OkStatus();
    DANGOL_RETURN_IF_ERROR(rejects_.Close());
    DANGOL_RETURN_IF_ERROR(read);
    DANGOL_RETURN_IF_ERROR(flushed);
    if (options_.progress) options_.progress(size_, size_, summary_.rows);
    if (sender_) summary_.imported = sender_->accepted();
    summary_.rejected = rejects_.count();
    summary_.reject_path = rejects_.path();
    return summary_;
  }

 private:
  absl::Status Start(const Row* header) {
    DANGOL_ASSIGN_OR_RETURN(Columns columns, ColumnsOf(mapping_, header));
    const std::string id = options_.file_id.empty() ? FileIdOf(path_) : options_.file_id;
    DANGOL_ASSIGN_OR_RETURN(converter_, Converter::Make(mapping_, std::move(columns), id));
    return absl::OkStatus();
  }

  absl::Status OnRow(const Row& row, int64_t bytes) {
    if (std::exchange(awaiting_header_, false)) return Start(&row);
    if (!converter_) DANGOL_RETURN_IF_ERROR(Start(nullptr));
    const int64_t index = summary_.rows++;
    if (options_.progress && summary_.rows % kRowsBetweenProgress == 0) {
      options_.progress(bytes, size_, summary_.rows);
    }
    events_.clear();
    origins_.clear();
    if (const auto reject = converter_->Convert(row, index, &events_, &origins_)) {
      rejects_.Add(*reject);
      return absl::OkStatus();
    }
    if (events_.empty()) ++summary_.skipped;
    return SendEvents(converter_->RowNumber(index));
  }

  absl::Status SendEvents(int64_t row) {
    if (!sender_) {
      summary_.imported += static_cast<int64_t>(events_.size());  // would be sent
      return absl::OkStatus();
    }
    Batch items;
    for (size_t i = 0; i < events_.size(); ++i) {
      items.push_back({row, std::move(events_[i]), std::move(origins_[i])});
    }
    return sender_->SendRow(std::move(items));
  }

  const config::v1::ImportMapping& mapping_;
  const std::string& path_;
  const ImportOptions& options_;
  RejectFile rejects_;
  std::optional<Sender> sender_;
  std::optional<Converter> converter_;
  std::vector<event::v1::IngestEvent> events_;
  std::vector<Origin> origins_;  // of events_
  ImportSummary summary_;
  int64_t size_ = 0;
  bool awaiting_header_ = true;
};

}  // namespace

std::string FileIdOf(const std::string& path) {
  const std::string name = std::filesystem::path(path).filename().string();
  return std::string(absl::StripSuffix(name, ".gz"));
}

absl::StatusOr<ImportSummary> ImportFile(client::Connection* connection,
                                         const config::v1::ImportMapping& mapping,
                                         const std::string& path, const ImportOptions& options) {
  return Import(options.dry_run ? nullptr : connection, mapping, path, options).Run();
}

}  // namespace dangol::import
