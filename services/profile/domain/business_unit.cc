#include "services/profile/domain/business_unit.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "dangol/common/v1/business_unit.pb.h"
#include "libs/base/calendar.h"
#include "libs/base/names.h"
#include "libs/base/status.h"
#include "libs/expr/currency.h"
#include "services/profile/domain/phone.h"

namespace dangol::profile {
namespace {

using common::v1::BusinessUnit;

constexpr int kMinutesPerDay = 24 * 60;

absl::Status CheckMinute(absl::string_view field, int minute) {
  if (minute >= 0 && minute < kMinutesPerDay) return absl::OkStatus();
  return BadField(field, absl::StrCat(minute), "is no minute of the day", "use 0 to 1439");
}

std::string ContentOf(BusinessUnit unit) {
  unit.clear_etag();
  unit.clear_version();
  return unit.SerializeAsString();
}

}  // namespace

const char* ChangeName(Change change) {
  switch (change) {
    case Change::kCreated:
      return "CREATED";
    case Change::kUpdated:
      return "UPDATED";
    case Change::kUnchanged:
      break;
  }
  return "UNCHANGED";
}

absl::Status CheckBusinessUnit(const BusinessUnit& unit) {
  DANGOL_RETURN_IF_ERROR(CheckResourceName("business_unit.name", unit.name()));
  if (unit.display_name().size() > 256) {
    return BadField("business_unit.display_name", unit.display_name(), "is too long",
                    "use at most 256 bytes");
  }
  if (!expr::CurrencyDecimals(unit.currency())) {
    return BadField("business_unit.currency", unit.currency(), "is no currency",
                    "use ISO 4217, three capital letters, e.g. KRW");
  }
  if (!LoadZone(unit.time_zone()).ok() || unit.time_zone().empty()) {
    return BadField("business_unit.time_zone", unit.time_zone(), "is no time zone",
                    "use an IANA name, e.g. Asia/Seoul");
  }
  if (!unit.phone_region().empty() && !IsPhoneRegion(unit.phone_region())) {
    return BadField("business_unit.phone_region", unit.phone_region(), "is no region",
                    "use ISO 3166, two capital letters, e.g. KR");
  }
  DANGOL_RETURN_IF_ERROR(
      CheckMinute("business_unit.quiet_hours.start_minute", unit.quiet_hours().start_minute()));
  return CheckMinute("business_unit.quiet_hours.end_minute", unit.quiet_hours().end_minute());
}

absl::StatusOr<Change> ApplyUnit(const BusinessUnit* current, BusinessUnit* wanted) {
  if (!wanted->etag().empty() && (current == nullptr || current->etag() != wanted->etag())) {
    return EtagMismatch(absl::StrCat("business unit ", wanted->name()), wanted->etag(),
                        current == nullptr ? "" : current->etag());
  }
  if (current != nullptr && current->currency() != wanted->currency()) {
    return Precondition(
        "CURRENCY_FIXED",
        absl::StrCat("business unit ", wanted->name(), " counts in ", current->currency(),
                     "; make another unit for ", wanted->currency()));
  }
  if (current != nullptr && ContentOf(*current) == ContentOf(*wanted)) {
    *wanted = *current;
    return Change::kUnchanged;
  }
  wanted->set_version(current == nullptr ? 1 : current->version() + 1);
  wanted->set_etag(EtagOf(absl::StrCat(wanted->version(), ":", ContentOf(*wanted))));
  return current == nullptr ? Change::kCreated : Change::kUpdated;
}

Problem NoUnit(absl::string_view name, const std::vector<std::string>& known) {
  const std::string nearest = Nearest(name, known);
  return {"business_unit", std::string(name), "does not exist",
          !nearest.empty() ? absl::StrCat("did you mean ", nearest, "?")
          : known.empty()  ? "apply a business unit first"
                           : absl::StrCat("use one of ", absl::StrJoin(known, ", "))};
}

}  // namespace dangol::profile
