#include "services/campaign/channels/webhook.h"

#include <curl/curl.h>

#include <deque>
#include <map>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "libs/base/clock.h"
#include "libs/base/mutex.h"
#include "nlohmann/json.hpp"
#include "services/campaign/domain/customer_ref.h"
#include "services/campaign/send_detail.h"

namespace dangol::campaign {
namespace {

constexpr size_t kReplyBytesMax = 64 << 10;
constexpr int kPollMs = 200;  // not_after is looked at this often when nothing happens

std::string Body(const Outgoing& item) {
  const v1::SendRequest& s = item.send;
  const nlohmann::json json = {{"contact_id", s.contact_id()},
                               {"customer", CustomerName(s.customer_id())},
                               {"campaign", s.campaign()},
                               {"wave", s.wave()},
                               {"cell", s.cell()},
                               {"treatment_code", s.treatment_code()},
                               {"offer", s.offer()},
                               {"content", s.content()},
                               {"address", item.address},
                               {"contact_time_us", s.contact_time_us()}};
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

struct Transfer {
  Outgoing item;
  std::string body;
  size_t sent = 0;  // of the body
  // The body was sent again: the receiver may have had it before the answer at hand.
  bool repeated = false;
  std::string reply;
  std::string message_id;
  CURL* easy = nullptr;
  curl_slist* headers = nullptr;

  ~Transfer() {
    curl_slist_free_all(headers);
    curl_easy_cleanup(easy);
  }
};

size_t GiveBody(char* into, size_t size, size_t n, void* user) {
  auto* transfer = static_cast<Transfer*>(user);
  const size_t given = transfer->body.copy(into, size * n, transfer->sent);
  transfer->sent += given;
  return given;
}

// Called when a kept connection turned out dead after (part of) the body had been sent.
int RewindBody(void* user, curl_off_t offset, int origin) {
  auto* transfer = static_cast<Transfer*>(user);
  if (origin != SEEK_SET || offset != 0) return CURL_SEEKFUNC_FAIL;
  transfer->repeated = transfer->repeated || transfer->sent > 0;
  transfer->sent = 0;
  return CURL_SEEKFUNC_OK;
}

size_t OnBody(char* data, size_t size, size_t n, void* user) {
  auto* transfer = static_cast<Transfer*>(user);
  if (transfer->reply.size() < kReplyBytesMax) transfer->reply.append(data, size * n);
  return size * n;
}

size_t OnHeader(char* data, size_t size, size_t n, void* user) {
  absl::string_view line(data, size * n);
  constexpr absl::string_view kName = "x-message-id:";
  if (absl::StartsWithIgnoreCase(line, kName)) {
    static_cast<Transfer*>(user)->message_id =
        std::string(absl::StripAsciiWhitespace(line.substr(kName.size())));
  }
  return size * n;
}

std::string MessageIdOf(const Transfer& transfer) {
  if (!transfer.message_id.empty()) return transfer.message_id;
  const auto json = nlohmann::json::parse(transfer.reply, nullptr, false);
  if (!json.is_object()) return "";
  for (const char* key : {"message_id", "id"}) {
    const auto it = json.find(key);
    if (it != json.end() && it->is_string()) return it->get<std::string>();
  }
  return "";
}

EffectResult ResultOf(const Transfer& transfer, CURLcode code) {
  CURL* easy = transfer.easy;
  long status = 0, request_bytes = 0;  // NOLINT: curl's types
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &request_bytes);
  if (code != CURLE_OK) {
    return request_bytes == 0 ? EffectResult::kFailed : EffectResult::kUnknown;
  }
  if (status >= 200 && status < 300) return EffectResult::kAccepted;
  const bool refused = status == 503 || (status >= 300 && status < 500);
  if (refused && !transfer.repeated) return EffectResult::kFailed;
  return EffectResult::kUnknown;
}

// A receiver that ends an idle connection may do so while a request is on its way. curl tries
// another by itself, but not where it learns of that while it sends the body. Connections are kept
// for receivers that deduplicate, and only for them (SetUp).
bool MetTheEndOfAKeptConnection(CURL* easy, CURLcode code) {
  if (code != CURLE_SEND_ERROR && code != CURLE_RECV_ERROR && code != CURLE_GOT_NOTHING) {
    return false;
  }
  long connects = 0, status = 0;  // NOLINT: curl's types
  curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &connects);
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  return connects == 0 && status == 0;
}

std::string DetailOf(CURL* easy, CURLcode code) {
  if (code != CURLE_OK) return curl_easy_strerror(code);
  long status = 0;  // NOLINT: curl's type
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  return status >= 200 && status < 300 ? "" : absl::StrCat("HTTP ", status);
}

void SetUp(Transfer* t) {
  const v1::WebhookChannel& hook = t->item.send.channel().webhook();
  CURL* easy = t->easy = curl_easy_init();
  t->body = Body(t->item);
  t->headers = curl_slist_append(nullptr, "Content-Type: application/json");
  t->headers = curl_slist_append(
      t->headers, absl::StrCat("Idempotency-Key: ", t->item.send.contact_id()).c_str());
  t->headers = curl_slist_append(t->headers, "Expect:");  // no 100-continue round trip
  const Micros timeout = hook.timeout_us() > 0 ? hook.timeout_us() : kWebhookTimeout;
  curl_easy_setopt(easy, CURLOPT_URL, hook.url().c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_POST, 1L);
  curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, static_cast<long>(t->body.size()));  // NOLINT
  curl_easy_setopt(easy, CURLOPT_READFUNCTION, GiveBody);
  curl_easy_setopt(easy, CURLOPT_READDATA, t);
  curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, RewindBody);
  curl_easy_setopt(easy, CURLOPT_SEEKDATA, t);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, t->headers);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(timeout / 1000));  // NOLINT
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, OnBody);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, t);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, OnHeader);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, t);
  curl_easy_setopt(easy, CURLOPT_PRIVATE, t);
  // curl repeats a request by itself when a kept connection turns out dead: only where the receiver
  // deduplicates may it keep connections (and RewindBody notes it).
  if (!hook.idempotent()) {
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
  }
}

}  // namespace

