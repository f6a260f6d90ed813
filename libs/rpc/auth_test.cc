#include "libs/rpc/auth.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/hash.h"
#include "libs/base/status.h"
#include "libs/rpc/address.h"
#include "libs/rpc/client.h"

namespace dangol::rpc {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string Entry(const std::string& principal, const std::string& token,
                  const std::string& roles) {
  return "{\"principal\": \"" + principal + "\", \"token_sha256\": \"" + Sha256Hex(token) +
         "\", \"roles\": [" + roles + "]}\n";
}

TEST(Authenticator, ReadsYamlAndJsonLines) {
  const std::string yaml = "tokens:\n  - principal: kim\n    token_sha256: " + Sha256Hex("t1") +
                           "\n    roles: [planner, READER]\n";
  const std::string lines =
      Entry("lee", "other", "\"ADMIN\"") + "\n" + Entry("kim", "t1", "\"PLANNER\", \"READER\"");
  for (const std::string& text : {yaml, lines}) {
    const auto auth = Authenticator::FromText("tokens", text);
    ASSERT_TRUE(auth.ok()) << auth.status();
    const auto principal = (*auth)->Authenticate("Bearer t1", "root");
    ASSERT_TRUE(principal.ok()) << principal.status();
    EXPECT_EQ(principal->name, "kim");
    EXPECT_EQ(principal->roles.ToString(), "READER, PLANNER");
    EXPECT_TRUE(principal->roles.Has(Role::kPlanner));
    EXPECT_FALSE(principal->roles.Has(Role::kApprover));
    EXPECT_FALSE((*auth)->development());
  }
}

TEST(Authenticator, RefusesWhatIsNotAToken) {
  const auto auth = Authenticator::FromText("tokens", Entry("kim", "t1", "\"READER\""));
  ASSERT_TRUE(auth.ok());
  EXPECT_TRUE((*auth)->Authenticate("bearer t1", "").ok());
  for (const std::string header :
       {"", "Bearer", "Bearer ", "Bearer t2", "Bearer T1", "Basic t1", "t1", "Bearer t1 t1"}) {
    EXPECT_EQ((*auth)->Authenticate(header, "kim").status().code(),
              absl::StatusCode::kUnauthenticated)
        << header;
  }
  // The hash is not a password for itself.
  EXPECT_FALSE((*auth)->Authenticate("Bearer " + Sha256Hex("t1"), "").ok());
}

TEST(Authenticator, InternalTokensDiffer) {
  const auto one = Authenticator::FromText("tokens", Entry("kim", "t1", "\"READER\""));
  const auto two = Authenticator::FromText("tokens", Entry("kim", "t1", "\"READER\""));
  ASSERT_TRUE(one.ok() && two.ok());
  EXPECT_EQ((*one)->internal_token().size(), 64u);
  EXPECT_TRUE((*one)->Authenticate("Bearer " + (*one)->internal_token(), "offer").ok());
  EXPECT_FALSE((*two)->Authenticate("Bearer " + (*one)->internal_token(), "offer").ok());
}

TEST(TokenFile, ErrorsNameFileEntryAndField) {
  struct Case {
    std::string text;
    const char* message;
  };
  const std::string good = Entry("kim", "t1", "\"READER\"");
  for (const Case& c :
       {Case{good + Entry("", "t2", "\"READER\""), "f: tokens[1].principal: \"\" is not"},
        Case{Entry("kim", "t1", "\"REDER\""),
             "f: tokens[0].roles: \"REDER\" is not a role; did "
             "you mean READER?"},
        Case{Entry("kim", "t1", ""), "f: tokens[0].roles: \"\" is empty"},
        Case{good + good, "f: tokens[1].token_sha256: \"…\" is there twice"},
        Case{"tokens:\n  - principle: kim\n", "f:2:5: tokens[0].principle: is not a field"},
        Case{"tokens: []\n", "f: tokens: \"\" is empty"},
        Case{good + "\n{\"prncipal\": \"x\"}\n", "f:3:"}}) {
    const auto auth = Authenticator::FromText("f", c.text);
    EXPECT_EQ(auth.status().code(), absl::StatusCode::kInvalidArgument) << c.text;
    EXPECT_THAT(std::string(auth.status().message()), HasSubstr(c.message));
  }
}

TEST(TokenFile, NeverRepeatsWhatMayBeAToken) {
  const auto auth = Authenticator::FromText(
      "f", "tokens:\n  - principal: kim\n    token_sha256: hunter2\n    roles: [READER]\n");
  EXPECT_THAT(auth.status().ToString(), Not(HasSubstr("hunter2")));
}

TEST(Client, KeepsTokensOffPlainTextNetworks) {
  ClientOptions options;
  options.token = "secret";
  for (const char* far : {"example.com:7070", "10.0.0.1:7070", "dns:///db:1", "[2001:db8::1]:1",
                          "localhost.example.com:1", "ipv4:10.0.0.1:7070"}) {
    options.target = far;
    EXPECT_EQ(MakeChannel(options).status().code(), absl::StatusCode::kInvalidArgument) << far;
  }
  for (const char* near : {"127.0.0.1:7070", "localhost:1", "[::1]:1", "dns:///localhost:1"}) {
    options.target = near;
    EXPECT_TRUE(MakeChannel(options).ok()) << near;
  }
  options.target = "example.com:7070";
  options.tls = true;
  EXPECT_TRUE(MakeChannel(options).ok());
}

TEST(Address, JoinsAndTakesApart) {
  EXPECT_EQ(JoinHostPort("::1", 5), "[::1]:5");
  EXPECT_EQ(HostOf(JoinHostPort("::1", 5)), "::1");
  EXPECT_EQ(HostOf("a:1"), "a");
  EXPECT_FALSE(IsLoopback("1270.0.0.1"));
  EXPECT_FALSE(IsLoopback("::"));
}

}  // namespace
}  // namespace dangol::rpc
