#include "tests/overload/flood.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "libs/base/clock.h"
#include "libs/base/mutex.h"
#include "libs/rpc/call.h"
#include "libs/rpc/grpc_status.h"

namespace dangol::overload {
namespace {

constexpr Micros kPatience = 30 * kMicrosPerMinute;

}  // namespace

// Written by one thread, its answers read by another.
class Flood::Stream {
 public:
  Stream(Flood* flood, client::Connection& connection) : flood_(*flood) {
    context_.set_wait_for_ready(true);
    rpc::SetTimeout(kPatience, &context_);
    stream_ = connection.profile->StreamActivities(&context_);
    reader_ = std::thread([this] { Read(); });
    writer_ = std::thread([this] { Write(); });
  }

  // Returns when the last answer is there.
  void Finish(FloodCounts* counts) {
    writer_.join();
    reader_.join();
    const absl::Status status = rpc::FromGrpc(stream_->Finish());
    counts->acknowledged += counts_.acknowledged;
    counts->refused += counts_.refused;
    counts->without_delay += counts_.without_delay;
    counts->failed += counts_.failed;
    for (const absl::Status& failure : {counts_.first_failure, status}) {
      if (counts->first_failure.ok()) counts->first_failure = failure;
    }
  }

 private:
  // Its share of the rate, message by message; what is late is made up for.
  void AwaitTurn() {
    const FloodOptions& options = flood_.options_;
    if (options.rate <= 0) return;
    const double each_s = options.batch * options.streams / options.rate;
    if (next_us_ == 0) next_us_ = SteadyMicros();
    const Micros wait = next_us_ - SteadyMicros();
    if (wait > 0) absl::SleepFor(absl::Microseconds(wait));
    next_us_ += static_cast<Micros>(each_s * kMicrosPerSecond);
  }

  bool AwaitRoom() {
    MutexLock lock(mu_);
    room_.wait(lock, [&] { return ended_ || unanswered_ < flood_.options_.in_flight; });
    if (ended_) return false;
    ++unanswered_;
    return true;
  }

  void Write() {
    profile::v1::StreamActivitiesRequest request;
    const int batch = flood_.options_.batch;
    while (!flood_.stopping_) {
      AwaitTurn();
      if (flood_.stopping_ || !AwaitRoom()) break;
      request.Clear();
      int64_t n = flood_.offered_.fetch_add(batch);
      if (flood_.options_.most > 0 && n >= flood_.options_.most) {
        flood_.offered_ -= batch;
        break;
      }
      for (int i = 0; i < batch; ++i) flood_.options_.fill(n++, request.add_activities());
      if (!stream_->Write(request)) break;
    }
    stream_->WritesDone();
  }

  void Read() {
    profile::v1::StreamActivitiesResponse response;
    while (stream_->Read(&response)) {
      counts_.acknowledged = response.accepted();
      for (const profile::v1::ItemError& error : response.errors()) Count(error);
      MutexLock lock(mu_);
      --unanswered_;
      room_.notify_one();
    }
    MutexLock lock(mu_);
    ended_ = true;
    room_.notify_one();
  }

  void Count(const profile::v1::ItemError& error) {
    const auto code = static_cast<absl::StatusCode>(error.code());
    if (code == absl::StatusCode::kResourceExhausted) {
      ++counts_.refused;
      counts_.without_delay += !absl::StrContains(error.problem(), "retry in ");
      return;
    }
    ++counts_.failed;
    if (counts_.first_failure.ok()) {
      counts_.first_failure = absl::Status(code, error.ShortDebugString());
    }
  }

  Flood& flood_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<profile::v1::StreamActivitiesRequest,
                                           profile::v1::StreamActivitiesResponse>>
      stream_;
  FloodCounts counts_;  // the reader's
  Micros next_us_ = 0;  // the writer's
  Mutex mu_;
  CondVar room_;
  int unanswered_ = 0;  // guarded by mu_
  bool ended_ = false;  // guarded by mu_
  std::thread reader_, writer_;
};

Flood::Flood(client::Connection& connection, FloodOptions options) : options_(std::move(options)) {
  for (int i = 0; i < options_.streams; ++i) {
    streams_.push_back(std::make_unique<Stream>(this, connection));
  }
}

Flood::~Flood() { Stop(); }

FloodCounts Flood::Stop() {
  stopping_ = true;
  return Await();
}

FloodCounts Flood::Await() {
  for (const auto& stream : streams_) stream->Finish(&counts_);
  streams_.clear();
  counts_.offered = offered_;
  return counts_;
}

void FillVisit(const std::string& prefix, int64_t customers, int64_t n, event::v1::Activity* to) {
  to->set_message_id(absl::StrCat(prefix, n));
  to->set_source(prefix);
  auto* id = to->add_identifiers();
  id->set_type(common::v1::IDENTIFIER_TYPE_USER_ID);
  id->set_value(absl::StrCat(prefix, "customer-", n % customers));
  to->set_occurred_time_us(SystemClock().Now());
  to->set_business_unit("beauty");
  to->mutable_visit()->set_place(event::v1::VISIT_PLACE_WEB);
}

}  // namespace dangol::overload