class Webhook::Loop {
 public:
  Loop() : multi_(curl_multi_init()), thread_([this] { Run(); }) {}

  ~Loop() {
    {
      MutexLock lock(mutex_);
      stopping_ = true;
    }
    curl_multi_wakeup(multi_);
    thread_.join();
    curl_multi_cleanup(multi_);
  }

  void Push(Outgoing item) {
    {
      MutexLock lock(mutex_);
      inbox_.push_back(std::move(item));
    }
    curl_multi_wakeup(multi_);
  }

 private:
  struct Lane {
    std::deque<Outgoing> waiting;
    int in_flight = 0;
  };

  void Run() {
    while (TakeInbox()) {
      for (auto& [name, lane] : lanes_) StartSome(&lane);
      int running = 0;
      curl_multi_perform(multi_, &running);
      FinishSome();
      curl_multi_poll(multi_, nullptr, 0, kPollMs, nullptr);
    }
    Abandon();
  }

  bool TakeInbox() {
    MutexLock lock(mutex_);
    for (Outgoing& item : inbox_) {
      lanes_[item.send.channel().name()].waiting.push_back(std::move(item));
    }
    inbox_.clear();
    return !stopping_;
  }

  void StartSome(Lane* lane) {
    const Micros now = SteadyMicros();
    while (!lane->waiting.empty()) {
      Outgoing& next = lane->waiting.front();
      const int limit = next.send.channel().webhook().max_in_flight();
      if (now <= next.not_after && lane->in_flight >= (limit > 0 ? limit : kWebhookInFlight)) {
        return;
      }
      Outgoing item = std::move(next);
      lane->waiting.pop_front();
      if (now > item.not_after) {
        item.Finish(EffectResult::kFailed, kNotStarted);
        continue;
      }
      auto transfer = std::make_unique<Transfer>();
      transfer->item = std::move(item);
      SetUp(transfer.get());
      curl_multi_add_handle(multi_, transfer->easy);
      ++lane->in_flight;
      transfers_[transfer->easy] = std::move(transfer);
    }
  }

  void FinishSome() {
    int left = 0;
    while (CURLMsg* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      CURL* easy = message->easy_handle;
      const CURLcode code = message->data.result;
      auto node = transfers_.extract(easy);
      Transfer& transfer = *node.mapped();
      curl_multi_remove_handle(multi_, easy);
      if (MetTheEndOfAKeptConnection(easy, code) && SteadyMicros() <= transfer.item.not_after) {
        Repeat(&transfer);
        transfers_.insert(std::move(node));
        continue;
      }
      --lanes_[transfer.item.send.channel().name()].in_flight;
      transfer.item.Finish(ResultOf(transfer, code), DetailOf(easy, code), MessageIdOf(transfer));
    }
    for (auto& [name, lane] : lanes_) StartSome(&lane);
  }

  // On a connection of its own, so once at most.
  void Repeat(Transfer* transfer) {
    transfer->repeated = true;
    transfer->sent = 0;
    curl_easy_setopt(transfer->easy, CURLOPT_FRESH_CONNECT, 1L);
    curl_multi_add_handle(multi_, transfer->easy);
  }

  void Abandon() {
    for (auto& [easy, transfer] : transfers_) {
      curl_multi_remove_handle(multi_, easy);
      transfer->item.Finish(EffectResult::kUnknown, "stopped while in flight");
    }
    transfers_.clear();
    for (auto& [name, lane] : lanes_) {
      for (Outgoing& item : lane.waiting) item.Finish(EffectResult::kFailed, kNotStarted);
    }
  }

  CURLM* const multi_;
  Mutex mutex_;
  std::vector<Outgoing> inbox_;  // guarded by mutex_
  bool stopping_ = false;        // guarded by mutex_
  std::map<std::string, Lane> lanes_;
  std::map<CURL*, std::unique_ptr<Transfer>> transfers_;
  std::thread thread_;  // last: everything it uses is there
};

Webhook::Webhook() {
  static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
  (void)initialised;
  loop_ = std::make_unique<Loop>();
}
Webhook::~Webhook() = default;

void Webhook::Send(Outgoing item) { loop_->Push(std::move(item)); }

}  // namespace dangol::campaign
