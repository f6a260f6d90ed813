#include "libs/online/testing/redis_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <thread>

#include "absl/strings/str_cat.h"
#include "libs/base/clock.h"

namespace dangol::online::testing {
namespace {

// DANGOL_TEST_REDIS_SERVER: another program that is started like it, such as Valkey's.
const char* Binary() {
  const char* other = std::getenv("DANGOL_TEST_REDIS_SERVER");
  return other != nullptr ? other : "/usr/bin/redis-server";
}

std::string NewDirectory() {
  std::string path = std::filesystem::temp_directory_path() / "dangol-redis-XXXXXX";
  if (mkdtemp(path.data()) == nullptr) abort();
  return path;
}

// Runs the server until this process ends, however it does.
int Spawn(const std::vector<std::string>& arguments, const std::string& log) {
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  const pid_t pid = fork();
  if (pid != 0) return pid;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  dup2(out, 1);
  dup2(out, 2);
  execv(argv[0], argv.data());
  _exit(127);
}

}  // namespace

bool HaveRedis() { return access(Binary(), X_OK) == 0; }

bool Eventually(const std::function<bool()>& condition) {
  const Micros deadline = SteadyMicros() + kPatience;
  while (!condition()) {
    if (SteadyMicros() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

int FreePort() {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    abort();
  close(fd);
  return ntohs(address.sin_port);
}

RedisServer::RedisServer(std::vector<std::string> arguments)
    : arguments_(std::move(arguments)), directory_(NewDirectory()), port_(FreePort()) {
  Start();
}

RedisServer::~RedisServer() {
  Kill();
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

void RedisServer::Start() {
  std::vector<std::string> all = {
      Binary(), "--port", absl::StrCat(port_), "--bind", "127.0.0.1",   "--dir", directory_,
      "--save", "",       "--appendonly",      "no",     "--daemonize", "no"};
  all.insert(all.end(), arguments_.begin(), arguments_.end());
  pid_ = Spawn(all, absl::StrCat(directory_, "/log"));
  if (Eventually([this] { return Ready(); })) return;
  std::cerr << "redis-server does not start: "
            << std::ifstream(absl::StrCat(directory_, "/log")).rdbuf() << std::endl;
  abort();
}

bool RedisServer::Ready() {
  const absl::StatusOr<Reply> reply = Try({"PING"});
  // A server with a password is as ready.
  return reply.ok() || absl::IsUnauthenticated(reply.status());
}

void RedisServer::Kill() {
  if (pid_ < 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void RedisServer::Freeze() { kill(pid_, SIGSTOP); }
void RedisServer::Thaw() { kill(pid_, SIGCONT); }

absl::StatusOr<Reply> RedisServer::Try(const std::vector<std::string>& arguments) {
  const Settings settings;
  const Micros deadline = SteadyMicros() + 5 * kMicrosPerSecond;
  auto connection = Connection::Open({"127.0.0.1", port_}, settings, nullptr, deadline);
  if (!connection.ok()) return connection.status();
  return (*connection)
      ->Call(std::vector<absl::string_view>(arguments.begin(), arguments.end()), deadline);
}

Reply RedisServer::Do(const std::vector<std::string>& arguments) {
  absl::StatusOr<Reply> reply = Try(arguments);
  if (reply.ok()) return *std::move(reply);
  std::cerr << arguments[0] << ": " << reply.status() << std::endl;
  abort();
}

std::string RedisServer::address() const { return absl::StrCat("127.0.0.1:", port_); }

Settings RedisServer::settings() const { return {.nodes = {address()}}; }

}  // namespace dangol::online::testing
