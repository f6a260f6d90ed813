// Who may call what: every RPC against every role, and the table against the services.
#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "gtest/gtest.h"
#include "libs/base/status.h"
#include "tests/integration/rpc_table.h"
#include "tests/integration/server.h"

namespace dangol::integration {
namespace {

class ContractTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { world_ = new World; }
  static void TearDownTestSuite() { delete world_; }
  static World* world_;
};
World* ContractTest::world_ = nullptr;

TEST_F(ContractTest, EveryRpcHasARow) {
  for (const auto* method : AllMethods()) {
    EXPECT_NE(FindRow(*method), nullptr)
        << PathOf(*method) << ": add a row to rpc_table.cc: its role, and a request it accepts";
  }
  EXPECT_EQ(RpcTable().size(), AllMethods().size()) << "a row for an RPC that is gone";
}

// The request has a field that no message has, so that nobody's call changes anything.
std::string Poisoned(const google::protobuf::MethodDescriptor& method) {
  auto request = RequestOf(method, "");
  request->GetReflection()->MutableUnknownFields(request.get())->AddVarint(19'000, 1);
  return request->SerializeAsString();
}

TEST_F(ContractTest, EveryRoleOpensItsOwnDoorsOnly) {
  const auto before = world_->StateHashes();
  for (const auto* method : AllMethods()) {
    const RpcRow* row = FindRow(*method);
    ASSERT_NE(row, nullptr) << PathOf(*method);
    for (int i = 0; i < rpc::kRoles; ++i) {
      const rpc::Role held = static_cast<rpc::Role>(i);
      const RawAnswer answer =
          CallRaw(world_->ChannelOf(held), PathOf(*method), {Poisoned(*method)});
      const bool allowed = held == row->role || held == rpc::Role::kAdmin;
      EXPECT_EQ(answer.status.code() == absl::StatusCode::kPermissionDenied, !allowed)
          << PathOf(*method) << " as " << std::string(RoleName(held)) << ": " << answer.status;
      EXPECT_NE(answer.status.code(), absl::StatusCode::kUnauthenticated);
      if (!allowed) {
        EXPECT_EQ(DetailOf(answer.status).reason, "ROLE_MISSING");
        EXPECT_TRUE(answer.has_error_info);
      }
    }
  }
  EXPECT_EQ(world_->StateHashes(), before);
}

TEST_F(ContractTest, WithoutATokenNothingOpens) {
  const std::pair<const char*, const char*> tokens[] = {{"", "TOKEN_MISSING"},
                                                        {"guessed", "TOKEN_UNKNOWN"}};
  for (const auto* method : AllMethods()) {
    for (const auto& [token, reason] : tokens) {
      const RawAnswer answer =
          CallRaw(world_->ChannelOf(token), PathOf(*method), {Poisoned(*method)});
      EXPECT_EQ(answer.status.code(), absl::StatusCode::kUnauthenticated)
          << PathOf(*method) << " with token '" << token << "': " << answer.status;
      EXPECT_EQ(DetailOf(answer.status).reason, reason);
      EXPECT_TRUE(answer.has_error_info);
    }
  }
}

// Without this, a mutation of an example could be refused for another reason.
TEST(ExamplesTest, EveryExampleIsAccepted) {
  World world;
  for (const RpcRow& row : RpcTable()) {
    const RawAnswer answer = world.Call(row.method, row.example);
    EXPECT_TRUE(answer.status.ok()) << row.method << ": " << answer.status;
    if (!row.per_item || answer.messages.empty()) continue;
    const auto* method = MethodAt(row.method);
    std::unique_ptr<google::protobuf::Message> response(
        google::protobuf::MessageFactory::generated_factory()
            ->GetPrototype(method->output_type())
            ->New());
    ASSERT_TRUE(response->ParseFromString(answer.messages[0]));
    const std::string text = response->ShortDebugString();
    EXPECT_TRUE(text.find("errors") == std::string::npos && text.find("code") == std::string::npos)
        << row.method << ": " << text;
  }
}

}  // namespace
}  // namespace dangol::integration
