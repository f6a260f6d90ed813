#include <algorithm>
#include <atomic>
#include <deque>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "grpcpp/grpcpp.h"
#include "libs/base/clock.h"
#include "libs/base/status.h"
#include "libs/rpc/grpc_status.h"
#include "tools/client/connection.h"
#include "tools/dangol/import/sender.h"

namespace dangol::import {
namespace {

constexpr size_t kUnderWayMax = 8;
constexpr absl::Duration kAnswerWait = absl::Minutes(2);
constexpr Micros kPatience = 2 * kMicrosPerMinute;

using Stream = grpc::ClientReaderWriter<profile::v1::StreamActivitiesRequest,
                                        profile::v1::StreamActivitiesResponse>;

// A thread reads answers all the time, so that the server can always write while we do.
// Invariant: answers come in the order of under_way_; the front is the next to be answered.
class Activities : public BatchLine {
 public:
  explicit Activities(client::Connection& connection) : connection_(connection) {}
  ~Activities() override { Close(); }

  absl::Status Send(Batch batch) override {
    if (stream_ == nullptr) Open();
    DANGOL_RETURN_IF_ERROR(AwaitUnderWay(kUnderWayMax - 1));
    const auto request = RequestOf(batch);
    {
      absl::MutexLock lock(&mutex_);
      under_way_.push_back(std::move(batch));
    }
    return stream_->Write(request) ? absl::OkStatus() : Recover();
  }

  absl::Status Drain() override { return AwaitUnderWay(0); }

  Results Take() override {
    absl::MutexLock lock(&mutex_);
    return std::exchange(results_, {});
  }

 private:
  void Open() {
    context_ = std::make_unique<grpc::ClientContext>();
    context_->set_wait_for_ready(false);
    stream_ = connection_.profile->StreamActivities(context_.get());
    {
      absl::MutexLock lock(&mutex_);
      broken_ = false;
      base_ = 0;
    }
    reader_ = std::thread([this] { ReadAnswers(); });
  }

  static profile::v1::StreamActivitiesRequest RequestOf(const Batch& batch) {
    profile::v1::StreamActivitiesRequest request;
    for (const Item& item : batch) *request.add_activities() = item.event.activity();
    return request;
  }

  void ReadAnswers() {
    profile::v1::StreamActivitiesResponse response;
    while (stream_->Read(&response)) {
      absl::MutexLock lock(&mutex_);
      if (!under_way_.empty()) Settle(response);
    }
    absl::MutexLock lock(&mutex_);
    broken_ = true;
  }

  void Settle(const profile::v1::StreamActivitiesResponse& response)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    Batch& batch = under_way_.front();
    for (const auto& error : response.errors()) {
      const int64_t index = error.index() - base_;
      if (index < 0 || index >= static_cast<int64_t>(batch.size())) continue;
      results_.Refuse(std::move(batch[static_cast<size_t>(index)]), error);
    }
    const auto size = static_cast<int64_t>(batch.size());
    results_.accepted += size - response.errors_size();
    base_ += size;
    under_way_.pop_front();
    progress_us_ = SteadyMicros();
  }

  // Until at most `most` batches are under way.
  absl::Status AwaitUnderWay(size_t most) {
    while (true) {
      bool broken = false;
      {
        absl::MutexLock lock(&mutex_);
        auto ready = [&] { return broken_ || under_way_.size() <= most; };
        if (!mutex_.AwaitWithTimeout(absl::Condition(&ready), kAnswerWait)) {
          return absl::DeadlineExceededError("the server has not answered for two minutes");
        }
        if (under_way_.size() <= most) return absl::OkStatus();
        broken = broken_;
      }
      if (broken) DANGOL_RETURN_IF_ERROR(Recover());
    }
  }

  // Opens the stream again and repeats what is under way.
  absl::Status Recover() {
    absl::Duration pause = absl::Milliseconds(50);
    while (true) {
      reader_.join();
      const absl::Status status = rpc::FromGrpc(stream_->Finish());
      stream_.reset();
      const bool passing = absl::IsUnavailable(status) || absl::IsResourceExhausted(status);
      if (!status.ok() && !passing) return status;
      if (SteadyMicros() - progress_us_ > kPatience) {
        return absl::UnavailableError(status.ok() ? "the server keeps ending the stream"
                                                  : std::string(status.message()));
      }
      absl::SleepFor(pause);  // the server is away, or asked for time
      pause = std::min(2 * pause, absl::Seconds(2));
      Open();
      if (Repeat()) return absl::OkStatus();
    }
  }

  bool Repeat() {
    // Answers to the first may come while the next is written: made before, all of them.
    std::vector<profile::v1::StreamActivitiesRequest> requests;
    {
      absl::MutexLock lock(&mutex_);
      for (const Batch& batch : under_way_) requests.push_back(RequestOf(batch));
    }
    for (const auto& request : requests) {
      if (!stream_->Write(request)) return false;
    }
    return true;
  }

  void Close() {
    if (stream_ == nullptr) return;
    context_->TryCancel();  // nothing is under way, or nobody waits for it any more
    reader_.join();
    stream_->Finish();
  }

  client::Connection& connection_;
  std::unique_ptr<grpc::ClientContext> context_;
  std::unique_ptr<Stream> stream_;
  std::thread reader_;
  absl::Mutex mutex_;
  std::deque<Batch> under_way_ ABSL_GUARDED_BY(mutex_);
  bool broken_ ABSL_GUARDED_BY(mutex_) = false;
  int64_t base_ ABSL_GUARDED_BY(mutex_) = 0;  // stream index of the front's first item
  Results results_ ABSL_GUARDED_BY(mutex_);
  std::atomic<Micros> progress_us_ = SteadyMicros();
};

}  // namespace

std::unique_ptr<BatchLine> ActivityLine(client::Connection& connection) {
  return std::make_unique<Activities>(connection);
}

}  // namespace dangol::import
