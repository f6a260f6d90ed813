#include "services/profile/domain/validate.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "dangol/event/v1/activity.pb.h"
#include "dangol/event/v1/ingest.pb.h"
#include "google/protobuf/message.h"
#include "google/protobuf/unknown_field_set.h"
#include "libs/base/calendar.h"
#include "libs/expr/currency.h"
#include "services/profile/domain/identifier.h"

namespace dangol::profile {
namespace {

using event::v1::Activity;

bool HasUnknown(const google::protobuf::Message& message) {
  return !message.GetReflection()->GetUnknownFields(message).empty();
}

// Tabs and line breaks are part of what people write.
bool IsControl(char c) {
  return absl::ascii_iscntrl(static_cast<unsigned char>(c)) && c != '\t' && c != '\n' && c != '\r';
}

// Collects the first problem; later checks are skipped.
class Checker {
 public:
  bool ok() const { return !problem_; }
  MaybeProblem Take() { return std::move(problem_); }

  void Fail(absl::string_view field, absl::string_view value, absl::string_view problem,
            absl::string_view fix) {
    if (ok()) {
      problem_ =
          Problem{std::string(field), std::string(value), std::string(problem), std::string(fix)};
    }
  }
  void Text(absl::string_view field, absl::string_view value, size_t limit = kShortTextBytesMax) {
    if (value.size() > limit) {
      Fail(field, value, "is too long", absl::StrCat("use at most ", limit, " bytes"));
    } else if (!IsUtf8(value)) {
      Fail(field, value, "is not UTF-8", "convert it to UTF-8");
    } else if (std::any_of(value.begin(), value.end(), IsControl)) {
      Fail(field, value, "has control characters", "remove them");
    }
  }
  // Ignoring what we do not know could mean the opposite of what the source says.
  void Known(absl::string_view field, const google::protobuf::Message& message) {
    const auto& unknown = message.GetReflection()->GetUnknownFields(message);
    if (unknown.empty()) return;
    Fail(field, absl::StrCat("field ", unknown.field(0).number()),
         "is not known to this server, or has another type",
         "use this server's proto files, or a newer server");
  }
  void Enum(absl::string_view field, int value, bool valid) {
    if (!valid) Fail(field, absl::StrCat(value), "is not known", "use a value of the proto file");
  }
  void Range(absl::string_view field, int64_t value, int64_t low, int64_t high) {
    if (value >= low && value <= high) return;
    Fail(field, absl::StrCat(value), "is out of range", absl::StrCat("use ", low, " to ", high));
  }
  void Required(absl::string_view field, absl::string_view value,
                size_t limit = kShortTextBytesMax) {
    if (value.empty()) Fail(field, value, "is missing", "it is required");
    Text(field, value, limit);
  }
  void Money(absl::string_view field, int64_t minor) {
    if (minor > kMoneyMinorMax || minor < -kMoneyMinorMax) {
      Fail(field, absl::StrCat(minor), "is out of range", "amounts are at most 10^15 minor units");
    }
  }
  void Quantity(absl::string_view field, int64_t quantity) {
    if (quantity < 0 || quantity > kQuantityMax) {
      Fail(field, absl::StrCat(quantity), "is out of range",
           absl::StrCat("use 0 to ", kQuantityMax));
    }
  }
  void Currency(absl::string_view field, absl::string_view code) {
    if (code.empty() || expr::CurrencyDecimals(code)) return;
    Fail(field, code, "is no currency", "use ISO 4217, three capital letters, e.g. KRW");
  }
  void Time(absl::string_view field, Micros t, Micros latest) {
    if (t < kEarliestTime) {
      Fail(field, FormatTime(t), "is before 1900", "times are UTC microseconds");
    } else if (t > latest) {
      Fail(field, FormatTime(t), "is more than a day ahead",
           "check the source's clock; times are UTC microseconds");
    }
  }
  template <typename Map>
  void Properties(absl::string_view field, const Map& map) {
    if (map.size() > kPropertiesMax) {
      Fail(field, absl::StrCat(map.size()), "entries are too many",
           absl::StrCat("give at most ", kPropertiesMax));
    }
    for (const auto& [key, value] : map) {
      Text(absl::StrCat(field, "[", key, "]"), value, kPropertyBytesMax);
      Required(absl::StrCat(field, " key"), key);
    }
  }

