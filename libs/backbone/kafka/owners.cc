#include "libs/backbone/kafka/owners.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/backbone/kafka/message_codec.h"
#include "libs/backbone/kafka/partition_reader.h"
#include "libs/base/status.h"

namespace dangol::kafka {
namespace {

constexpr int kPollMs = 50;
constexpr absl::string_view kOwnerKey = "owner";

}  // namespace

Owners::Owners(const Settings& settings, Appender* appender)
    : settings_(settings), appender_(*appender) {
  for (int s = 0; s < kServices; ++s) {
    services_[LeaseTopicOf(settings, static_cast<Service>(s))] = static_cast<Service>(s);
  }
}

absl::StatusOr<std::unique_ptr<Owners>> Owners::Open(const Settings& settings, uint32_t partitions,
                                                     Appender* appender) {
  std::unique_ptr<Owners> owners(new Owners(settings, appender));
  DANGOL_RETURN_IF_ERROR(owners->Start(partitions));
  return owners;
}

absl::Status Owners::Start(uint32_t partitions) {
  partitions_ = partitions;
  DANGOL_ASSIGN_OR_RETURN(client_, ConnectReader(settings_, /*committed_only=*/true));
  queue_.reset(rd_kafka_queue_new(client_.get()));
  for (const auto& [name, service] : services_) {
    topics_.emplace_back(rd_kafka_topic_new(client_.get(), name.c_str(), nullptr));
    for (uint32_t p = 0; p < partitions; ++p) {
      if (rd_kafka_consume_start_queue(topics_.back().get(), static_cast<int32_t>(p),
                                       RD_KAFKA_OFFSET_BEGINNING, queue_.get()) != 0) {
        return Failure(absl::StrCat("reading ", name), rd_kafka_last_error());
      }
    }
  }
  thread_ = std::thread([this] { Run(); });
  return absl::OkStatus();
}

Owners::~Owners() {
  if (thread_.joinable()) {
    {
      MutexLock lock(mu_);
      stopping_ = true;
    }
    thread_.join();
  }
  for (const TopicHandle& topic : topics_) {
    for (uint32_t p = 0; p < partitions_; ++p) {
      rd_kafka_consume_stop(topic.get(), static_cast<int32_t>(p));
    }
  }
  topics_.clear();
  queue_ = nullptr;
}

void Owners::Run() {
  for (;;) {
    {
      MutexLock lock(mu_);
      if (stopping_) return;
    }
    const Message message(rd_kafka_consume_queue(queue_.get(), kPollMs));
    if (message != nullptr && !message->err) Take(*message);
  }
}

void Owners::Take(const rd_kafka_message_t& message) {
  if (absl::string_view(static_cast<const char*>(message.key), message.key_len) != kOwnerKey) {
    return;
  }
  const auto service = services_.find(rd_kafka_topic_name(message.rkt));
  if (service == services_.end()) return;
  const Scope scope{service->second, static_cast<Partition>(message.partition)};
  MutexLock lock(mu_);
  addresses_[scope] = std::string(static_cast<const char*>(message.payload), message.len);
}

void Owners::Announce(Scope scope) {
  if (settings_.address.empty()) return;
  const std::string topic = LeaseTopicOf(settings_, scope.service);
  // One that is not written is written again by Repeat.
  appender_.WriteOne({&topic, scope.partition, kOwnerKey, settings_.address}).IgnoreError();
}

void Owners::Gained(Scope scope) {
  {
    MutexLock lock(mu_);
    owned_.insert(scope);
  }
  Announce(scope);
}

void Owners::Lost(Scope scope) {
  MutexLock lock(mu_);
  owned_.erase(scope);
}

void Owners::Repeat() {
  std::vector<Scope> wrong;
  {
    MutexLock lock(mu_);
    for (Scope scope : owned_) {
      const auto it = addresses_.find(scope);
      if (it == addresses_.end() || it->second != settings_.address) wrong.push_back(scope);
    }
  }
  for (Scope scope : wrong) Announce(scope);
}

absl::StatusOr<std::string> Owners::Of(Scope scope) const {
  MutexLock lock(mu_);
  const auto it = addresses_.find(scope);
  if (it != addresses_.end()) return it->second;
  return absl::UnavailableError(
      absl::StrCat("no instance has said that it owns ", ToString(scope), "; ask again"));
}

}  // namespace dangol::kafka
