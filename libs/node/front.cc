#include "libs/node/front.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/files.h"
#include "libs/base/status.h"
#include "libs/obs/log.h"
#include "libs/stream/runtime.h"

namespace dangol {

absl::StatusOr<std::unique_ptr<Front>> Front::Create(const Options& options, obs::Metrics* metrics,
                                                     WhyNot why_not, obs::HttpServer::Health note) {
  DANGOL_ASSIGN_OR_RETURN(auto server, rpc::Server::Create(options.rpc, metrics));
  return std::unique_ptr<Front>(
      new Front(options, metrics, std::move(why_not), std::move(note), std::move(server)));
}

Front::Front(const Options& options, obs::Metrics* metrics, WhyNot why_not,
             obs::HttpServer::Health note, std::unique_ptr<rpc::Server> server)
    : options_(options),
      why_not_(std::move(why_not)),
      server_(std::move(server)),
      http_(options.metrics, metrics, why_not_, std::move(note)) {}

absl::StatusOr<Front::Listening> Front::Listen() {
  absl::StatusOr<Listening> listening = TryListen();
  if (listening.ok()) return listening;
  server_->Drain();
  http_.Stop();
  return listening;
}

absl::StatusOr<Front::Listening> Front::TryListen() {
  DANGOL_ASSIGN_OR_RETURN(const int metrics_port, http_.Start());
  DANGOL_ASSIGN_OR_RETURN(const int port, server_->Start());
  if (!options_.port_file.empty()) {
    DANGOL_RETURN_IF_ERROR(ReplaceFile("--port-file", options_.port_file,
                                       absl::StrCat(port, " ", metrics_port, "\n")));
  }
  return Listening{absl::StrCat(options_.rpc.host, ":", port),
                   absl::StrCat(options_.metrics.host, ":", metrics_port)};
}

void Front::LookAround() {
  const std::string why = why_not_();
  if (why != last_why_not_) {
    obs::Log(why.empty() ? obs::Level::kInfo : obs::Level::kError,
             why.empty() ? "serving again" : "not serving", {{"why", why}});
    last_why_not_ = why;
  }
  server_->SetServing("", why.empty());
}

absl::Status Front::Stop(Runtime& runtime) {
  obs::Log(obs::Level::kInfo, "stopping");
  const auto halted = runtime.Halted();
  server_->Drain();
  http_.Stop();
  runtime.Stop();
  if (halted.empty()) return absl::OkStatus();
  return absl::InternalError(absl::StrCat("scopes had halted: ", halted.front()));
}

}  // namespace dangol
