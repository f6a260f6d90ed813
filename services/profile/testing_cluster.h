// Profile's scopes of several partitions in memory, wired to each other, for its tests.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "dangol/common/v1/identifier.pb.h"
#include "dangol/event/v1/customer.pb.h"
#include "dangol/event/v1/ingest.pb.h"
#include "dangol/profile/v1/profile_service.pb.h"
#include "gtest/gtest.h"
#include "libs/base/rng.h"
#include "libs/stream/merge.h"
#include "libs/stream/testing/deliver.h"
#include "libs/stream/testing/fake_context.h"
#include "services/profile/domain/identifier.h"
#include "services/profile/processor.h"
#include "services/profile/tables.h"

namespace dangol::profile {

inline common::v1::Identifier Id(common::v1::IdentifierType type, const std::string& value) {
  common::v1::Identifier id;
  id.set_type(type);
  id.set_value(value);
  return id;
}
inline common::v1::Identifier User(const std::string& value) {
  return Id(common::v1::IDENTIFIER_TYPE_USER_ID, value);
}
inline common::v1::Identifier Email(const std::string& value) {
  return Id(common::v1::IDENTIFIER_TYPE_EMAIL, value);
}
inline common::v1::Identifier Phone(const std::string& value) {
  return Id(common::v1::IDENTIFIER_TYPE_PHONE, value);
}

// Each queue (topic partition) keeps its order; which one is read next is the seed's choice.
class Cluster {
 public:
  explicit Cluster(uint32_t partitions, uint64_t seed = 1) : rng_(seed) {
    const ServiceSpec spec = Spec();
    for (uint32_t p = 0; p < partitions; ++p) {
      const Scope scope{Service::kProfile, static_cast<Partition>(p)};
      contexts_.push_back(std::make_unique<FakeContext>(scope, partitions));
      processors_.push_back(spec.make(scope));
      EXPECT_TRUE(processors_[p]->OnAcquire(*contexts_[p]).ok());
      taken_.push_back(0);
    }
  }

  uint32_t partitions() const { return static_cast<uint32_t>(contexts_.size()); }
  FakeContext& context(uint32_t p) { return *contexts_[p]; }
  Processor& processor(uint32_t p) { return *processors_[p]; }
  void SetNow(Micros now) {
    for (auto& ctx : contexts_) ctx->SetNow(now);
  }

  // Where a producer puts the event: by the text of its (normal) primary identifier.
  void Ingest(const event::v1::IngestEvent& event) {
    Identifiers ids =
        event.has_activity() ? event.activity().identifiers() : event.upsert().identifiers();
    EXPECT_FALSE(NormaliseAll("KR", &ids));
    IngestAt(PartitionOf(SlotOf(ids.Get(0)), partitions()), event);
  }
  void IngestAt(uint32_t partition, const event::v1::IngestEvent& event) {
    queues_[{Topic::kIngest, static_cast<Partition>(partition)}].push_back(
        {"", event.SerializeAsString()});
  }

  // Until every queue is empty.
  void Run() {
    while (RunOne()) {
    }
  }
  // One record. False: there is none.
  bool RunOne() {
    std::vector<TopicPartition> ready;
    for (const auto& [at, queue] : queues_) {
      if (!queue.empty()) ready.push_back(at);
    }
    if (ready.empty()) return false;
    Step(ready[rng_.Below(ready.size())]);
    return true;
  }

