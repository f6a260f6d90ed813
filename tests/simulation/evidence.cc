#include "tests/simulation/evidence.h"

#include "dangol/event/v1/definition.pb.h"
#include "gtest/gtest.h"

namespace dangol::simulation {
namespace {

template <typename Message, typename Fn>
void ForEach(World& world, Topic topic, const Fn& fn) {
  for (uint32_t p = 0; p < world.partitions(); ++p) {
    std::vector<StoredRecord> records;
    EXPECT_TRUE(
        world.log().Read({topic, static_cast<Partition>(p)}, 0, SIZE_MAX, SIZE_MAX, &records).ok());
    for (const StoredRecord& stored : records) {
      Message message;
      EXPECT_TRUE(message.ParseFromString(stored.record.value));
      fn(message);
    }
  }
}

}  // namespace

Evidence::Evidence(World* world) {
  ForEach<event::v1::CustomerEvent>(*world, Topic::kCustomer, [&](const auto& event) {
    if (event.customer_id() == 0) return;  // a watermark
    if (event.has_merged()) merged[event.customer_id()] = event.merged().into();
    Person& person = people[event.customer_id()];
    if (event.has_activity()) person.activities.push_back(event.activity());
    const auto city = event.changed().traits().find("city");
    if (city != event.changed().traits().end()) person.city = city->second.value().text();
  });
  ForEach<event::v1::ContactEvent>(*world, Topic::kContact, [&](const auto& contact) {
    contacts[contact.contact_id()] = contact;
  });
  ForEach<event::v1::ProposalEvent>(*world, Topic::kProposal,
                                    [&](const auto& p) { proposals.push_back(p); });
  ForEach<event::v1::DecisionEvent>(*world, Topic::kDecision,
                                    [&](const auto& d) { decisions.push_back(d); });
  ForEach<event::v1::DefinitionEvent>(*world, Topic::kDefinition, [&](const auto& definition) {
    if (definition.has_campaign()) campaigns[definition.campaign().name()] = definition.campaign();
    if (definition.has_offer()) offers[definition.offer().name()] = definition.offer();
  });
  for (uint32_t p = 0; p < world->partitions(); ++p) {
    std::vector<StoredRecord> letters;
    const TopicPartition from{Topic::kDead, static_cast<Partition>(p)};
    EXPECT_TRUE(world->log().Read(from, 0, SIZE_MAX, SIZE_MAX, &letters).ok());
    dead += static_cast<int64_t>(letters.size());
  }
}

}  // namespace dangol::simulation
