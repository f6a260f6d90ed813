#include "libs/backbone/kafka/cloud_events.h"

#include <gtest/gtest.h>

#include <map>

#include "dangol/event/v1/contact.pb.h"
#include "dangol/event/v1/customer.pb.h"
#include "dangol/event/v1/dead.pb.h"
#include "dangol/event/v1/decision.pb.h"
#include "dangol/event/v1/definition.pb.h"
#include "dangol/event/v1/inbox.pb.h"
#include "dangol/event/v1/ingest.pb.h"
#include "dangol/event/v1/proposal.pb.h"
#include "dangol/event/v1/response.pb.h"
#include "dangol/event/v1/segment.pb.h"

namespace dangol::kafka {
namespace {

TEST(CloudEventsTest, EveryTopicNamesItsMessage) {
  using namespace event::v1;  // NOLINT
  const std::map<Topic, const google::protobuf::Descriptor*> messages = {
      {Topic::kIngest, IngestEvent::descriptor()},
      {Topic::kResolved, ResolvedEvent::descriptor()},
      {Topic::kCustomer, CustomerEvent::descriptor()},
      {Topic::kSegment, SegmentEvent::descriptor()},
      {Topic::kProposal, ProposalEvent::descriptor()},
      {Topic::kDecision, DecisionEvent::descriptor()},
      {Topic::kContact, ContactEvent::descriptor()},
      {Topic::kResponse, ResponseEvent::descriptor()},
      {Topic::kDefinition, DefinitionEvent::descriptor()},
      {Topic::kDead, DeadLetter::descriptor()},
  };
  for (int t = 0; t < kTopics; ++t) {
    const Topic topic = static_cast<Topic>(t);
    const auto it = messages.find(topic);
    EXPECT_EQ(std::string(MessageTypeOf(topic)), it == messages.end()
                                                     ? InboxRecord::descriptor()->full_name()
                                                     : it->second->full_name())
        << TopicName(topic);
  }
}

TEST(CloudEventsTest, AForeignMessageIsKeptAsItIs) {
  rd_kafka_headers_t* headers = rd_kafka_headers_new(3);
  rd_kafka_header_add(headers, "ce_id", -1, "a\0b", 3);
  rd_kafka_header_add(headers, "ce_id", -1, "\xff", 1);
  rd_kafka_header_add(headers, "\xc3\x28", -1, nullptr, 0);
  event::v1::IngestEvent event;
  ASSERT_TRUE(event.ParseFromString(WrapForeign(headers, "any \xff bytes")));
  rd_kafka_headers_destroy(headers);
  EXPECT_EQ(event.foreign().value(), "any \xff bytes");
  ASSERT_EQ(event.foreign().headers_size(), 3);
  EXPECT_EQ(event.foreign().headers(0).value(), std::string("a\0b", 3));
  EXPECT_EQ(event.foreign().headers(1).name(), "ce_id");
  EXPECT_EQ(event.foreign().headers(2).name(), "\xc3\x28");
  EXPECT_EQ(event.foreign().headers(2).value(), "");

  ASSERT_TRUE(event.ParseFromString(WrapForeign(nullptr, {})));
  ASSERT_TRUE(event.has_foreign());
  EXPECT_EQ(event.foreign().headers_size(), 0);
}

}  // namespace
}  // namespace dangol::kafka
