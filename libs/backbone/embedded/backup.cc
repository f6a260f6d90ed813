#include "libs/backbone/embedded/backup.h"

#include <rocksdb/db.h>
#include <rocksdb/utilities/backup_engine.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "libs/backbone/embedded/database.h"
#include "libs/backbone/embedded/embedded_log.h"
#include "libs/base/status.h"

namespace dangol {
namespace {

namespace fs = std::filesystem;
using embedded::FromRocks;
using rocksdb::BackupEngine;
using rocksdb::BackupEngineReadOnly;

constexpr int kFormat = 1;
constexpr char kFormatFile[] = "dangol-backup-format";

bool IsEmptyOrNone(const std::string& dir) {
  std::error_code none;
  return !fs::exists(dir, none) || fs::is_empty(dir, none);
}

absl::Status CheckFormat(const std::string& dir) {
  std::ifstream file(dir + "/" + kFormatFile);
  std::string text;
  int format = 0;
  if (!std::getline(file, text) || !absl::SimpleAtoi(text, &format)) {
    return Precondition("NO_BACKUP", absl::StrCat(dir,
                                                  " is no backup folder of dangol; name one "
                                                  "that is, or for a first backup a new one"));
  }
  if (format <= kFormat) return absl::OkStatus();
  return Precondition("NEWER_FORMAT",
                      absl::StrCat(dir, " was written by a newer version, in format ", format,
                                   "; this one reads ", kFormat, ": use the newer version"));
}

absl::Status PrepareFolder(const std::string& dir) {
  if (!IsEmptyOrNone(dir)) return CheckFormat(dir);
  std::error_code error;
  fs::create_directories(dir, error);
  std::ofstream file(dir + "/" + kFormatFile);
  file << kFormat << "\n";
  file.close();
  if (error || file.fail()) {
    return BadField("backup folder", dir, "cannot be written", "name another");
  }
  return absl::OkStatus();
}

rocksdb::BackupEngineOptions Options(const std::string& dir) {
  rocksdb::BackupEngineOptions options(dir);
  options.sync = true;
  return options;
}

absl::StatusOr<std::unique_ptr<BackupEngineReadOnly>> OpenFolder(const std::string& dir) {
  DANGOL_RETURN_IF_ERROR(CheckFormat(dir));
  BackupEngineReadOnly* engine = nullptr;
  DANGOL_RETURN_IF_ERROR(
      FromRocks(BackupEngineReadOnly::Open(rocksdb::Env::Default(), Options(dir), &engine),
                absl::StrCat("opening ", dir)));
  return std::unique_ptr<BackupEngineReadOnly>(engine);
}

template <typename Engine>
absl::StatusOr<BackupInfo> Newest(Engine& engine, const std::string& dir) {
  std::vector<rocksdb::BackupInfo> all;
  engine.GetBackupInfo(&all);
  if (all.empty()) return NotFound("complete backup", dir);
  const rocksdb::BackupInfo& last = all.back();
  return BackupInfo{last.backup_id, last.timestamp, last.size, last.number_files};
}

absl::Status CheckBytes(BackupEngineReadOnly& engine, const BackupInfo& info,
                        const std::string& dir) {
  const rocksdb::Status read =
      engine.VerifyBackup(static_cast<rocksdb::BackupID>(info.id), /*verify_with_checksum=*/true);
  if (read.ok()) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("backup ", info.id, " of ", dir, " is damaged (",
                                          read.ToString(), "); take another"));
}

}  // namespace

absl::StatusOr<BackupInfo> CreateBackup(EmbeddedLog& log, const std::string& backup_dir) {
  DANGOL_RETURN_IF_ERROR(PrepareFolder(backup_dir));
  BackupEngine* opened = nullptr;
  DANGOL_RETURN_IF_ERROR(
      FromRocks(BackupEngine::Open(rocksdb::Env::Default(), Options(backup_dir), &opened),
                absl::StrCat("opening ", backup_dir)));
  const std::unique_ptr<BackupEngine> engine(opened);
  rocksdb::CreateBackupOptions options;
  options.flush_before_backup = true;  // of all families at one point; nothing rests on the WAL
  DANGOL_RETURN_IF_ERROR(log.database().Do(
      "writing a backup", [&](rocksdb::DB& db) { return engine->CreateNewBackup(options, &db); }));
  return Newest(*engine, backup_dir);
}

absl::StatusOr<BackupInfo> CheckBackup(const std::string& backup_dir) {
  DANGOL_ASSIGN_OR_RETURN(const auto engine, OpenFolder(backup_dir));
  DANGOL_ASSIGN_OR_RETURN(const BackupInfo info, Newest(*engine, backup_dir));
  DANGOL_RETURN_IF_ERROR(CheckBytes(*engine, info, backup_dir));
  return info;
}

absl::StatusOr<BackupInfo> RestoreBackup(const std::string& backup_dir,
                                         const std::string& data_dir) {
  if (!IsEmptyOrNone(data_dir)) {
    return Precondition("DIRECTORY_NOT_EMPTY", absl::StrCat(data_dir,
                                                            " holds something already; name a new "
                                                            "directory, or move it away"));
  }
  DANGOL_ASSIGN_OR_RETURN(const auto engine, OpenFolder(backup_dir));
  DANGOL_ASSIGN_OR_RETURN(const BackupInfo info, Newest(*engine, backup_dir));
  DANGOL_RETURN_IF_ERROR(CheckBytes(*engine, info, backup_dir));
  DANGOL_RETURN_IF_ERROR(FromRocks(
      engine->RestoreDBFromBackup(static_cast<rocksdb::BackupID>(info.id), data_dir, data_dir),
      absl::StrCat("restoring into ", data_dir)));
  return info;
}

}  // namespace dangol
