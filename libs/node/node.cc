#include "libs/node/node.h"

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <thread>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "dangol/config/v1/node.pb.h"
#include "libs/backbone/kafka/durability.h"
#include "libs/backbone/kafka/kafka_log.h"
#include "libs/backbone/kafka/local_checkpoints.h"
#include "libs/base/clock.h"
#include "libs/base/status.h"
#include "libs/node/clock_rpc.h"
#include "libs/node/front.h"
#include "libs/node/grpc_peers.h"
#include "libs/node/identity.h"
#include "libs/node/online_config.h"
#include "libs/node/online_views.h"
#include "libs/node/options.h"
#include "libs/node/process.h"
#include "libs/node/profile_client.h"
#include "libs/node/prometheus_sink.h"
#include "libs/node/scope_rpc.h"
#include "libs/node/server_config.h"
#include "libs/obs/log.h"
#include "libs/obs/metrics.h"
#include "libs/rpc/address.h"
#include "libs/stream/runtime.h"

namespace dangol::node {
namespace {

using config::v1::NodeConfig;

int WorkersOf(const NodeConfig& config) {
  if (config.workers() > 0) return config.workers();
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

// Where other instances reach this one; "": nowhere that is known.
std::string AddressOf(const NodeConfig& config) {
  if (!config.address().empty()) return config.address();
  const bool any = config.host() == "0.0.0.0" || config.host() == "::" || config.port() == 0;
  return any ? "" : rpc::JoinHostPort(config.host(), config.port());
}

kafka::Settings KafkaSettingsOf(const NodeConfig& config, const std::string& instance) {
  kafka::Settings settings;
  settings.bootstrap_servers = config.kafka().bootstrap_servers();
  settings.prefix = config.kafka().prefix();
  for (const auto& [key, value] : config.kafka().properties()) settings.client[key] = value;
  settings.instance = instance;
  settings.directory = config.data_dir();
  settings.address = AddressOf(config);
  settings.producers = WorkersOf(config);
  return settings;
}

// What the cluster's settings cannot keep; an error, unless that is allowed.
absl::StatusOr<size_t> CheckDurability(const NodeConfig& config, const kafka::Settings& settings) {
  DANGOL_ASSIGN_OR_RETURN(const auto weaknesses, kafka::FindWeaknesses(settings));
  for (const kafka::Weakness& weakness : weaknesses) {
    obs::Log(obs::Level::kWarning, "weak durability", {{"why", kafka::ToString(weakness)}});
  }
  if (weaknesses.empty() || config.kafka().allow_weak_durability()) return weaknesses.size();
  return Precondition("WEAK_DURABILITY",
                      absl::StrCat("Kafka could lose what it has taken; ", weaknesses.size(),
                                   " settings, the first: ", kafka::ToString(weaknesses.front()),
                                   "; mend them, or set kafka.allow_weak_durability"));
}

absl::StatusOr<std::string> ReadOwnToken(const std::string& path) {
  std::ifstream file(path);
  std::string token;
  if (std::getline(file, token)) return std::string(absl::StripAsciiWhitespace(token));
  return BadField("own_token_file", path, "cannot be read", "name a file with the token");
}

// How this process calls other services and other instances of its own; but for the target.
absl::StatusOr<rpc::ClientOptions> ClientOptionsOf(const NodeConfig& config) {
  rpc::ClientOptions options;
  if (!config.own_token_file().empty()) {
    DANGOL_ASSIGN_OR_RETURN(options.token, ReadOwnToken(config.own_token_file()));
  }
  options.tls_ca_file = config.tls_ca_file();
  options.tls = !config.tls_ca_file().empty() || !config.tls_cert_file().empty();
  return options;
}

// Members in order of construction; Stop undoes them in reverse.
class Node {
 public:
  Node(const Program& program, const NodeConfig& config)
      : program_(program), config_(config), spec_(program.spec(config)) {}

  absl::Status Start();
  void LookAround();
  absl::Status Stop();

 private:
  absl::Status OpenOnlineStore();
  absl::Status MakeRuntime();
  void MakeService();
  absl::Status Listen();
  // "": it serves. Else the reason and why.
  std::string WhyNot() const;
  // "": nothing to say of one who serves.
  std::string Note() const;
  void LookAtOnlineStore();

  const Program& program_;
  const NodeConfig& config_;
  const ServiceSpec spec_;
  SystemClock clock_;
  obs::Metrics metrics_;
  PrometheusSink sink_{&metrics_};
  std::unique_ptr<Identity> identity_;
  std::unique_ptr<KafkaLog> log_;
  std::unique_ptr<CheckpointStore> checkpoints_;
  std::unique_ptr<OnlineViews> views_;  // null: no store, or nothing to show
  bool store_ok_ = true;
  bool store_reported_ = false;
  std::unique_ptr<Front> front_;
  std::unique_ptr<GrpcPeers> peers_;
  std::unique_ptr<ProfileClient> profile_;  // null in profile itself
  std::unique_ptr<EffectPerformer> performer_;
  std::unique_ptr<Runtime> runtime_;
  Endpoint endpoint_;
  std::unique_ptr<ClockRpc> clock_rpc_;
  std::unique_ptr<ScopeRpc> scope_rpc_;
};

absl::Status Node::OpenOnlineStore() {
  if (!HasOnlineStore(config_) || !program_.views.view) return absl::OkStatus();
  DANGOL_ASSIGN_OR_RETURN(online::Settings settings, OnlineSettingsOf(config_.online()));
  DANGOL_ASSIGN_OR_RETURN(
      views_, OnlineViews::Create(
                  std::move(settings), WriterOptionsOf(config_.online()), program_.views,
                  [this](Scope scope) { return log_->marks().IdOf(scope); }, &sink_));
  return absl::OkStatus();
}

absl::Status Node::MakeRuntime() {
  RuntimeOptions options = RuntimeOptionsOf(config_, &sink_);
  // Topics are shared with services of other processes: Kafka's own retention trims them.
  options.trim_topics = false;
  CommitSeldom(&options);
  DANGOL_ASSIGN_OR_RETURN(rpc::ClientOptions client, ClientOptionsOf(config_));
  peers_ =
      std::make_unique<GrpcPeers>(client, [this](Scope scope) { return log_->OwnerOf(scope); });
  options.peers = peers_.get();
  options.observer = views_.get();
  if (!config_.profile().empty()) {
    client.target = config_.profile();
    DANGOL_ASSIGN_OR_RETURN(profile_, ProfileClient::Open(client));
  }
  if (program_.performer) {
    performer_ = program_.performer(config_, *profile_);
    options.performers[spec_.service] = performer_.get();
  }
  runtime_ = std::make_unique<Runtime>(log_.get(), checkpoints_.get(), &clock_,
                                       std::vector<ServiceSpec>{spec_}, options);
  return absl::OkStatus();
}

void Node::MakeService() {
  const rpc::Guard& guard = front_->guard();
  endpoint_ =
      program_.serve({*runtime_, guard, profile_ ? profile_->resolver() : rpc::CustomerResolver()});
  clock_rpc_ = std::make_unique<ClockRpc>(*runtime_, guard, /*is_virtual=*/false);
  scope_rpc_ = std::make_unique<ScopeRpc>(*runtime_, spec_.service, guard);
  front_->Register(endpoint_.service, endpoint_.full_name);
  front_->Register(scope_rpc_.get(), stream::v1::ScopeService::service_full_name());
  front_->Register(clock_rpc_.get(), stream::v1::ClockService::service_full_name());
}

absl::Status Node::Start() {
  DANGOL_ASSIGN_OR_RETURN(identity_, Identity::Open(config_.data_dir()));
  const kafka::Settings kafka = KafkaSettingsOf(config_, identity_->id());
  DANGOL_ASSIGN_OR_RETURN(const size_t weaknesses, CheckDurability(config_, kafka));
  metrics_
      .GetGauge("dangol_weak_durability", "Settings of Kafka that could lose what it has taken.")
      .Set(static_cast<double>(weaknesses));
  DANGOL_ASSIGN_OR_RETURN(log_, KafkaLog::Open(kafka));
  DANGOL_ASSIGN_OR_RETURN(
      checkpoints_, kafka::LocalCheckpoints::Open(config_.data_dir() + "/checkpoints",
                                                  log_->partitions(), &log_->marks(), &clock_));
  DANGOL_RETURN_IF_ERROR(OpenOnlineStore());
  DANGOL_ASSIGN_OR_RETURN(front_, Front::Create(
                                      FrontOptionsOf(config_), &metrics_,
                                      [this] { return WhyNot(); }, [this] { return Note(); }));
  DANGOL_RETURN_IF_ERROR(MakeRuntime());
  MakeService();
  DANGOL_RETURN_IF_ERROR(runtime_->Start());
  return Listen();
}

absl::Status Node::Listen() {
  DANGOL_ASSIGN_OR_RETURN(const Front::Listening at, front_->Listen());
  obs::Log(obs::Level::kInfo, "serving",
           {{"service", program_.service},
            {"instance", identity_->id()},
            {"grpc", at.grpc},
            {"metrics", at.metrics},
            {"kafka", config_.kafka().bootstrap_servers()},
            {"partitions", log_->partitions()}});
  return absl::OkStatus();
}

std::string Node::WhyNot() const {
  const auto halted = runtime_->Halted();
  return halted.empty() ? "" : absl::StrCat("SCOPE_HALTED: ", halted.front());
}

std::string Node::Note() const { return views_ == nullptr ? "" : views_->Health().detail; }

void Node::LookAtOnlineStore() {
  if (views_ == nullptr) return;
  const online::Health health = views_->Health();
  if (std::exchange(store_ok_, health.ok) != health.ok) {
    obs::Log(health.ok ? obs::Level::kInfo : obs::Level::kWarning,
             health.ok ? "the online store has everything" : "the online store is behind",
             {{"why", health.detail}});
  }
  if (store_reported_) return;
  for (const std::string& line : views_->Report()) {
    obs::Log(obs::Level::kInfo, "the online store", {{"has", line}});
    store_reported_ = true;
  }
}

void Node::LookAround() {
  front_->LookAround();
  LookAtOnlineStore();
  metrics_.GetGauge("dangol_halted_scopes", "Scopes that stopped; see the log.")
      .Set(static_cast<double>(runtime_->Halted().size()));
  metrics_.GetGauge("dangol_owned_scopes", "Scopes that this process owns.")
      .Set(static_cast<double>(runtime_->Owned().size()));
}

absl::Status Node::Stop() {
  absl::Status stopped = front_->Stop(*runtime_);
  performer_.reset();
  return stopped;
}

absl::Status Run(const Program& program, const NodeConfig& config) {
  DANGOL_RETURN_IF_ERROR(SetLogLevel(config.log_level()));
  KeepStopSignals();
  Node node(program, config);
  DANGOL_RETURN_IF_ERROR(node.Start());
  AwaitStop([&] { node.LookAround(); });
  return node.Stop();
}

}  // namespace

int Main(const Program& program, int argc, char** argv) {
  std::string help;
  const auto config = ParseOptions(program.service, argc, argv, &std::getenv, &help);
  if (!help.empty()) {
    std::cout << help;
    return 0;
  }
  const auto complain = [&](const absl::Status& status) {
    std::cerr << "dangol-" << program.service << ": " << status.message() << "\n";
  };
  if (!config.ok()) {
    complain(config.status());
    return 2;
  }
  const absl::Status status = Run(program, *config);
  if (!status.ok()) complain(status);
  return status.ok() ? 0 : 1;
}

}  // namespace dangol::node
