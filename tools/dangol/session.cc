#include "tools/dangol/session.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fstream>
#include <iostream>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "libs/base/calendar.h"
#include "libs/base/status.h"
#include "tools/client/call.h"
#include "tools/client/connection.h"
#include "tools/dangol/json.h"

namespace dangol::cli {
namespace {

constexpr int kConnectMs = 5000;

}  // namespace

Session::Session() = default;
Session::~Session() = default;

void Session::Declare(CLI::App& app) {
  app.add_option("--server", server_, "host:port, or profile=host:port,segmentation=… of a cluster")
      ->envname("DANGOL_SERVER");
  app.add_option("--token", token_, "bearer token")->envname("DANGOL_TOKEN");
  app.add_option("--token-file", token_file_, "file that holds the token");
  app.add_option("--as", principal_, "act as this principal (servers in development mode)");
  app.add_flag("--tls", tls_, "encrypt; implied by --ca");
  app.add_option("--ca", ca_, "PEM file of the authority to trust")->envname("DANGOL_TLS_CA_FILE");
  app.add_option("--timeout", timeout_, "how long to wait for an answer, e.g. 30s or 10m")
      ->capture_default_str();
  app.add_option("-o,--output", output_,
                 "text, json (protobuf JSON; lists one a line) or yaml (get)")
      ->check(CLI::IsMember({"text", "json", "yaml"}))
      ->capture_default_str();
}

void Session::SetAction(CLI::App* command, std::function<absl::Status()> action) {
  command->callback([this, action = std::move(action)] {
    if (!status_.ok()) return;  // a parent runs after its subcommand and must not hide its error
    const absl::StatusOr<Micros> timeout = ParseDuration(timeout_);
    if (!timeout.ok()) {
      status_ = Usage(timeout.status());
      return;
    }
    timeout_us_ = *timeout;
    status_ = action();
  });
}

absl::StatusOr<std::string> Session::Token() const {
  if (token_file_.empty()) return token_;
  std::ifstream file(token_file_);
  std::string token;
  if (!std::getline(file, token)) {
    return Usage(BadField("--token-file", token_file_, "cannot be read", "name a readable file"));
  }
  return std::string(absl::StripAsciiWhitespace(token));
}

absl::StatusOr<client::Connection*> Session::Open() {
  if (connection_ != nullptr) return connection_.get();
  rpc::ClientOptions options;
  options.target = server_;
  DANGOL_ASSIGN_OR_RETURN(options.token, Token());
  options.principal = principal_;
  options.tls = tls_ || !ca_.empty();
  options.tls_ca_file = ca_;
  auto opened = client::Connection::Open(options);
  if (!opened.ok()) return Usage(opened.status());
  connection_ = *std::move(opened);
  return connection_.get();
}

absl::StatusOr<client::Connection*> Session::Connect() {
  DANGOL_ASSIGN_OR_RETURN(client::Connection * connection, Open());
  if (connected_) return connection;
  const int64_t wait_ms = std::min<int64_t>(kConnectMs, timeout_us_ / kMicrosPerMilli);
  const auto deadline =
      gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_millis(wait_ms, GPR_TIMESPAN));
  if (absl::Status ready = connection->AwaitReady(deadline); !ready.ok()) {
    return absl::UnavailableError(absl::StrCat(ready.message(), "; start one with: dangol serve"));
  }
  connected_ = true;
  return connection;
}

absl::Status Session::Call(const Method& method) {
  DANGOL_ASSIGN_OR_RETURN(client::Connection * connection, Connect());
  return client::Retrying(
      timeout_us_, [&](grpc::ClientContext* context) { return method(*connection, context); });
}

std::string Session::RequestId() { return rpc::RequestIdOrNew("").value_or(""); }

void Session::PrintJson(const google::protobuf::Message& message, bool one_line) const {
  std::cout << ToJson(message, one_line) << "\n";
}

int Session::Finish() const {
  if (status_.ok()) return exit_code_;
  std::cerr << Describe(status_);
  return ExitCodeOf(status_);
}

}  // namespace dangol::cli
