#include "libs/backbone/topics.h"

#include "absl/strings/str_cat.h"

namespace dangol {
namespace {

struct TopicInfo {
  absl::string_view name;
  Retention retention;
  absl::string_view message;
};
constexpr absl::string_view kInboxRecord = "dangol.event.v1.InboxRecord";
constexpr TopicInfo kInfo[kTopics] = {
    {"ingest", Retention::kDays, "dangol.event.v1.IngestEvent"},
    {"resolved", Retention::kDays, "dangol.event.v1.ResolvedEvent"},
    {"customer", Retention::kForever, "dangol.event.v1.CustomerEvent"},
    {"segment", Retention::kDays, "dangol.event.v1.SegmentEvent"},
    {"proposal", Retention::kDays, "dangol.event.v1.ProposalEvent"},
    {"decision", Retention::kForever, "dangol.event.v1.DecisionEvent"},
    {"contact", Retention::kForever, "dangol.event.v1.ContactEvent"},
    {"response", Retention::kForever, "dangol.event.v1.ResponseEvent"},
    {"definition", Retention::kForever, "dangol.event.v1.DefinitionEvent"},
    {"dead", Retention::kDays, "dangol.event.v1.DeadLetter"},
    {"inbox.profile", Retention::kDays, kInboxRecord},
    {"inbox.segmentation", Retention::kDays, kInboxRecord},
    {"inbox.offer", Retention::kDays, kInboxRecord},
    {"inbox.campaign", Retention::kDays, kInboxRecord},
    {"inbox.response", Retention::kDays, kInboxRecord},
};

}  // namespace

absl::string_view TopicName(Topic topic) { return kInfo[static_cast<int>(topic)].name; }

std::string FullTopicName(Topic topic) { return absl::StrCat("dangol.", TopicName(topic), ".v1"); }

Retention RetentionOf(Topic topic) { return kInfo[static_cast<int>(topic)].retention; }

absl::string_view MessageTypeOf(Topic topic) { return kInfo[static_cast<int>(topic)].message; }

std::string ToString(TopicPartition tp) {
  return absl::StrCat(TopicName(tp.topic), "/", tp.partition);
}

}  // namespace dangol
