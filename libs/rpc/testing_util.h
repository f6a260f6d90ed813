// A server with an echo service, and raw health and reflection calls; for libs/rpc's own tests.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "dangol/testing/v1/echo.grpc.pb.h"
#include "libs/base/mutex.h"
#include "libs/obs/metrics.h"
#include "libs/rpc/client.h"
#include "libs/rpc/server.h"

namespace dangol::rpc {

class EchoRpc final : public testing::v1::EchoService::Service {
 public:
  explicit EchoRpc(const Guard* guard) : guard_(guard) {}

  grpc::Status Echo(grpc::ServerContext* context, const testing::v1::EchoRequest* request,
                    testing::v1::EchoResponse* response) override;
  grpc::Status EchoMany(grpc::ServerContext* context,
                        grpc::ServerReaderWriter<testing::v1::EchoResponse,
                                                 testing::v1::EchoRequest>* stream) override;

  void Require(Role role) { needed_ = role; }
  // Where the text "nested" calls on.
  void NestInto(std::shared_ptr<grpc::Channel> channel) { nested_ = std::move(channel); }
  int handled() const { return handled_; }
  void WaitUntilHeld(int calls);
  void Release();

 private:
  absl::Status Handle(Call& call, const testing::v1::EchoRequest& request,
                      testing::v1::EchoResponse* response);
  void Hold(const Call& call);

  const Guard* guard_;
  std::atomic<Role> needed_{Role::kReader};
  std::atomic<int> handled_{0};
  std::shared_ptr<grpc::Channel> nested_;
  Mutex mutex_;
  CondVar changed_;
  int held_ = 0;
  bool released_ = false;
};

// A started server; the test fails if it does not start.
class TestServer {
 public:
  explicit TestServer(const ServerOptions& options = {});
  ~TestServer();

  EchoRpc& echo() { return *echo_; }
  Server& server() { return *server_; }
  obs::Metrics& metrics() { return metrics_; }
  std::string target() const { return "127.0.0.1:" + std::to_string(port_); }
  int port() const { return port_; }

  // A channel to this server with `options`' other settings.
  std::shared_ptr<grpc::Channel> Channel(ClientOptions options = {}) const;

 private:
  obs::Metrics metrics_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<EchoRpc> echo_;
  int port_ = 0;
};

// Calls Echo with a deadline of 10 s.
absl::Status CallEcho(const std::shared_ptr<grpc::Channel>& channel,
                      const testing::v1::EchoRequest& request,
                      testing::v1::EchoResponse* response = nullptr);

// "SERVING", "NOT_SERVING", or the name of the error's code.
std::string HealthOf(const std::shared_ptr<grpc::Channel>& channel, const std::string& service);
// The raw answer to reflection's list of services.
std::string ReflectedServices(const std::shared_ptr<grpc::Channel>& channel);
// And to the question for the file that declares `symbol`.
std::string ReflectedFile(const std::shared_ptr<grpc::Channel>& channel, const std::string& symbol);

// A self-signed certificate for localhost and its key, as PEM.
struct PemPair {
  std::string certificate;
  std::string key;
};
PemPair MakeSelfSigned();

// Writes into the test's temporary directory and returns the path.
std::string WriteTemp(const std::string& name, const std::string& text);

}  // namespace dangol::rpc
