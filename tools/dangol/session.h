// One invocation of the CLI: global flags, the connection, output and the exit code.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/base/types.h"

namespace CLI {
class App;
}
namespace google::protobuf {
class Message;
}
namespace grpc {
class ClientContext;
class Status;
}  // namespace grpc
namespace dangol::client {
struct Connection;
}

namespace dangol::cli {

enum ExitCode { kOk = 0, kRefused = 1, kUsage = 2, kUnavailable = 3, kNotFound = 4 };

// Marks an error as the caller's own, found before the server was asked.
absl::Status Usage(const absl::Status& status);
int ExitCodeOf(const absl::Status& status);
// "error: …" with reason, fields and metadata, for people.
std::string Describe(const absl::Status& status);

// Not thread-safe. The action of exactly one subcommand runs.
class Session {
 public:
  Session();
  ~Session();
  // The global flags.
  void Declare(CLI::App& app);
  // What the subcommand does; kept by the app as its callback.
  void SetAction(CLI::App* command, std::function<absl::Status()> action);

  // Without waiting for a server. Owned by the session. An error is the caller's own (Usage).
  absl::StatusOr<client::Connection*> Open();
  // Connects, or UNAVAILABLE with what to do about it.
  absl::StatusOr<client::Connection*> Connect();
  // A read, or a call with a request id: repeated while the server is away, within --timeout.
  using Method = std::function<grpc::Status(client::Connection&, grpc::ClientContext*)>;
  absl::Status Call(const Method& method);
  // A fresh request id.
  static std::string RequestId();

  bool json() const { return output_ == "json"; }
  bool yaml() const { return output_ == "yaml"; }
  Micros timeout_us() const { return timeout_us_; }
  void set_patience(Micros us) { timeout_us_ = us; }
  // JSON on one line, or spread over several.
  void PrintJson(const google::protobuf::Message& message, bool one_line = false) const;

  // For commands whose answer is their exit code.
  void set_exit_code(int code) { exit_code_ = code; }
  // What main returns; prints the error.
  int Finish() const;

 private:
  absl::StatusOr<std::string> Token() const;

  std::string server_ = "127.0.0.1:7070", token_, token_file_, principal_, ca_;
  std::string timeout_ = "30s", output_ = "text";
  bool tls_ = false, connected_ = false;
  Micros timeout_us_ = 30 * kMicrosPerSecond;
  std::unique_ptr<client::Connection> connection_;
  absl::Status status_;
  int exit_code_ = 0;
};

}  // namespace dangol::cli
