#include "services/dangold/app.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "dangol/campaign/v1/campaign_service.grpc.pb.h"
#include "dangol/config/v1/dangold.pb.h"
#include "dangol/offer/v1/offer_service.grpc.pb.h"
#include "dangol/profile/v1/profile_service.grpc.pb.h"
#include "dangol/response/v1/response_service.grpc.pb.h"
#include "dangol/segmentation/v1/segmentation_service.grpc.pb.h"
#include "libs/backbone/embedded/embedded_log.h"
#include "libs/backbone/embedded/seeder.h"
#include "libs/base/clock.h"
#include "libs/base/status.h"
#include "libs/node/clock_rpc.h"
#include "libs/node/front.h"
#include "libs/node/process.h"
#include "libs/node/prometheus_sink.h"
#include "libs/node/server_config.h"
#include "libs/obs/log.h"
#include "libs/obs/metrics.h"
#include "libs/stream/runtime.h"
#include "services/campaign/app.h"
#include "services/campaign/channels/performer.h"
#include "services/campaign/channels/profile_addresses.h"
#include "services/campaign/processor.h"
#include "services/dangold/backup_request.h"
#include "services/dangold/health.h"
#include "services/dangold/rehearsal.h"
#include "services/offer/app.h"
#include "services/offer/processor.h"
#include "services/profile/app.h"
#include "services/profile/processor.h"
#include "services/response/app.h"
#include "services/response/processor.h"
#include "services/segmentation/app.h"
#include "services/segmentation/processor.h"

namespace dangol {
namespace {

using config::v1::DangoldConfig;

constexpr int kLooksPerGauges = 5;  // the size of the directory costs a walk

EmbeddedLog::Options LogOptionsOf(const DangoldConfig& config) {
  EmbeddedLog::Options options;
  options.partitions = config.partitions();
  if (config.has_min_free_bytes()) options.min_free_bytes = config.min_free_bytes();
  if (config.durability() == config::v1::DURABILITY_OS) {
    options.durability = EmbeddedLog::Durability::kOs;
  }
  // Virtual time stands still until a send is durable: waiting for company gains nothing.
  if (config.clock() == config::v1::CLOCK_KIND_VIRTUAL) {
    options.sync_interval_us = 500;
  }
  return options;
}

// Members in order of construction; Stop undoes them in reverse.
class Dangold {
 public:
  explicit Dangold(const DangoldConfig& config) : config_(config) {}

  absl::Status Start();
  void ServeUntilSignal();
  absl::Status Stop();
  Runtime& runtime() { return *runtime_; }

 private:
  bool is_virtual() const { return config_.clock() == config::v1::CLOCK_KIND_VIRTUAL; }
  absl::Status MakePerformer();
  RuntimeOptions MakeRuntimeOptions();
  void MakeServices();
  absl::Status Listen();
  // Health to gRPC and the log; backups that are asked for.
  void LookAround();

