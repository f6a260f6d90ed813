#include "libs/node/identity.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"

namespace dangol::node {
namespace {

class IdentityTest : public ::testing::Test {
 protected:
  IdentityTest() { std::filesystem::remove_all(directory_); }
  ~IdentityTest() override { std::filesystem::remove_all(directory_); }

  const std::string directory_ = absl::StrCat(::testing::TempDir(), "/identity_test/a");
};

TEST_F(IdentityTest, IsTheSameAfterARestart) {
  auto first = Identity::Open(directory_);
  ASSERT_TRUE(first.ok()) << first.status();
  const std::string id = (*first)->id();
  EXPECT_EQ(id.size(), 16u);
  first->reset();
  auto second = Identity::Open(directory_);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ((*second)->id(), id);
}

TEST_F(IdentityTest, OfAnotherDirectoryIsAnother) {
  auto one = Identity::Open(directory_);
  auto two = Identity::Open(directory_ + "/b");
  ASSERT_TRUE(one.ok() && two.ok());
  EXPECT_NE((*one)->id(), (*two)->id());
}

TEST_F(IdentityTest, OneProcessAtATime) {
  auto first = Identity::Open(directory_);
  ASSERT_TRUE(first.ok());
  const auto second = Identity::Open(directory_);
  EXPECT_EQ(DetailOf(second.status()).reason, "DIRECTORY_IN_USE");
}

TEST_F(IdentityTest, AHalfWrittenIdIsMadeAnew) {
  ASSERT_TRUE(Identity::Open(directory_).ok());
  std::ofstream(directory_ + "/instance") << "12";
  auto again = Identity::Open(directory_);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ((*again)->id().size(), 16u);
}

TEST_F(IdentityTest, ADirectoryThatCannotBeIsAnError) {
  EXPECT_EQ(Identity::Open("/proc/none/of/ours").status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace dangol::node
