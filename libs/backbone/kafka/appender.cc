#include "libs/backbone/kafka/appender.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/rng.h"
#include "libs/base/status.h"

namespace dangol::kafka {
namespace {

constexpr int kPollMs = 50;

}  // namespace

Appender::Appender(const Settings& settings)
    : settings_(settings),
      source_(absl::StrCat("/", settings.prefix, "/gateway/", settings.instance)),
      run_(absl::StrCat(absl::Hex(DeviceRandom(), absl::kZeroPad16))) {
  for (int t = 0; t < kTopics; ++t) names_.push_back(NameOf(settings, static_cast<Topic>(t)));
}

absl::StatusOr<std::unique_ptr<Appender>> Appender::Open(const Settings& settings) {
  std::unique_ptr<Appender> appender(new Appender(settings));
  DANGOL_ASSIGN_OR_RETURN(
      appender->producer_,
      Producer::Connect(settings,
                        {{"enable.idempotence", "true"},
                         {"acks", "all"},
                         {"linger.ms", "1"},
                         {"compression.codec", "lz4"},
                         {"delivery.timeout.ms", absl::StrCat(Millis(settings.patience_us))},
                         {"queue.buffering.max.kbytes", "262144"}},
                        {.opaque = appender.get(), .delivered = &Appender::OnDelivery}));
  appender->thread_ = std::thread([a = appender.get()] { a->Run(); });
  return appender;
}

Appender::~Appender() {
  if (!thread_.joinable()) return;
  {
    MutexLock lock(mu_);
    stopping_ = true;
  }
  thread_.join();
  rd_kafka_flush(producer_->client(), Millis(settings_.patience_us));
}

void Appender::Run() {
  for (;;) {
    {
      MutexLock lock(mu_);
      if (stopping_) return;
    }
    rd_kafka_poll(producer_->client(), kPollMs);
  }
}

void Appender::OnDelivery(rd_kafka_t*, const rd_kafka_message_t* message, void* self) {
  if (message->_private == nullptr) return static_cast<Appender*>(self)->NoteOther(*message);
  auto* pending = static_cast<Pending*>(message->_private);
  Appender* owner = pending->owner;
  MutexLock lock(owner->mu_);
  if (message->err) {
    pending->status.Update(Failure("appending", message->err));
  } else {
    pending->last_offset = message->offset;
  }
  if (--pending->left == 0) owner->changed_.notify_all();
}

void Appender::NoteOther(const rd_kafka_message_t& message) {
  MutexLock lock(mu_);
  if (message.err) others_.Update(Failure("writing", message.err));
}

absl::Status Appender::WriteOne(const Outgoing& message) {
  const auto error = producer_->Send(message);
  return error ? Failure(absl::StrCat("writing to ", *message.topic), error) : absl::OkStatus();
}

absl::Status Appender::Flush() {
  if (const auto error = rd_kafka_flush(producer_->client(), Millis(settings_.patience_us))) {
    return Failure("writing", error);
  }
  MutexLock lock(mu_);
  return std::exchange(others_, absl::OkStatus());
}

absl::StatusOr<uint64_t> Appender::Write(const std::vector<Emit>& records) {
  Pending* pending = nullptr;
  uint64_t ticket = 0;
  {
    MutexLock lock(mu_);
    ticket = ++last_ticket_;
    auto made = std::make_unique<Pending>(Pending{this, records.size(), -1, {}});
    pending = made.get();
    pending_[ticket] = std::move(made);
  }
  for (size_t i = 0; i < records.size(); ++i) {
    const Emit& emit = records[i];
    const std::string id = absl::StrCat(run_, "-", ticket, "-", i);
    const Outgoing message{&names_[static_cast<size_t>(emit.to.topic)],
                           emit.to.partition,
                           emit.record.key,
                           emit.record.value,
                           &emit.record,
                           pending,
                           {emit.to.topic, source_, id}};
    const auto error = producer_->Send(message);
    if (!error) continue;
    // What was handed over before stays under way.
    MutexLock lock(mu_);
    pending->left -= records.size() - i;
    pending->status.Update(error == RD_KAFKA_RESP_ERR__QUEUE_FULL
                               ? absl::ResourceExhaustedError("appending: the queue is full")
                               : Failure("appending", error));
    break;
  }
  return ticket;
}

absl::StatusOr<uint64_t> Appender::Await(uint64_t ticket) {
  MutexLock lock(mu_);
  const auto it = pending_.find(ticket);
  if (it == pending_.end()) return 0;
  changed_.wait(lock, [&] { return it->second->left == 0; });
  const std::unique_ptr<Pending> done = std::move(it->second);
  pending_.erase(it);
  if (!done->status.ok()) return done->status;
  return static_cast<uint64_t>(done->last_offset);
}

}  // namespace dangol::kafka
