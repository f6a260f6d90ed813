// A small HTTP/1.1 server for operators: /metrics, /healthz, and pages that others add.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace dangol::obs {

class Metrics;

struct HttpRequest {
  std::string method;
  std::string path;
  std::multimap<std::string, std::string> query;
  std::multimap<std::string, std::string> headers;
  std::string body;
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
};

// None of these changes at run time.
struct HttpOptions {
  std::string host = "127.0.0.1";
  int port = 0;     // 0 takes a free port; Start() says which
  int threads = 4;  // requests served at once
  size_t body_bytes_max = 1 << 20;
};

// Thread safety: AddHandler before Start, from one thread; Stop from any thread.
class HttpServer {
 public:
  using Handler = std::function<HttpResponse(const HttpRequest&)>;
  using Health = std::function<std::string()>;

  // `metrics` must outlive the server. `why_not` is asked at each GET /healthz: "" is 200, anything
  // else 503 with that text. None always says yes. What `note` says, if anything, follows a yes.
  // Both run on the server's threads.
  HttpServer(HttpOptions options, const Metrics* metrics, Health why_not = nullptr,
             Health note = nullptr);
  ~HttpServer();  // stops
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // `path` is a regular expression for the whole path; `method` is GET or POST. Handlers run on
  // several threads at once; an exception from one becomes 500.
  void AddHandler(const std::string& method, const std::string& path, Handler handler);

  // Returns the bound port. UNAVAILABLE when the address is taken. Call once.
  absl::StatusOr<int> Start();
  // Finishes requests in flight. Idempotent.
  void Stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace dangol::obs
