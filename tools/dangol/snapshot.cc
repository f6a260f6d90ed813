// snapshot: a cluster, as it stands at one moment, as a data directory of dangold.
#include <CLI/CLI.hpp>
#include <chrono>
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/backbone/copy.h"
#include "libs/backbone/embedded/seeder.h"
#include "libs/backbone/kafka/image.h"
#include "libs/base/calendar.h"
#include "libs/base/clock.h"
#include "libs/base/mutex.h"
#include "libs/base/status.h"
#include "libs/rpc/call.h"
#include "libs/rpc/grpc_status.h"
#include "tools/client/connection.h"
#include "tools/dangol/cluster_args.h"
#include "tools/dangol/commands.h"
#include "tools/dangol/session.h"
#include "tools/dangol/text.h"

namespace dangol::cli {
namespace {

using kafka::ClusterImage;

// Compaction leaves a value that was replaced after the cut in its topic for an hour.
constexpr Micros kMostCopying = 50 * kMicrosPerMinute;

struct Args {
  ClusterArgs cluster;
  std::string to;
};

absl::Status Copy(const Args& args, ClusterImage& image, Micros noted_steady) {
  DANGOL_ASSIGN_OR_RETURN(const auto seeder, Seeder::Open(args.to, image.partitions()));
  kafka::NoCheckpoints none;
  DANGOL_ASSIGN_OR_RETURN(const CopyCounts counts, CopyLog(image, none, seeder.get()));
  if (SteadyMicros() - noted_steady > kMostCopying) {
    return absl::DeadlineExceededError(
        "copying took more than 50 minutes, after which Kafka may have compacted what belongs to "
        "it; stop the services, or use a faster machine");
  }
  const std::string of =
      absl::StrCat("cluster ", args.cluster.settings.prefix, " at ",
                   args.cluster.settings.bootstrap_servers, ", ", FormatTime(SystemClock().Now()));
  DANGOL_RETURN_IF_ERROR(seeder->Finish(of));
  std::cout << "copied " << of << "\n  " << Thousands(static_cast<int64_t>(counts.values))
            << " values of " << counts.scopes << " scopes, "
            << Thousands(static_cast<int64_t>(counts.records)) << " records, to " << args.to
            << "\nopen it: dangol serve --data-dir " << args.to << " --clock virtual\n";
  return absl::OkStatus();
}

// Makes the services stand still while it lives, and not much longer should this process end.
class Hold {
 public:
  explicit Hold(const client::Connection& connection) : connection_(connection) {}
  ~Hold() {
    if (!thread_.joinable()) return;
    {
      MutexLock lock(mu_);
      done_ = true;
      changed_.notify_all();
    }
    thread_.join();
    Ask(0).IgnoreError();  // then it ends by itself
  }

  absl::Status Begin() {
    absl::Status begun = Ask(kHold);
    if (begun.ok()) thread_ = std::thread([this] { Renew(); });
    if (!begun.ok()) Ask(0).IgnoreError();
    return begun;
  }

 private:
  // Each of the services at any of its instances.
  absl::Status Ask(Micros duration) const {
    for (const auto& [target, channel] : connection_.channels) {
      const auto stub = stream::v1::ClockService::NewStub(channel);
      grpc::ClientContext context;
      rpc::SetTimeout(kHold, &context);
      stream::v1::HoldClockRequest request;
      request.set_hold_us(duration);
      stream::v1::HoldClockResponse response;
      const absl::Status held = rpc::FromGrpc(stub->HoldClock(&context, request, &response));
      if (!held.ok()) {
        return absl::Status(held.code(), absl::StrCat("holding ", target, ": ", held.message()));
      }
    }
    return absl::OkStatus();
  }

  // A renewal that fails is no harm: whether they stood still is seen in the topics.
  void Renew() {
    MutexLock lock(mu_);
    while (!changed_.wait_for(lock, std::chrono::microseconds(kHold / 4), [&] { return done_; })) {
      lock.unlock();
      Ask(kHold).IgnoreError();
      lock.lock();
    }
  }

  static constexpr Micros kHold = 8 * kMicrosPerSecond;
  const client::Connection& connection_;
  Mutex mu_;
  CondVar changed_;
  bool done_ = false;  // guarded by mu_
  std::thread thread_;
};

absl::Status WhileHeld(const client::Connection& connection,
                       const std::function<absl::Status()>& note) {
  const Micros began = SteadyMicros();
  absl::Status noted;
  {
    Hold hold(connection);
    DANGOL_RETURN_IF_ERROR(hold.Begin());
    noted = note();
  }
  std::cout << "the services stood still for " << (SteadyMicros() - began) / kMicrosPerMilli
            << " ms\n";
  return noted;
}

absl::StatusOr<bool> AnyInstance(const kafka::Settings& settings) {
  for (int s = 0; s < kServices; ++s) {
    DANGOL_ASSIGN_OR_RETURN(const int members, kafka::MembersOf(settings, static_cast<Service>(s)));
    if (members > 0) return true;
  }
  return false;
}

absl::Status Snapshot(Args& args, Session& session) {
  DANGOL_RETURN_IF_ERROR(args.cluster.Take());
  DANGOL_ASSIGN_OR_RETURN(const bool running, AnyInstance(args.cluster.settings));
  ClusterImage::Around around;
  Micros noted = SteadyMicros();
  if (running) {
    DANGOL_ASSIGN_OR_RETURN(const client::Connection* const connection, session.Connect());
    around = [connection, &noted](const std::function<absl::Status()>& note) {
      noted = SteadyMicros();
      return WhileHeld(*connection, note);
    };
  }
  DANGOL_ASSIGN_OR_RETURN(
      const std::unique_ptr<ClusterImage> image,
      ClusterImage::Open(args.cluster.settings, ClusterImage::Cut::kOneMoment, around));
  return Copy(args, *image, noted);
}

}  // namespace

void AddSnapshotCommand(CLI::App& app, Session& session) {
  auto args = std::make_shared<Args>();
  auto* snapshot =
      app.add_subcommand("snapshot", "copy a cluster into a data directory of dangold");
  args->cluster.Declare(*snapshot);
  snapshot->add_option("--to", args->to, "directory to make")->required();
  snapshot->footer("Example: dangol snapshot --bootstrap-servers kafka:9092 --to what-if");
  session.SetAction(snapshot, [args, &session] { return Snapshot(*args, session); });
}

}  // namespace dangol::cli
