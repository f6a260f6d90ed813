#include "tools/loadgen/feed.h"

#include <algorithm>
#include <memory>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "libs/base/clock.h"
#include "libs/base/mutex.h"
#include "libs/base/status.h"
#include "tools/client/call.h"

namespace dangol::loadgen {
namespace {

constexpr int kBatch = 1'000;
// Messages sent and not yet acknowledged: enough for several syncs of the disk.
constexpr size_t kBatchesInFlight = 16;
constexpr Micros kPatience = 10 * kMicrosPerMinute;
constexpr int kAttempts = 600;

void SetIdentifier(std::string user_id,
                   google::protobuf::RepeatedPtrField<common::v1::Identifier>* to) {
  auto* id = to->Add();
  id->set_type(common::v1::IDENTIFIER_TYPE_USER_ID);
  id->set_value(std::move(user_id));
}

void AddConsent(const Person& person, const char* channel, bool granted, Micros time,
                event::v1::CustomerUpsert* upsert) {
  auto* consent = upsert->add_consents();
  consent->set_channel(channel);
  consent->set_purpose(profile::v1::CONSENT_PURPOSE_MARKETING);
  consent->set_granted(granted);
  consent->set_evidence(absl::StrCat("signup-form-", person.user_id));
  consent->set_observed_time_us(time);
}

event::v1::CustomerUpsert UpsertOf(const Retail& retail, int64_t customer) {
  const Person person = retail.Describe(customer);
  const Micros time = retail.options().start - retail.options().history_days * kMicrosPerDay;
  event::v1::CustomerUpsert upsert;
  upsert.set_message_id("crm-" + person.user_id);
  upsert.set_source("crm");
  upsert.set_business_unit("beauty");
  upsert.set_observed_time_us(time);
  SetIdentifier(person.user_id, upsert.mutable_identifiers());
  auto& traits = *upsert.mutable_traits();
  traits["city"].set_text(person.city);
  traits["grade"].set_text(person.grade);
  traits["age"].set_number(person.age);
  AddConsent(person, "push", person.push_consent, time, &upsert);
  AddConsent(person, "mail", person.mail_consent, time, &upsert);
  if (person.do_not_serve) {
    upsert.mutable_restriction()->set_do_not_serve(true);
    upsert.mutable_restriction()->set_reason("asked not to be contacted");
    upsert.mutable_restriction()->set_by("crm");
  }
  return upsert;
}

// Into a message that may have been used before.
void FillActivity(const Order& order, event::v1::Activity* to) {
  event::v1::Activity& activity = *to;
  activity.set_message_id(order.order_id);
  activity.set_external_id(order.order_id);
  activity.set_source("pos");
  SetIdentifier(Retail::UserIdOf(order.customer), activity.mutable_identifiers());
  activity.set_occurred_time_us(order.time);
  activity.set_business_unit(kBusinessUnits[order.business]);
  activity.set_store(order.store);
  activity.set_channel(order.store == "web" ? "web" : "store");
  activity.mutable_purchase()->set_net_minor(order.net_minor);
  activity.mutable_purchase()->set_quantity(order.quantity);
}

template <typename Item>
absl::Status FirstError(const google::protobuf::RepeatedPtrField<Item>& errors) {
  if (errors.empty()) return absl::OkStatus();
  // Too far behind, or no disk: the same item again later. Anything else is a slip of this program.
  const auto code = static_cast<absl::StatusCode>(errors[0].code());
  const bool later =
      code == absl::StatusCode::kResourceExhausted || code == absl::StatusCode::kUnavailable;
  return absl::Status(later ? code : absl::StatusCode::kInternal,
                      absl::StrCat("an item was refused: ", errors[0].ShortDebugString()));
}

// One stream: written by one thread, its answers read by another, so that the sender never waits
// for the disk, only for room in the window.
class OrderStream {
 public:
  OrderStream(client::Connection& connection, const std::vector<Order>& orders, size_t first,
              const Progress& progress)
      : orders_(orders), progress_(progress), acknowledged_(first) {
    context_.set_wait_for_ready(true);
    rpc::SetTimeout(kPatience, &context_);
    stream_ = connection.profile->StreamActivities(&context_);
    reader_ = std::thread([this] { ReadAnswers(); });
  }

  // Sends from the first order on. OK: everything is acknowledged.
  absl::Status Send() {
    profile::v1::StreamActivitiesRequest request;
    size_t sent = acknowledged_;
    while (sent < orders_.size() && WaitForRoom(sent)) {
      request.Clear();
      const size_t end = std::min(orders_.size(), sent + kBatch);
      for (; sent < end; ++sent) FillActivity(orders_[sent], request.add_activities());
      if (!stream_->Write(request)) break;
    }
    stream_->WritesDone();
    reader_.join();
    const absl::Status finished = rpc::FromGrpc(stream_->Finish());
    if (!refused_.ok()) return refused_;
    if (!finished.ok() || acknowledged_ == orders_.size()) return finished;
    return absl::UnavailableError("the stream ended early");
  }