  std::optional<CustomerId> Owner(const common::v1::Identifier& id) {
    return FindOwner(context(PartitionOf(SlotOf(id), partitions())), TextOf(id));
  }
  v1::CustomerRecord Record(CustomerId id) {
    auto record = LoadCustomer(context(PartitionOfCustomer(id, partitions())), id);
    EXPECT_TRUE(record.ok()) << record.status();
    return record.ok() ? *record : v1::CustomerRecord();
  }
  std::vector<v1::Merge> Merges() {
    std::vector<v1::Merge> all;
    for (auto& ctx : contexts_) {
      ScanPrefix(*ctx, Table::kIndex, kMergePrefix, "", [&](auto, absl::string_view value) {
        v1::MergeRecord record;
        record.ParseFromArray(value.data(), static_cast<int>(value.size()));
        all.push_back(record.merge());
        return true;
      });
    }
    return all;
  }
  // Of an identifier, or of a customer: who it is now. nullopt: erased, or never seen.
  std::optional<CustomerId> Now(const common::v1::Identifier& id) {
    const auto owner = Owner(id);
    return owner ? Now(*owner) : std::nullopt;
  }
  std::optional<CustomerId> Now(CustomerId id) {
    while (const auto into = MergedInto(Home(id), id)) id = *into;
    return IsErased(Home(id), id) ? std::nullopt : std::optional(id);
  }
  FakeContext& Home(CustomerId id) { return context(PartitionOfCustomer(id, partitions())); }
  // As ExecuteForCustomer: where the customer is now. What it sends is handled by the next Run.
  absl::StatusOr<std::string> Command(CustomerId id,
                                      std::function<v1::ProfileCommand(CustomerId)> body) {
    while (const auto into = MergedInto(Home(id), id)) id = *into;
    const uint32_t p = PartitionOfCustomer(id, partitions());
    auto outcome = processors_[p]->HandleCommand(body(id).SerializeAsString(), {"ann", {}, "r"},
                                                 *contexts_[p]);
    Queue(p);
    return outcome;
  }
  // A record of another service.
  void Send(Topic topic, Partition partition, std::string key, std::string value) {
    queues_[{topic, partition}].push_back({std::move(key), std::move(value)});
  }
  std::vector<event::v1::CustomerEvent> CustomerEvents() {
    std::vector<event::v1::CustomerEvent> all;
    for (auto& ctx : contexts_) {
      for (auto& e : ctx->EmittedTo<event::v1::CustomerEvent>(Topic::kCustomer)) all.push_back(e);
    }
    return all;
  }
  int64_t Counted(const std::string& name) {
    int64_t sum = 0;
    for (auto& ctx : contexts_) sum += ctx->counts[name];
    return sum;
  }
  int handled() const { return handled_; }

 private:
  struct Queued {
    std::string key;
    std::string value;
  };

  void Step(TopicPartition at) {
    const Queued record = std::move(queues_[at].front());
    queues_[at].pop_front();
    const uint32_t p = at.partition;
    ++handled_;
    const absl::Status status =
        Deliver(*processors_[p], *contexts_[p], at.topic, record.key, record.value);
    EXPECT_TRUE(status.ok()) << ToString(at) << ": " << status;
    Queue(p);
  }

  void Queue(uint32_t p) {
    auto& emitted = contexts_[p]->emitted;
    for (size_t& next = taken_[p]; next < emitted.size(); ++next) {
      const auto& e = emitted[next];
      if (e.topic == Topic::kCustomer) continue;
      queues_[{e.topic, e.partition}].push_back({e.key, e.value});
    }
  }

  Rng rng_;
  std::vector<std::unique_ptr<FakeContext>> contexts_;
  std::vector<std::unique_ptr<Processor>> processors_;
  std::vector<size_t> taken_;
  std::map<TopicPartition, std::deque<Queued>> queues_;
  int handled_ = 0;
};

inline event::v1::IngestEvent Purchase(const std::string& message_id,
                                       std::vector<common::v1::Identifier> ids, Micros occurred,
                                       int64_t net = 1000) {
  event::v1::IngestEvent event;
  event::v1::Activity* a = event.mutable_activity();
  a->set_message_id(message_id);
  a->set_source("pos");
  a->set_business_unit("shop");
  a->set_occurred_time_us(occurred);
  for (auto& id : ids) *a->add_identifiers() = id;
  a->mutable_purchase()->set_net_minor(net);
  a->mutable_purchase()->set_quantity(2);
  a->mutable_purchase()->set_currency("KRW");
  return event;
}

}  // namespace dangol::profile
