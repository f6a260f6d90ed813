// Every topic of the event log, who owns it and how long it is kept. The one list of topics.
#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "libs/base/types.h"

namespace dangol {

enum class Topic : uint8_t {
  kIngest,
  kResolved,
  kCustomer,
  kSegment,
  kProposal,
  kDecision,
  kContact,
  kResponse,
  kDefinition,
  kDead,
  kInboxProfile,
  kInboxSegmentation,
  kInboxOffer,
  kInboxCampaign,
  kInboxResponse,
};
inline constexpr int kTopics = 15;

enum class Retention : uint8_t {
  kDays,  // 7 days, and never past a reader that still needs it
  kForever,
};

// "customer", "inbox.offer"; the full name of a topic is "dangol.<name>.v1".
absl::string_view TopicName(Topic topic);
std::string FullTopicName(Topic topic);
Retention RetentionOf(Topic topic);
// The message that every record of the topic holds: "dangol.event.v1.CustomerEvent".
absl::string_view MessageTypeOf(Topic topic);

constexpr Topic InboxOf(Service service) {
  return static_cast<Topic>(static_cast<int>(Topic::kInboxProfile) + static_cast<int>(service));
}

struct TopicPartition {
  Topic topic;
  Partition partition;
  friend bool operator==(const TopicPartition&, const TopicPartition&) = default;
  friend auto operator<=>(const TopicPartition&, const TopicPartition&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const TopicPartition& tp) {
    return H::combine(std::move(h), static_cast<int>(tp.topic), tp.partition);
  }
};
std::string ToString(TopicPartition tp);  // "customer/3"

}  // namespace dangol
