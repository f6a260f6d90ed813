#include "services/profile/domain/activity.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "dangol/event/v1/activity.pb.h"
#include "dangol/profile/v1/profile_service.pb.h"
#include "libs/base/hash.h"

namespace dangol::profile {
namespace {

using event::v1::Activity;

int64_t LineQuantity(const event::v1::Purchase& purchase) {
  int64_t sum = 0;
  for (const auto& line : purchase.lines()) sum += line.quantity();
  return sum;
}

std::string DetailOf(const Activity& a) {
  switch (a.kind_case()) {
    case Activity::kPurchase:
      return a.external_id();
    case Activity::kReturn:
      return a.return_().order_id();
    case Activity::kWebEvent:
      return a.web_event().event();
    case Activity::kDelivery:
      return a.delivery().order_id();
    case Activity::kInquiry:
      return a.inquiry().queue();
    case Activity::kPointEntry:
      return a.point_entry().programme();
    case Activity::kSurveyAnswer:
      return a.survey_answer().survey();
    default:
      return "";
  }
}

}  // namespace

absl::string_view KindName(const Activity& a) {
  switch (a.kind_case()) {
    case Activity::kPurchase:
      return "purchase";
    case Activity::kReturn:
      return "return";
    case Activity::kVisit:
      return "visit";
    case Activity::kWebEvent:
      return "web_event";
    case Activity::kDelivery:
      return "delivery";
    case Activity::kInquiry:
      return "inquiry";
    case Activity::kComplaint:
      return "complaint";
    case Activity::kPointEntry:
      return "point_entry";
    case Activity::kSurveyAnswer:
      return "survey_answer";
    case Activity::KIND_NOT_SET:
      return "unknown";
  }
  return "unknown";
}

bool IsOrder(const Activity& a) { return a.has_purchase() || a.has_return_(); }

uint64_t OrderHash(const Activity& a) {
  const std::string& id = a.external_id().empty() ? a.message_id() : a.external_id();
  // The length keeps ("ab", "c") and ("a", "bc") apart.
  return Hash64(absl::StrCat(a.has_return_() ? "r" : "p", a.source().size(), ":", a.source(),
                             a.external_id().empty() ? "m" : "x", id));
}

uint64_t RecentHash(const Activity& a) { return Hash64(a.message_id(), Hash64(a.source())); }

void Complete(absl::string_view unit_currency, Micros now, Activity* a) {
  a->clear_identifiers();
  a->set_received_time_us(now);
  if (a->has_purchase()) {
    event::v1::Purchase* p = a->mutable_purchase();
    if (p->currency().empty()) p->set_currency(std::string(unit_currency));
    if (p->lines_size() > 0) p->set_quantity(LineQuantity(*p));
  } else if (a->has_return_() && a->return_().currency().empty()) {
    a->mutable_return_()->set_currency(std::string(unit_currency));
  }
}

void FillTimeline(const Activity& a, v1::TimelineEntry* entry) {
  entry->set_time_us(a.occurred_time_us());
  entry->set_business_unit(a.business_unit());
  v1::TimelineActivity* line = entry->mutable_activity();
  line->set_activity_kind(std::string(KindName(a)));
  line->set_detail(DetailOf(a));
  line->set_store(a.store());
  line->set_channel(a.channel());
  line->set_message_id(a.message_id());
  line->set_treatment_code(a.treatment_code());
  if (a.has_purchase()) {
    line->set_net_minor(a.purchase().net_minor());
    line->set_currency(a.purchase().currency());
    line->set_quantity(a.purchase().quantity());
  } else if (a.has_return_()) {
    line->set_net_minor(-a.return_().net_minor());
    line->set_currency(a.return_().currency());
    line->set_quantity(a.return_().quantity());
  }
}

namespace {

void SetKind(const v1::TimelineActivity& line, Activity* a) {
  const std::string& kind = line.activity_kind();
  if (kind == "purchase") {
    a->set_external_id(line.detail());
    a->mutable_purchase()->set_net_minor(line.net_minor());
    a->mutable_purchase()->set_currency(line.currency());
    a->mutable_purchase()->set_quantity(line.quantity());
  } else if (kind == "return") {
    a->mutable_return_()->set_order_id(line.detail());
    a->mutable_return_()->set_net_minor(-line.net_minor());
    a->mutable_return_()->set_currency(line.currency());
    a->mutable_return_()->set_quantity(line.quantity());
  } else if (kind == "visit") {
    a->mutable_visit();
  } else if (kind == "web_event") {
    a->mutable_web_event()->set_event(line.detail());
  } else if (kind == "delivery") {
    a->mutable_delivery()->set_order_id(line.detail());
  } else if (kind == "inquiry") {
    a->mutable_inquiry()->set_queue(line.detail());
  } else if (kind == "complaint") {
    a->mutable_complaint();
  } else if (kind == "point_entry") {
    a->mutable_point_entry()->set_programme(line.detail());
  } else if (kind == "survey_answer") {
    a->mutable_survey_answer()->set_survey(line.detail());
  }
}

}  // namespace

bool FromTimeline(const v1::TimelineEntry& entry, Activity* a) {
  if (!entry.has_activity()) return false;
  const v1::TimelineActivity& line = entry.activity();
  a->set_message_id(line.message_id());
  a->set_business_unit(entry.business_unit());
  a->set_occurred_time_us(entry.time_us());
  a->set_store(line.store());
  a->set_channel(line.channel());
  a->set_treatment_code(line.treatment_code());
  SetKind(line, a);
  return a->kind_case() != Activity::KIND_NOT_SET;
}

}  // namespace dangol::profile