  // After Send.
  size_t acknowledged() const { return acknowledged_; }

 private:
  bool WaitForRoom(size_t sent) {
    MutexLock lock(mu_);
    room_.wait(lock, [&] { return ended_ || sent < acknowledged_ + kBatchesInFlight * kBatch; });
    return !ended_;
  }

  void ReadAnswers() {
    profile::v1::StreamActivitiesResponse response;
    while (stream_->Read(&response)) {
      const absl::Status refused = FirstError(response.errors());
      MutexLock lock(mu_);
      if (refused_.ok()) refused_ = refused;
      if (!refused_.ok()) break;
      acknowledged_ = std::min(orders_.size(), acknowledged_ + kBatch);
      room_.notify_one();
      if (progress_) progress_(Number(acknowledged_), Number(orders_.size()));
    }
    {
      MutexLock lock(mu_);
      ended_ = true;
      room_.notify_one();
    }
    while (stream_->Read(&response)) {
    }
  }

  static int64_t Number(size_t n) { return static_cast<int64_t>(n); }

  const std::vector<Order>& orders_;
  const Progress& progress_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<profile::v1::StreamActivitiesRequest,
                                           profile::v1::StreamActivitiesResponse>>
      stream_;
  Mutex mu_;
  CondVar room_;
  size_t acknowledged_;   // guarded by mu_
  absl::Status refused_;  // guarded by mu_
  bool ended_ = false;    // guarded by mu_
  std::thread reader_;
};

}  // namespace

absl::Status SendCustomers(client::Connection& connection, const Retail& retail,
                           const Progress& progress) {
  const int64_t total = retail.options().customers;
  for (int64_t first = 0; first < total; first += kBatch) {
    profile::v1::UpsertCustomersRequest request;
    for (int64_t i = first; i < std::min(total, first + kBatch); ++i) {
      *request.add_upserts() = UpsertOf(retail, i);
    }
    DANGOL_RETURN_IF_ERROR(client::Retrying(kPatience, [&](grpc::ClientContext* context) {
      profile::v1::UpsertCustomersResponse response;
      const grpc::Status status = connection.profile->UpsertCustomers(context, request, &response);
      return status.ok() ? rpc::ToGrpc(FirstError(response.errors())) : status;
    }));
    if (progress) progress(std::min(total, first + kBatch), total);
  }
  return absl::OkStatus();
}

absl::Status SendOrders(client::Connection& connection, const std::vector<Order>& orders,
                        const Progress& progress) {
  size_t acknowledged = 0;
  for (int attempt = 0; acknowledged < orders.size(); ++attempt) {
    OrderStream stream(connection, orders, acknowledged, progress);
    const absl::Status status = stream.Send();
    acknowledged = stream.acknowledged();
    if (status.ok()) continue;
    const bool again = absl::IsUnavailable(status) || absl::IsResourceExhausted(status) ||
                       absl::IsCancelled(status);
    if (!again || attempt >= kAttempts) return status;
    // The server asked for time, as long as its retry delay says, or is starting.
    absl::SleepFor(absl::Milliseconds(absl::IsResourceExhausted(status) ? 1'000 : 200));
  }
  return absl::OkStatus();
}

absl::StatusOr<int64_t> SendHistory(client::Connection& connection, const Retail& retail,
                                    const Progress& progress) {
  // A slice of customers at a time: two years of a million customers need not fit in memory.
  constexpr int64_t kSlice = 20'000;
  int64_t sent = 0;
  const int64_t total = retail.options().customers;
  for (int64_t first = 0; first < total; first += kSlice) {
    std::vector<Order> orders;
    for (int64_t i = first; i < std::min(total, first + kSlice); ++i) {
      for (Order& order : retail.History(i)) orders.push_back(std::move(order));
    }
    DANGOL_RETURN_IF_ERROR(SendOrders(connection, orders, nullptr));
    sent += static_cast<int64_t>(orders.size());
    if (progress) progress(std::min(total, first + kSlice), total);
  }
  return sent;
}

absl::StatusOr<profile::v1::Stats> AwaitActivities(client::Connection& connection,
                                                   int64_t activities) {
  const Micros end = SteadyMicros() + kPatience;
  for (;; absl::SleepFor(absl::Milliseconds(200))) {
    profile::v1::Stats stats;
    DANGOL_RETURN_IF_ERROR(client::Retrying(kPatience, [&](grpc::ClientContext* context) {
      return connection.profile->GetStats(context, {}, &stats);
    }));
    if (stats.activities() >= activities) return stats;
    if (SteadyMicros() > end) {
      return absl::DeadlineExceededError(
          absl::StrCat("of ", activities, " activities profile has taken in ", stats.activities()));
    }
  }
}

}  // namespace dangol::loadgen