  const DangoldConfig& config_;
  SystemClock clock_;
  obs::Metrics metrics_;
  PrometheusSink sink_{&metrics_};
  std::unique_ptr<EmbeddedLog> log_;
  std::unique_ptr<Front> front_;
  std::unique_ptr<EffectPerformer> performer_;
  std::unique_ptr<Runtime> runtime_;
  std::unique_ptr<profile::App> profile_;
  std::unique_ptr<segmentation::App> segmentation_;
  std::unique_ptr<offer::App> offer_;
  std::unique_ptr<campaign::App> campaign_;
  std::unique_ptr<response::App> response_;
  std::unique_ptr<ClockRpc> clock_rpc_;
  std::unique_ptr<HealthWatch> health_;
};

RuntimeOptions Dangold::MakeRuntimeOptions() {
  RuntimeOptions options = RuntimeOptionsOf(config_, &sink_);
  options.virtual_time = is_virtual();
  options.virtual_start = config_.virtual_start_time_us();
  options.virtual_step = config_.clock_step_us();
  options.performers[Service::kCampaign] = performer_.get();
  return options;
}

void Dangold::MakeServices() {
  const rpc::Guard& guard = front_->guard();
  profile_ = std::make_unique<profile::App>(*runtime_, guard);
  segmentation_ = std::make_unique<segmentation::App>(*runtime_, guard, profile_->resolver());
  offer_ = std::make_unique<offer::App>(*runtime_, guard, profile_->resolver());
  campaign_ = std::make_unique<campaign::App>(*runtime_, guard, profile_->resolver());
  response_ = std::make_unique<response::App>(*runtime_, guard, profile_->resolver());
  clock_rpc_ = std::make_unique<ClockRpc>(*runtime_, guard, is_virtual());
  front_->Register(profile_->grpc_service(), profile::v1::ProfileService::service_full_name());
  front_->Register(segmentation_->grpc_service(),
                   segmentation::v1::SegmentationService::service_full_name());
  front_->Register(offer_->grpc_service(), offer::v1::OfferService::service_full_name());
  front_->Register(campaign_->grpc_service(), campaign::v1::CampaignService::service_full_name());
  front_->Register(response_->grpc_service(), response::v1::ResponseService::service_full_name());
  front_->Register(clock_rpc_.get(), stream::v1::ClockService::service_full_name());
}

absl::Status Dangold::MakePerformer() {
  DANGOL_ASSIGN_OR_RETURN(const std::string original, CopyOf(*log_));
  if (!original.empty()) {
    if (!is_virtual()) {
      return Precondition("COPY", absl::StrCat(config_.data_dir(), " is a copy of ", original,
                                               ", which goes on by itself: open it with "
                                               "--clock=virtual, or make a directory of it that "
                                               "stands for itself (dangol restore)"));
    }
    obs::Log(obs::Level::kInfo, "a copy: channels are not called", {{"of", original}});
    performer_ = std::make_unique<RehearsalPerformer>();
    return absl::OkStatus();
  }
  // The performer exists before profile's app does.
  auto addresses = std::make_unique<campaign::ProfileAddresses>(
      [this](const auto& request, Micros deadline, auto* response) {
        return profile_->ResolveAddresses(request, deadline, response);
      });
  performer_ = std::make_unique<campaign::CampaignPerformer>(
      campaign::CampaignPerformer::Options{config_.drop_root()}, std::move(addresses));
  return absl::OkStatus();
}

absl::Status Dangold::Start() {
  DANGOL_ASSIGN_OR_RETURN(log_, EmbeddedLog::Open(config_.data_dir(), LogOptionsOf(config_)));
  DANGOL_ASSIGN_OR_RETURN(front_, Front::Create(FrontOptionsOf(config_), &metrics_,
                                                [this] { return health_->WhyNot(); }));
  DANGOL_RETURN_IF_ERROR(MakePerformer());
  runtime_ = std::make_unique<Runtime>(
      log_.get(), &log_->checkpoints(), &clock_,
      std::vector<ServiceSpec>{profile::Spec(), segmentation::Spec(),
                               offer::Spec({config_.learning_interval_us()}), campaign::Spec(),
                               response::Spec()},
      MakeRuntimeOptions());
  MakeServices();
  health_ = std::make_unique<HealthWatch>(*runtime_, *log_);
  DANGOL_RETURN_IF_ERROR(runtime_->Start());
  return Listen();
}

absl::Status Dangold::Listen() {
  DANGOL_ASSIGN_OR_RETURN(const Front::Listening at, front_->Listen());
  obs::Log(obs::Level::kInfo, "serving",
           {{"grpc", at.grpc},
            {"metrics", at.metrics},
            {"data_dir", config_.data_dir()},
            {"partitions", log_->partitions()},
            {"clock", is_virtual() ? "virtual" : "live"}});
  return absl::OkStatus();
}

void Dangold::LookAround() {
  front_->LookAround();
  if (const auto made = ServeBackupRequest(config_.data_dir(), *log_)) {
    obs::Log(made->ok() ? obs::Level::kInfo : obs::Level::kError,
             made->ok() ? "backup made" : "backup failed", {{"why", made->message()}});
  }
}

void Dangold::ServeUntilSignal() {
  int looks = 0;
  AwaitStop([&] {
    if (looks++ % kLooksPerGauges == 0) health_->Publish(metrics_);
    LookAround();
  });
}

absl::Status Dangold::Stop() {
  absl::Status stopped = front_->Stop(*runtime_);
  performer_.reset();
  return stopped;
}

}  // namespace

absl::Status RunDangold(const DangoldConfig& config) {
  DANGOL_RETURN_IF_ERROR(SetLogLevel(config.log_level()));
  // All threads inherit it; the main one waits for the signals.
  KeepStopSignals();
  Dangold dangold(config);
  DANGOL_RETURN_IF_ERROR(dangold.Start());
  dangold.ServeUntilSignal();
  return dangold.Stop();
}

struct RunningDangold::Impl {
  explicit Impl(const DangoldConfig& given) : config(given) {}
  const DangoldConfig config;
  Dangold dangold{config};
};

RunningDangold::RunningDangold(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

RunningDangold::~RunningDangold() {
  if (absl::Status status = impl_->dangold.Stop(); !status.ok()) {
    obs::Log(obs::Level::kError, "stopped with an error", {{"why", status.ToString()}});
  }
}

absl::StatusOr<std::unique_ptr<RunningDangold>> RunningDangold::Start(const DangoldConfig& config) {
  auto impl = std::make_unique<Impl>(config);
  DANGOL_RETURN_IF_ERROR(impl->dangold.Start());
  return std::unique_ptr<RunningDangold>(new RunningDangold(std::move(impl)));
}

Runtime& RunningDangold::runtime() { return impl_->dangold.runtime(); }

}  // namespace dangol
