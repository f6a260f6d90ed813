// Webhooks against a local server, file drops in a temporary directory.
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <future>
#include <sstream>
#include <thread>

#include "gtest/gtest.h"
#include "httplib.h"
#include "libs/base/clock.h"
#include "libs/base/mutex.h"
#include "nlohmann/json.hpp"
#include "services/campaign/channels/file_drop.h"
#include "services/campaign/channels/performer.h"
#include "services/campaign/channels/webhook.h"
#include "services/campaign/send_detail.h"

namespace dangol::campaign {
namespace {

namespace fs = std::filesystem;

std::string Id(int n) {
  char id[33];
  snprintf(id, sizeof id, "%032d", n);
  return id;
}

class Results {
 public:
  EffectPerformer::DoneFn Done() {
    return [this](const EffectDone& done) {
      MutexLock lock(mutex_);
      done_[done.id] = done;
      ++calls_;
      changed_.notify_all();
    };
  }
  EffectDone Wait(const std::string& id) {
    MutexLock lock(mutex_);
    changed_.wait(lock, [&] { return done_.count(id) > 0; });
    return done_[id];
  }
  int calls() {
    MutexLock lock(mutex_);
    return calls_;
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  std::map<std::string, EffectDone> done_;
  int calls_ = 0;
};

class Server {
 public:
  Server() {
    server.Post("/ok", [this](const httplib::Request& request, httplib::Response& response) {
      MutexLock lock(mutex);
      body = request.body;
      key = request.get_header_value("Idempotency-Key");
      response.set_header("X-Message-Id", "m-1");
    });
    server.Post("/json", [](const httplib::Request&, httplib::Response& response) {
      response.set_content(R"({"message_id":"m-2"})", "application/json");
    });
    for (const int status : {400, 429, 500, 503}) {
      server.Post("/" + std::to_string(status),
                  [status](const httplib::Request&, httplib::Response& response) {
                    response.status = status;
                  });
    }
    server.Post("/hang", [this](const httplib::Request&, httplib::Response&) {
      released.get_future().wait();
    });
    // Says that more is coming, then closes.
    server.Post("/reset", [](const httplib::Request&, httplib::Response& response) {
      response.set_content_provider(1000, "text/plain",
                                    [](size_t, size_t, httplib::DataSink&) { return false; });
    });
    port = server.bind_to_any_port("127.0.0.1");
    thread = std::thread([this] { server.listen_after_bind(); });
    while (!server.is_running()) std::this_thread::yield();
  }
  ~Server() {
    released.set_value();
    server.stop();
    thread.join();
  }
  std::string Url(const std::string& path) {
    return "http://127.0.0.1:" + std::to_string(port) + path;
  }

  httplib::Server server;
  Mutex mutex;
  std::string body, key;
  std::promise<void> released;
  int port = 0;
  std::thread thread;
};

// A provider with one thread and no library between it and the bytes.
class RawServer {
 public:
  explicit RawServer(std::function<void(RawServer&)> script)
      : listener_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(listener_, 8), 0);
    EXPECT_EQ(getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this, script = std::move(script)] { script(*this); });
  }
  ~RawServer() {
    shutdown(listener_, SHUT_RDWR);  // who never came is waited for no longer
    thread_.join();
    close(listener_);
  }
  std::string Url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/"; }