 private:
  MaybeProblem problem_;
};

void CheckPurchase(const event::v1::Purchase& p, Checker& check) {
  check.Known("purchase", p);
  check.Currency("purchase.currency", p.currency());
  check.Money("purchase.net_minor", p.net_minor());
  check.Money("purchase.gross_minor", p.gross_minor());
  check.Money("purchase.discount_minor", p.discount_minor());
  check.Money("purchase.points_used_minor", p.points_used_minor());
  check.Money("purchase.tax_minor", p.tax_minor());
  check.Quantity("purchase.quantity", p.quantity());
  if (p.lines_size() > kLinesMax) {
    return check.Fail("purchase.lines", absl::StrCat(p.lines_size()), "lines are too many",
                      absl::StrCat("give at most ", kLinesMax));
  }
  if (p.coupon_codes_size() > kPropertiesMax) {
    return check.Fail("purchase.coupon_codes", absl::StrCat(p.coupon_codes_size()),
                      "codes are too many", absl::StrCat("give at most ", kPropertiesMax));
  }
  for (const std::string& code : p.coupon_codes()) check.Text("purchase.coupon_codes", code);
  for (int i = 0; i < p.lines_size() && check.ok(); ++i) {
    const std::string at = absl::StrCat("purchase.lines[", i, "].");
    const auto& line = p.lines(i);
    if (HasUnknown(line)) check.Known(absl::StrCat("purchase.lines[", i, "]"), line);
    check.Text(at + "sku", line.sku());
    check.Text(at + "brand", line.brand());
    check.Text(at + "category_large", line.category_large());
    check.Text(at + "category_middle", line.category_middle());
    check.Text(at + "category_small", line.category_small());
    check.Quantity(at + "quantity", line.quantity());
    check.Money(at + "unit_price_minor", line.unit_price_minor());
    check.Money(at + "net_minor", line.net_minor());
    check.Money(at + "cost_of_goods_minor", line.cost_of_goods_minor());
  }
}

void CheckReturn(const event::v1::Return& r, Checker& check) {
  check.Known("return", r);
  check.Currency("return.currency", r.currency());
  check.Money("return.net_minor", r.net_minor());
  if (r.net_minor() < 0) {
    check.Fail("return.net_minor", absl::StrCat(r.net_minor()), "is negative",
               "give what was paid back as a positive amount");
  }
  check.Quantity("return.quantity", r.quantity());
  check.Text("return.order_id", r.order_id());
}

void CheckInquiry(const event::v1::Inquiry& i, Checker& check) {
  check.Known("inquiry", i);
  check.Text("inquiry.queue", i.queue());
  check.Quantity("inquiry.wait_s", i.wait_s());
  check.Quantity("inquiry.talk_s", i.talk_s());
  check.Quantity("inquiry.wrapup_s", i.wrapup_s());
  check.Range("inquiry.satisfaction", i.satisfaction(), 0, 5);
}

void CheckKind(const Activity& a, Checker& check) {
  switch (a.kind_case()) {
    case Activity::kPurchase:
      return CheckPurchase(a.purchase(), check);
    case Activity::kReturn:
      return CheckReturn(a.return_(), check);
    case Activity::kVisit:
      check.Known("visit", a.visit());
      return check.Enum("visit.place", a.visit().place(),
                        event::v1::VisitPlace_IsValid(a.visit().place()));
    case Activity::kWebEvent:
      check.Known("web_event", a.web_event());
      check.Properties("web_event.properties", a.web_event().properties());
      return check.Required("web_event.event", a.web_event().event());
    case Activity::kSurveyAnswer:
      check.Known("survey_answer", a.survey_answer());
      check.Text("survey_answer.survey", a.survey_answer().survey());
      return check.Properties("survey_answer.answers", a.survey_answer().answers());
    case Activity::kDelivery:
      check.Known("delivery", a.delivery());
      return check.Text("delivery.order_id", a.delivery().order_id());
    case Activity::kInquiry:
      return CheckInquiry(a.inquiry(), check);
    case Activity::kComplaint:
      check.Known("complaint", a.complaint());
      return check.Range("complaint.severity", a.complaint().severity(), 0, 5);
    case Activity::kPointEntry:
      check.Known("point_entry", a.point_entry());
      check.Text("point_entry.programme", a.point_entry().programme());
      check.Enum("point_entry.type", a.point_entry().type(),
                 event::v1::PointEntryType_IsValid(a.point_entry().type()));
      return check.Money("point_entry.points", a.point_entry().points());
    case Activity::KIND_NOT_SET:
      return check.Fail("kind", "", "is missing", "say what happened: purchase, return, visit, …");
  }
}

void CheckTrait(absl::string_view name, const v1::TraitValue& value, Checker& check) {
  check.Required("traits key", name, 64);
  const std::string field = absl::StrCat("traits[", name, "]");
  if (value.has_text()) check.Text(field, value.text(), kPropertyBytesMax);
  if (value.has_number() && !std::isfinite(value.number())) {
    check.Fail(field, absl::StrCat(value.number()), "is no number", "use a finite number");
  }
}

}  // namespace

MaybeProblem CheckConsent(const v1::Consent& consent) {
  Checker check;
  check.Required("channel", consent.channel(), 32);
  check.Text("evidence", consent.evidence());
  if (consent.purpose() == v1::CONSENT_PURPOSE_UNSPECIFIED ||
      !v1::ConsentPurpose_IsValid(consent.purpose())) {
    check.Fail("purpose", absl::StrCat(static_cast<int>(consent.purpose())), "is no purpose",
               "use MARKETING, NIGHT_MARKETING, SERVICE, PROFILING or THIRD_PARTY");
  }
  if (consent.granted() && consent.evidence().empty()) {
    check.Fail("evidence", "", "is missing",
               "a granted consent needs its proof: a form number, a recording id");
  }
  return check.Take();
}

MaybeProblem CheckActivity(const Activity& a, Micros latest) {
  Checker check;
  check.Required("message_id", a.message_id(), kMessageIdBytesMax);
  check.Required("business_unit", a.business_unit());
  check.Text("source", a.source());
  check.Text("external_id", a.external_id());
  check.Text("store", a.store());
  check.Text("channel", a.channel());
  check.Text("treatment_code", a.treatment_code());
  check.Text("contact_id", a.contact_id());
  check.Known("", a);
  for (int i = 0; i < a.identifiers_size() && check.ok(); ++i) {
    if (!HasUnknown(a.identifiers(i))) continue;
    check.Known(absl::StrCat("identifiers[", i, "]"), a.identifiers(i));
  }
  if (a.occurred_time_us() == 0) {
    check.Fail("occurred_time_us", "0", "is missing", "say when it happened, UTC microseconds");
  }
  check.Time("occurred_time_us", a.occurred_time_us(), latest);
  if (a.received_time_us() != 0) check.Time("received_time_us", a.received_time_us(), latest);
  CheckKind(a, check);
  return check.Take();
}

MaybeProblem CheckUpsert(const event::v1::CustomerUpsert& u, Micros latest) {
  Checker check;
  check.Required("message_id", u.message_id(), kMessageIdBytesMax);
  check.Text("source", u.source());
  check.Text("business_unit", u.business_unit());
  check.Time("observed_time_us", u.observed_time_us(), latest);
  if (u.traits_size() > kPropertiesMax || u.consents_size() > kPropertiesMax) {
    check.Fail("traits", absl::StrCat(u.traits_size()), "traits or consents are too many",
               absl::StrCat("give at most ", kPropertiesMax, " of each"));
  }
  for (const auto& [name, value] : u.traits()) CheckTrait(name, value, check);
  if (!u.time_zone().empty() && !LoadZone(u.time_zone()).ok()) {
    check.Fail("time_zone", u.time_zone(), "is no time zone", "use an IANA name, e.g. Asia/Seoul");
  }
  check.Text("restriction.reason", u.restriction().reason());
  if (!check.ok()) return check.Take();
  for (int i = 0; i < u.consents_size(); ++i) {
    if (auto p = CheckConsent(u.consents(i))) {
      return Under(absl::StrCat("consents[", i, "]"), *std::move(p));
    }
    check.Time(absl::StrCat("consents[", i, "].observed_time_us"), u.consents(i).observed_time_us(),
               latest);
  }
  return check.Take();
}

}  // namespace dangol::profile
