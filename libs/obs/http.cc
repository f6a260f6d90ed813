#include "libs/obs/http.h"

#include <atomic>
#include <exception>
#include <thread>

#include "absl/strings/str_cat.h"
#include "httplib.h"
#include "libs/obs/log.h"
#include "libs/obs/metrics.h"

namespace dangol::obs {
namespace {

constexpr char kText[] = "text/plain; charset=utf-8";
constexpr int kTimeoutSeconds = 10;

HttpRequest FromHttplib(const httplib::Request& request) {
  HttpRequest result;
  result.method = request.method;
  result.path = request.path;
  result.query.insert(request.params.begin(), request.params.end());
  result.headers.insert(request.headers.begin(), request.headers.end());
  result.body = request.body;
  return result;
}

httplib::Server::Handler Adapt(HttpServer::Handler handler) {
  return [handler = std::move(handler)](const httplib::Request& request, httplib::Response& reply) {
    const HttpResponse response = handler(FromHttplib(request));
    reply.status = response.status;
    reply.set_content(response.body, response.content_type.c_str());
  };
}

void OnException(const httplib::Request& request, httplib::Response& reply,
                 std::exception_ptr error) {
  std::string what = "unknown exception";
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& e) {
    what = e.what();
  } catch (...) {
  }
  Log(Level::kError, "http handler failed", {{"path", request.path}, {"error", what}});
  reply.status = 500;
  reply.set_content("internal error\n", kText);
}

}  // namespace

struct HttpServer::Impl {
  HttpOptions options;
  httplib::Server server;
  std::thread thread;
  std::atomic<bool> stopped{false};
  socket_t listener = INVALID_SOCKET;
};

HttpServer::HttpServer(HttpOptions options, const Metrics* metrics, Health why_not, Health note)
    : impl_(std::make_unique<Impl>()) {
  impl_->options = std::move(options);
  httplib::Server& server = impl_->server;
  const int threads = impl_->options.threads;
  server.new_task_queue = [threads] { return new httplib::ThreadPool(threads); };
  server.set_payload_max_length(impl_->options.body_bytes_max);
  server.set_read_timeout(kTimeoutSeconds);
  server.set_write_timeout(kTimeoutSeconds);
  server.set_tcp_nodelay(true);
  server.set_keep_alive_max_count(1'000);
  server.set_keep_alive_timeout(1);  // an idle scraper must not hold one of few threads
  server.set_exception_handler(OnException);
  // httplib's default shares the port between processes, which hides a second one.
  server.set_socket_options([impl = impl_.get()](socket_t socket) {
    const int yes = 1;
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    impl->listener = socket;
  });
  AddHandler("GET", "/metrics", [metrics](const HttpRequest&) {
    return HttpResponse{200, "text/plain; version=0.0.4; charset=utf-8", metrics->Render()};
  });
  AddHandler(
      "GET", "/healthz",
      [why_not = std::move(why_not), note = std::move(note)](const HttpRequest&) {
        const std::string why = why_not == nullptr ? "" : why_not();
        if (!why.empty()) return HttpResponse{503, kText, absl::StrCat("not serving: ", why, "\n")};
        const std::string more = note == nullptr ? "" : note();
        return HttpResponse{200, kText, more.empty() ? "ok\n" : absl::StrCat("ok\n", more, "\n")};
      });
}

HttpServer::~HttpServer() { Stop(); }

void HttpServer::AddHandler(const std::string& method, const std::string& path, Handler handler) {
  if (method == "POST") {
    impl_->server.Post(path, Adapt(std::move(handler)));
  } else {
    impl_->server.Get(path, Adapt(std::move(handler)));
  }
}

absl::StatusOr<int> HttpServer::Start() {
  httplib::Server& server = impl_->server;
  int port = impl_->options.port;
  if (port == 0) {
    port = server.bind_to_any_port(impl_->options.host);
  } else if (!server.bind_to_port(impl_->options.host, port)) {
    port = -1;
  }
  if (port <= 0) {
    return absl::UnavailableError(absl::StrCat("cannot listen on ", impl_->options.host, ":",
                                               impl_->options.port,
                                               "; is another process using it?"));
  }
  // httplib lets five connections wait. Of more that come at once, some are made to wait for
  // seconds.
  listen(impl_->listener, SOMAXCONN);
  impl_->thread = std::thread([&server] { server.listen_after_bind(); });
  return port;
}

void HttpServer::Stop() {
  if (impl_->stopped.exchange(true) || !impl_->thread.joinable()) return;
  // httplib's stop() is lost if it comes before the loop has begun.
  while (!impl_->server.is_running()) std::this_thread::yield();
  impl_->server.stop();
  impl_->thread.join();
}

}  // namespace dangol::obs