  int Accept() { return accept(listener_, nullptr, nullptr); }
  // Until the body has come: all bodies here end with a brace.
  static void ReadRequest(int connection) {
    std::string text;
    char buffer[4096];
    while (text.find("\r\n\r\n") == std::string::npos || text.back() != '}') {
      const ssize_t n = read(connection, buffer, sizeof buffer);
      if (n <= 0) return;
      text.append(buffer, static_cast<size_t>(n));
    }
  }
  // Takes one request, and keeps the connection.
  int ServeOne() {
    const int kept = Accept();
    ReadRequest(kept);
    Answer(kept, "200 OK");
    return kept;
  }
  static void Answer(int connection, const std::string& status) {
    const std::string text = "HTTP/1.1 " + status + "\r\nContent-Length: 0\r\n\r\n";
    EXPECT_EQ(write(connection, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }

 private:
  const int listener_;
  int port_ = 0;
  std::thread thread_;
};

Outgoing Post(int n, const std::string& url, Results* results) {
  Outgoing item;
  item.send.set_contact_id(Id(n));
  item.send.set_customer_id(7);
  item.send.set_campaign("win-back");
  item.send.set_content("Hello \"you\"");
  item.send.mutable_channel()->set_name("hook");
  item.send.mutable_channel()->mutable_webhook()->set_url(url);
  // The server's backlog is short, and a busy machine may make it drop a connection attempt once.
  const bool hangs = url.find("/hang") != std::string::npos;
  item.send.mutable_channel()->mutable_webhook()->set_timeout_us(hangs ? 300 * kMicrosPerMilli
                                                                       : 20 * kMicrosPerSecond);
  item.send.mutable_channel()->mutable_webhook()->set_max_in_flight(4);
  item.address = "a@b.c";
  item.done = results->Done();
  return item;
}

TEST(WebhookTest, WhatAnAnswerMeans) {
  Server server;
  Results results;
  Webhook webhook;
  const std::map<std::string, EffectResult> expected = {
      {"/ok", EffectResult::kAccepted},  {"/json", EffectResult::kAccepted},
      {"/400", EffectResult::kFailed},   {"/429", EffectResult::kFailed},
      {"/503", EffectResult::kFailed},   {"/500", EffectResult::kUnknown},
      {"/hang", EffectResult::kUnknown}, {"/reset", EffectResult::kUnknown},
  };
  int n = 0;
  for (const auto& [path, result] : expected) webhook.Send(Post(++n, server.Url(path), &results));
  n = 0;
  for (const auto& [path, result] : expected) {
    const EffectDone done = results.Wait(Id(++n));
    EXPECT_EQ(done.result, result) << path << ": " << done.detail;
    if (path == "/json") {
      EXPECT_EQ(done.provider_message_id, "m-2");
    }
    if (path == "/ok") {
      EXPECT_EQ(done.provider_message_id, "m-1");
      MutexLock lock(server.mutex);
      EXPECT_EQ(server.key, Id(n));
      const auto json = nlohmann::json::parse(server.body);
      EXPECT_EQ(json["customer"], "customers/0000000000000007");
      EXPECT_EQ(json["address"], "a@b.c");
    }
  }
  EXPECT_EQ(results.calls(), static_cast<int>(expected.size()));
}

TEST(WebhookTest, NobodyListeningIsADefiniteFailure) {
  int port = 0;
  {
    Server gone;
    port = gone.port;
  }
  Results results;
  Webhook webhook;
  webhook.Send(Post(1, "http://127.0.0.1:" + std::to_string(port) + "/ok", &results));
  EXPECT_EQ(results.Wait(Id(1)).result, EffectResult::kFailed);
}

TEST(WebhookTest, NothingBeginsAfterItsTime) {
  Server server;
  Results results;
  Webhook webhook;
  Outgoing late = Post(1, server.Url("/ok"), &results);
  late.not_after = SteadyMicros() - 1;
  webhook.Send(std::move(late));
  const EffectDone done = results.Wait(Id(1));
  EXPECT_EQ(done.result, EffectResult::kFailed);
  EXPECT_EQ(done.detail, kNotStarted);
  MutexLock lock(server.mutex);
  EXPECT_EQ(server.body, "");
}

// What becomes of the second of two posts to a receiver that deduplicates.
EffectDone SecondOfTwo(const RawServer& provider, const std::string& content) {
  Results results;
  Webhook webhook;
  EffectDone done;
  for (int n : {1, 2}) {
    Outgoing post = Post(n, provider.Url(), &results);
    post.send.mutable_channel()->mutable_webhook()->set_idempotent(true);
    if (n == 2) post.send.set_content(content);
    webhook.Send(std::move(post));
    done = results.Wait(Id(n));
    if (n == 1) {
      EXPECT_EQ(done.result, EffectResult::kAccepted) << done.detail;
    }
  }
  return done;
}

// Found by tests/crash/kill_rounds.py: the first of the two had perhaps been delivered, and the
// contact was not counted.
TEST(WebhookTest, ARefusalAfterAHangUpOnAKeptConnectionIsAmbiguous) {
  RawServer provider([](RawServer& server) {
    const int kept = server.ServeOne();
    RawServer::ReadRequest(kept);
    close(kept);
    const int fresh = server.Accept();  // curl's own second try
    RawServer::ReadRequest(fresh);
    RawServer::Answer(fresh, "503 Unavailable");
    close(fresh);
  });
  EXPECT_EQ(SecondOfTwo(provider, "Hello").result, EffectResult::kUnknown);
}

// A receiver that ends idle connections does so at times while the next request is on its way.
TEST(WebhookTest, BugASendThatMetTheEndOfAKeptConnectionWasUnknown) {
  RawServer provider([](RawServer& server) {
    const int kept = server.ServeOne();
    char first = 0;
    EXPECT_EQ(read(kept, &first, 1), 1);
    const linger at_once{1, 0};
    EXPECT_EQ(setsockopt(kept, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
    close(kept);  // as if it had been closed before: what came is answered by a reset
    close(server.ServeOne());
  });
  const std::string more_than_the_sockets_hold(8 << 20, 'x');
  const EffectDone done = SecondOfTwo(provider, more_than_the_sockets_hold);
  EXPECT_EQ(done.result, EffectResult::kAccepted) << done.detail;
}

class FileDropTest : public testing::Test {
 protected:
  FileDropTest() {
    std::string name = ::testing::TempDir() + "/dangol-drop-XXXXXX";
    root_ = mkdtemp(name.data());
  }
  ~FileDropTest() override { fs::remove_all(root_); }

  Outgoing Row(int n, const std::string& directory = "printer") {
    Outgoing item;
    item.send.set_contact_id(Id(n));
    item.send.set_campaign("win-back");
    item.send.set_wave("w1");
    item.send.set_content("=HYPERLINK(\"x\")");
    item.send.mutable_channel()->set_name("printer");
    item.send.mutable_channel()->mutable_file_drop()->set_directory(directory);
    item.address = "+821012345678";
    item.done = results_.Done();
    return item;
  }
  std::vector<std::string> Files() {
    std::vector<std::string> names;
    for (const auto& e : fs::recursive_directory_iterator(root_)) {
      if (e.is_regular_file()) names.push_back(e.path().filename());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  std::string root_;
  Results results_;
};

TEST_F(FileDropTest, WritesACompleteFileOfItsRows) {
  FileDrop drop(root_);
  drop.Write(3, {Row(1), Row(2)});
  EXPECT_EQ(results_.Wait(Id(1)).result, EffectResult::kAccepted);
  EXPECT_EQ(results_.Wait(Id(2)).result, EffectResult::kAccepted);
  const std::string name = "win-back-w1-p3-000000000000-a1.csv";
  ASSERT_EQ(Files(), std::vector<std::string>{name});
  std::ifstream in(root_ + "/printer/" + name);
  std::stringstream text;
  text << in.rdbuf();
  EXPECT_EQ(FirstFields(text.str()), (std::vector<std::string>{"contact_id", Id(1), Id(2)}));
  EXPECT_NE(text.str().find(",+821012345678,"), std::string::npos);
  EXPECT_NE(text.str().find(",\"'=HYPERLINK(\"\"x\"\")\","), std::string::npos);
}

TEST_F(FileDropTest, RecoveryWritesOnlyWhatIsNotOutYet) {
  FileDrop drop(root_);
  drop.Write(3, {Row(1), Row(2)});
  std::ofstream(root_ + "/printer/.win-back-w1-p3-x-a1.csv.part") << "torn";
  const auto missing = drop.TakeWritten(3, {Row(1), Row(2), Row(3)});
  ASSERT_EQ(missing.size(), 1u);
  EXPECT_EQ(missing[0].send.contact_id(), Id(3));
  EXPECT_EQ(Files().size(), 1u);                        // the torn one is gone
  EXPECT_EQ(drop.TakeWritten(4, {Row(1)}).size(), 1u);  // another partition's files say nothing
}

TEST_F(FileDropTest, NeverReplacesAFile) {
  FileDrop drop(root_);
  drop.Write(3, {Row(1)});
  drop.Write(3, {Row(1)});
  EXPECT_EQ(results_.Wait(Id(1)).result, EffectResult::kFailed);
  EXPECT_EQ(Files().size(), 1u);
}

TEST_F(FileDropTest, StaysUnderItsRoot) {
  FileDrop drop(root_ + "/drop");
  fs::create_directories(root_ + "/drop");
  drop.Write(3, {Row(1, "../elsewhere")});
  EXPECT_EQ(results_.Wait(Id(1)).result, EffectResult::kFailed);
  EXPECT_TRUE(Files().empty());
}

TEST(Csv, QuotesAndDefusesFormulas) {
  EXPECT_EQ(CsvField("plain"), "plain");
  EXPECT_EQ(CsvField("a,b"), "\"a,b\"");
  EXPECT_EQ(CsvField("say \"hi\""), "\"say \"\"hi\"\"\"");
  EXPECT_EQ(CsvField("=1+1"), "'=1+1");
  EXPECT_EQ(CsvField("@x"), "'@x");
  EXPECT_EQ(CsvField("-5"), "-5");
  EXPECT_EQ(FirstFields("a,\"x\ny\"\r\n\"b\",c\r\n"), (std::vector<std::string>{"a", "b"}));
}

class Addresses : public AddressResolver {
 public:
  absl::StatusOr<std::vector<std::string>> Resolve(v1::AddressKind,
                                                   const std::vector<CustomerId>& ids) override {
    MutexLock lock(mu);
    ++calls;
    changed.notify_all();
    changed.wait(lock, [this] { return !blocked; });
    if (down) return absl::UnavailableError("down");
    std::vector<std::string> result;
    result.reserve(ids.size());
    for (const CustomerId id : ids) result.push_back(id == 2 ? "" : "x@y.z");
    return result;
  }
  std::atomic<bool> down = false;
  Mutex mu;
  CondVar changed;
  int calls = 0;         // guarded by mu
  bool blocked = false;  // guarded by mu: nobody is answered
};

TEST_F(FileDropTest, ThePerformerResolvesAddressesInOneGo) {
  auto owned = std::make_unique<Addresses>();
  Addresses& addresses = *owned;
  CampaignPerformer performer({root_}, std::move(owned));
  std::vector<Effect> effects;
  for (int n = 1; n <= 3; ++n) {
    v1::SendRequest send = Row(n).send;
    send.set_customer_id(n);
    send.mutable_channel()->set_address(v1::ADDRESS_KIND_EMAIL);
    effects.push_back({Id(n), "printer", send.SerializeAsString(), 1});
  }
  const Scope scope{Service::kCampaign, 5};
  performer.Perform(scope, effects, kNever, results_.Done());
  EXPECT_EQ(results_.Wait(Id(1)).result, EffectResult::kAccepted);
  EXPECT_EQ(results_.Wait(Id(2)).detail, kNoAddress);
  // Recovered: what is out needs no address.
  addresses.down = true;
  Results again;
  performer.Recover(scope, {effects[0], effects[1]}, again.Done());
  EXPECT_EQ(again.Wait(Id(1)).result, EffectResult::kAccepted);
  EXPECT_EQ(again.Wait(Id(2)).result, EffectResult::kFailed);
}

// A look-up waits for the disk: cycle after cycle, each with one, sends fell seconds behind.
TEST_F(FileDropTest, BugEachCyclesSendsWaitedForALookUpOfTheirOwn) {
  auto owned = std::make_unique<Addresses>();
  Addresses& addresses = *owned;
  addresses.blocked = true;
  CampaignPerformer performer({root_}, std::move(owned));
  for (int n = 3; n <= 8; ++n) {
    v1::SendRequest send = Row(n).send;
    send.mutable_channel()->set_address(v1::ADDRESS_KIND_EMAIL);
    performer.Perform({Service::kCampaign, static_cast<Partition>(n)},
                      {{Id(n), "printer", send.SerializeAsString(), 1}}, kNever, results_.Done());
    MutexLock lock(addresses.mu);
    addresses.changed.wait(lock, [&] { return addresses.calls > 0; });  // the first is asked for
  }
  {
    MutexLock lock(addresses.mu);
    addresses.blocked = false;
    addresses.changed.notify_all();
  }
  for (int n = 3; n <= 8; ++n) EXPECT_EQ(results_.Wait(Id(n)).result, EffectResult::kAccepted);
  MutexLock lock(addresses.mu);
  EXPECT_EQ(addresses.calls, 2);
}

}  // namespace
}  // namespace dangol::campaign
