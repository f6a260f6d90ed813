#include "libs/backbone/topics.h"

#include "absl/strings/str_cat.h"

namespace dangol {
namespace {

struct TopicInfo {
  absl::string_view name;
  Retention retention;
};
constexpr TopicInfo kInfo[kTopics] = {
    {"ingest", Retention::kDays},         {"resolved", Retention::kDays},
    {"customer", Retention::kForever},    {"segment", Retention::kDays},
    {"proposal", Retention::kDays},       {"decision", Retention::kForever},
    {"contact", Retention::kForever},     {"response", Retention::kForever},
    {"definition", Retention::kForever},  {"dead", Retention::kDays},
    {"inbox.profile", Retention::kDays},  {"inbox.segmentation", Retention::kDays},
    {"inbox.offer", Retention::kDays},    {"inbox.campaign", Retention::kDays},
    {"inbox.response", Retention::kDays},
};

}  // namespace

absl::string_view TopicName(Topic topic) { return kInfo[static_cast<int>(topic)].name; }

std::string FullTopicName(Topic topic) { return absl::StrCat("dangol.", TopicName(topic), ".v1"); }

Retention RetentionOf(Topic topic) { return kInfo[static_cast<int>(topic)].retention; }

std::string ToString(TopicPartition tp) {
  return absl::StrCat(TopicName(tp.topic), "/", tp.partition);
}

}  // namespace dangol
