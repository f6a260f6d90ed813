#include "tools/loadgen/server_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "libs/base/clock.h"
#include "libs/base/status.h"

namespace dangol::loadgen {
namespace {

constexpr Micros kStartTimeout = 2 * kMicrosPerMinute;
constexpr int kMostRestarts = 1'000;
constexpr absl::Duration kPoll = absl::Milliseconds(10);

std::string PortFile(const std::string& data_dir) { return data_dir + "/ports"; }

std::string Tail(const std::string& path) {
  std::ifstream file(path);
  std::string line, tail;
  while (std::getline(file, line)) tail = line;
  return tail;
}

}  // namespace

std::string ServerProcess::target() const { return absl::StrCat("127.0.0.1:", port_); }

absl::StatusOr<pid_t> ServerProcess::Launch() {
  std::error_code error;
  std::filesystem::create_directories(options_.data_dir, error);
  std::filesystem::remove(PortFile(options_.data_dir), error);
  std::vector<std::string> args = {
      options_.binary, "--data-dir=" + options_.data_dir, absl::StrCat("--port=", port_),
      absl::StrCat("--metrics-port=", metrics_port_), "--port-file=" + PortFile(options_.data_dir)};
  if (!options_.start_time.empty()) {
    args.insert(args.end(), {"--clock=virtual", "--start=" + options_.start_time});
  }
  args.insert(args.end(), options_.more_flags.begin(), options_.more_flags.end());
  std::vector<char*> argv;
  for (std::string& arg : args) argv.push_back(arg.data());
  argv.push_back(nullptr);

  const pid_t pid = fork();
  if (pid < 0) return absl::UnavailableError("fork failed");
  if (pid == 0) {
    const int log = open(options_.log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
    dup2(log, 1);
    dup2(log, 2);
    execv(argv[0], argv.data());
    _exit(127);
  }
  return pid;
}

absl::Status ServerProcess::WaitForPorts(pid_t pid) {
  const Micros end = SteadyMicros() + kStartTimeout;
  while (SteadyMicros() < end) {
    std::ifstream file(PortFile(options_.data_dir));
    if (file >> port_ >> metrics_port_) return absl::OkStatus();
    int state = 0;
    if (waitpid(pid, &state, WNOHANG) == pid) break;
    absl::SleepFor(kPoll);
  }
  return absl::UnavailableError(
      absl::StrCat(options_.binary, " did not start: ", Tail(options_.log_file)));
}

absl::Status ServerProcess::Start() {
  DANGOL_ASSIGN_OR_RETURN(const pid_t pid, Launch());
  DANGOL_RETURN_IF_ERROR(WaitForPorts(pid));
  pid_ = pid;
  stopping_ = false;  // it may be started again
  watcher_ = std::thread([this] { Watch(); });
  return absl::OkStatus();
}

void ServerProcess::Watch() {
  while (!stopping_) {
    int state = 0;
    const pid_t dead = waitpid(pid_, &state, WNOHANG);
    if (dead == 0) {
      absl::SleepFor(kPoll);
      continue;
    }
    if (stopping_ || ++restarts_ > kMostRestarts) return;
    const auto next = Launch();
    if (!next.ok()) return;
    pid_ = *next;
    // One that dies while it starts is started again, too.
    WaitForPorts(*next).IgnoreError();
  }
}

void ServerProcess::Stop() {
  if (stopping_.exchange(true) || pid_ == 0) return;
  if (watcher_.joinable()) watcher_.join();
  kill(pid_, SIGTERM);
  int state = 0;
  waitpid(pid_, &state, 0);
}

}  // namespace dangol::loadgen
