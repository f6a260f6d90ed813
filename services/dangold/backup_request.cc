#include "services/dangold/backup_request.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "libs/backbone/embedded/backup.h"
#include "libs/base/clock.h"
#include "libs/base/files.h"
#include "libs/base/status.h"

namespace dangol {
namespace {

constexpr std::chrono::milliseconds kLookAgain(50);
constexpr char kOk[] = "ok ";

std::string RequestFile(const std::string& dir) { return dir + "/backup-request"; }
std::string AnswerFile(const std::string& dir) { return dir + "/backup-answer"; }

std::optional<std::string> Take(const std::string& path) {
  std::ifstream file(path);
  if (!file) return std::nullopt;
  std::stringstream text;
  text << file.rdbuf();
  std::error_code ignored;
  std::filesystem::remove(path, ignored);
  return text.str();
}

}  // namespace

std::string DescribeBackup(const BackupInfo& info, const std::string& dir) {
  return absl::StrCat("backup ", info.id, " in ", dir, ": ", info.files, " files, ",
                      info.bytes >> 10, " KiB");
}

std::optional<absl::Status> ServeBackupRequest(const std::string& data_dir, EmbeddedLog& log) {
  const std::optional<std::string> backup_dir = Take(RequestFile(data_dir));
  if (!backup_dir) return std::nullopt;
  const absl::StatusOr<BackupInfo> made = CreateBackup(log, *backup_dir);
  const std::string answer = made.ok() ? absl::StrCat(kOk, DescribeBackup(*made, *backup_dir))
                                       : std::string(made.status().message());
  ReplaceFile("data directory", AnswerFile(data_dir), answer)
      .IgnoreError();  // then the asker says that it waited
  return made.status();
}

absl::StatusOr<std::string> RequestBackup(const std::string& data_dir,
                                          const std::string& backup_dir, Micros patience) {
  Take(AnswerFile(data_dir));  // to an asker who left
  const std::string absolute = std::filesystem::absolute(backup_dir).string();
  DANGOL_RETURN_IF_ERROR(ReplaceFile("data directory", RequestFile(data_dir), absolute));
  const Micros give_up = SteadyMicros() + patience;
  while (SteadyMicros() < give_up) {
    if (const auto answer = Take(AnswerFile(data_dir))) {
      if (absl::StartsWith(*answer, kOk)) return answer->substr(sizeof(kOk) - 1);
      return absl::FailedPreconditionError(*answer);
    }
    std::this_thread::sleep_for(kLookAgain);
  }
  Take(RequestFile(data_dir));
  return absl::DeadlineExceededError(absl::StrCat(
      "the server of ", data_dir, " has not answered; is it dangold of this version?"));
}

}  // namespace dangol
