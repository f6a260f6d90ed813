// The example of docs/online-store.md, run by another team's Python against what the writer wrote.
#include <stdio.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "dangol/online/v1/views.pb.h"
#include "gtest/gtest.h"
#include "libs/online/keys.h"
#include "libs/online/testing/fixtures.h"
#include "libs/online/view_json.h"
#include "libs/online/view_writer.h"

namespace dangol::online {
namespace {

using testing::kPatience;
using testing::RedisServer;

constexpr Scope kScope{Service::kSegmentation, 0};
constexpr CustomerId kAnn = 0x018bcfe568000400;

// What is between ```python and ``` in the page.
std::string Example() {
  std::stringstream page;
  page << std::ifstream("docs/online-store.md").rdbuf();
  const std::string text = page.str(), begin = "```python\n";
  const size_t from = text.find(begin);
  if (from == std::string::npos) return "";
  return text.substr(from + begin.size(), text.find("```", from + 3) - from - begin.size());
}

std::string Output(const std::string& command) {
  std::string output;
  FILE* const pipe = popen(command.c_str(), "r");
  for (int c = fgetc(pipe); c != EOF; c = fgetc(pipe)) output.push_back(static_cast<char>(c));
  pclose(pipe);
  return output;
}

// Debian's own: another python3 may come first and lack the package.
std::string PythonWithRedis() {
  for (const std::string python : {"/usr/bin/python3", "python3"})
    if (Output(absl::StrCat(python, " -c 'import redis; print(1)' 2>/dev/null")) == "1\n")
      return python;
  return "";
}

class DocsTest : public testing::RedisTest {};

TEST_F(DocsTest, PythonReadsWhatWasWritten) {
  const std::string python = PythonWithRedis();
  if (python.empty()) {
    GTEST_SKIP() << "skipped: the online store's example needs python3-redis (make deps)";
  }
  RedisServer server;
  testing::CountingMetrics metrics;
  const auto writer = *ViewWriter::Create(server.settings(), {}, &metrics);
  writer->Open(kScope, "log");
  v1::Memberships memberships;
  auto* const one = memberships.add_memberships();
  one->set_segment("loyal");
  one->set_since_time_us(1'700'000'000'000'000);
  writer->Put(
      kScope, 1,
      {PutIdentifier("email:ann@example.org", kAnn),
       PutView(View::kMemberships, kAnn, *ToJson(memberships)), DeleteView(View::kContacts, kAnn)});
  ASSERT_TRUE(testing::Eventually([&] { return writer->Need(kScope).has_value(); }));
  ASSERT_TRUE(writer->FinishRewrite(kScope, writer->Need(kScope)->ticket, 1).ok());
  ASSERT_TRUE(writer->Await(kScope, kPatience));
  const std::string script = absl::StrCat(server.directory(), "/example.py");
  std::ofstream(script) << Example();
  EXPECT_EQ(Output(absl::StrCat("REDIS_PORT=", server.port(), " ", python, " ", script, " 2>&1")),
            "018bcfe568000400\nloyal since 1700000000\nNone {}\n");
}

}  // namespace
}  // namespace dangol::online
