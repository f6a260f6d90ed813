// Runs the kept corpus of every target: tests/fuzz/corpus/<target>/*.
#include <filesystem>
#include <fstream>
#include <sstream>

#include "gtest/gtest.h"
#include "tests/fuzz/fuzz.h"

namespace dangol::fuzz {
namespace {

std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

class CorpusTest : public testing::Test {
 public:
  CorpusTest(std::string name, Target target) : name_(std::move(name)), target_(target) {}
  void TestBody() override {
    const std::filesystem::path corpus = std::filesystem::path("tests/fuzz/corpus") / name_;
    ASSERT_TRUE(std::filesystem::is_directory(corpus)) << corpus << ": give it a seed";
    int files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(corpus)) {
      SCOPED_TRACE(entry.path().string());
      const std::string bytes = ReadFile(entry.path());
      target_(bytes);
      // Cut short: what was written half.
      for (size_t size = 0; size < bytes.size(); size += 1 + bytes.size() / 16) {
        target_(absl::string_view(bytes).substr(0, size));
      }
      ++files;
    }
    EXPECT_GT(files, 0) << corpus;
  }

 private:
  std::string name_;
  Target target_;
};

}  // namespace

Registration::Registration(const char* name, Target target) {
  testing::RegisterTest(
      "Corpus", name, nullptr, nullptr, __FILE__, __LINE__,
      [name, target]() -> testing::Test* { return new CorpusTest(name, target); });
}

}  // namespace dangol::fuzz
