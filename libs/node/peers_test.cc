// Two instances over real gRPC: what one passes on, the other answers.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "absl/strings/str_cat.h"
#include "libs/backbone/testing/sim_log.h"
#include "libs/base/hash.h"
#include "libs/base/status.h"
#include "libs/node/grpc_peers.h"
#include "libs/node/scope_rpc.h"
#include "libs/obs/metrics.h"
#include "libs/rpc/server.h"
#include "libs/stream/rows.h"
#include "libs/stream/testing/toy.h"

namespace dangol::node {
namespace {

constexpr Scope kScope = {Service::kCampaign, 1};

Micros Soon() { return SteadyMicros() + 20 * kMicrosPerSecond; }

// An instance that owns everything and listens; peers that know its address and nothing else.
class PeersTest : public testing::Test {
 protected:
  PeersTest() {
    std::filesystem::create_directories(dir_);
    std::ofstream(tokens_) << "tokens:\n"
                           << Entry("peer", "PEER") << Entry("asker", "READER, TRACKER");
    RuntimeOptions options;
    options.workers = 1;
    owner_ = std::make_unique<Runtime>(&log_, &store_, &clock_, toy::Specs(&behaviour_), options);
    EXPECT_TRUE(owner_->Start().ok());
    rpc::ServerOptions server;
    server.token_file = tokens_;
    server_ = rpc::Server::Create(server, &metrics_).value();
    scopes_ = std::make_unique<ScopeRpc>(*owner_, kScope.service, server_->guard());
    server_->Register(scopes_.get(), stream::v1::ScopeService::service_full_name());
    port_ = server_->Start().value();
  }
  ~PeersTest() override {
    server_->Drain();
    owner_->Stop();
    std::filesystem::remove_all(dir_);
  }

  static std::string Entry(const std::string& token, const std::string& roles) {
    return absl::StrCat("  - {principal: ", token, ", roles: [", roles,
                        "], token_sha256: ", Sha256Hex(token), "}\n");
  }
  GrpcPeers PeersWith(const std::string& token) {
    rpc::ClientOptions options;
    options.token = token;
    return GrpcPeers(options, [this](Scope) { return absl::StrCat("127.0.0.1:", port_); });
  }

  const std::string dir_ = absl::StrCat(testing::TempDir(), "/peers", getpid());
  const std::string tokens_ = dir_ + "/tokens.yaml";
  SystemClock clock_;
  SimCheckpoints store_;
  SimLog log_{{.partitions = 2}};
  toy::Behaviour behaviour_;
  obs::Metrics metrics_;
  std::unique_ptr<Runtime> owner_;
  std::unique_ptr<rpc::Server> server_;
  std::unique_ptr<ScopeRpc> scopes_;
  int port_ = 0;
};

TEST_F(PeersTest, CommandsQuestionsAndTheirErrorsTravel) {
  GrpcPeers peers = PeersWith("peer");
  const Caller ann = {"ann", {"OPERATOR"}, "r1"};
  EXPECT_EQ(peers.Execute(kScope, "add", ann, Soon()).value(), "1");
  EXPECT_EQ(peers.Execute(kScope, "add", ann, Soon()).value(), "1") << "by its request id";
  EXPECT_EQ(peers.Execute(kScope, "fail", {"ann", {}, "r2"}, Soon()).status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(DetailOf(peers.Execute(kScope, "add", {"bob", {}, "r1"}, Soon()).status()).reason,
            "REQUEST_ID_REUSED");
  EXPECT_TRUE(peers.Ask(kScope, "stream.Row", std::string("\x08\x02\x12\x03sum", 7), Soon()).ok());
  EXPECT_EQ(peers.Ask(kScope, "none", "", Soon()).status().code(),
            absl::StatusCode::kUnimplemented);
}

TEST_F(PeersTest, OnlyAPeerMayAsk) {
  GrpcPeers peers = PeersWith("asker");
  EXPECT_EQ(peers.Ask(kScope, "stream.Row", "", Soon()).status().code(),
            absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(peers.Execute(kScope, "add", {"ann", {}, "r1"}, Soon()).status().code(),
            absl::StatusCode::kPermissionDenied);
}

TEST_F(PeersTest, AnInstanceThatIsGoneOwnsNothing) {
  GrpcPeers peers = PeersWith("peer");
  ASSERT_TRUE(peers.Execute(kScope, "add", {"ann", {}, "r1"}, Soon()).ok());
  server_->Drain();
  EXPECT_TRUE(IsNotOwned(peers.Execute(kScope, "add", {"ann", {}, "r2"}, Soon()).status()));
  GrpcPeers nobody(rpc::ClientOptions(),
                   [](Scope) { return absl::UnavailableError("nobody is known"); });
  EXPECT_TRUE(IsNotOwned(nobody.Ask(kScope, "stream.Row", "", Soon()).status()));
}

TEST_F(PeersTest, AScopeThatDoesNotExistIsNamed) {
  GrpcPeers peers = PeersWith("peer");
  for (const Scope scope : {Scope{Service::kOffer, 0}, Scope{Service::kCampaign, 9}}) {
    EXPECT_EQ(peers.Ask(scope, "stream.Row", "", Soon()).status().code(),
              absl::StatusCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace dangol::node
