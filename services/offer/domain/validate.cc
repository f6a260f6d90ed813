#include "services/offer/domain/validate.h"

#include "absl/strings/str_cat.h"
#include "dangol/offer/v1/offer.pb.h"
#include "libs/base/names.h"
#include "libs/base/status.h"

namespace dangol::offer {
namespace {

constexpr int64_t kMaxMinor = 1'000'000'000'000;  // a budget beyond this is a slip of the keyboard

absl::Status InRange(absl::string_view field, int64_t value, int64_t low, int64_t high) {
  if (value >= low && value <= high) return absl::OkStatus();
  return BadField(field, absl::StrCat(value), "is out of range",
                  absl::StrCat("give ", low, " to ", high));
}

}  // namespace

absl::Status ValidateOffer(const v1::Offer& offer) {
  DANGOL_RETURN_IF_ERROR(CheckResourceName("offer.name", offer.name()));
  DANGOL_RETURN_IF_ERROR(CheckResourceName("offer.business_unit", offer.business_unit()));
  if (!offer.eligible_segment().empty()) {
    DANGOL_RETURN_IF_ERROR(CheckResourceName("offer.eligible_segment", offer.eligible_segment()));
  }
  DANGOL_RETURN_IF_ERROR(
      InRange("offer.response_value_minor", offer.response_value_minor(), 1, kMaxMinor));
  DANGOL_RETURN_IF_ERROR(InRange("offer.unit_cost_micros", offer.unit_cost_micros(), 0, kMaxMinor));
  DANGOL_RETURN_IF_ERROR(InRange("offer.budget_minor", offer.budget_minor(), 0, kMaxMinor));
  DANGOL_RETURN_IF_ERROR(InRange("offer.margin_bp", offer.margin_bp(), 0, 10'000));
  DANGOL_RETURN_IF_ERROR(InRange("offer.cap.count", offer.cap().count(), 0, 1'000));
  if (offer.cap().count() > 0) {
    DANGOL_RETURN_IF_ERROR(
        InRange("offer.cap.window_us", offer.cap().window_us(), 1, 3660LL * 86'400 * 1'000'000));
  }
  if (offer.valid_end_time_us() != 0 && offer.valid_end_time_us() <= offer.valid_start_time_us()) {
    return BadField("offer.valid_end_time_us", absl::StrCat(offer.valid_end_time_us()),
                    "is not after valid_start_time_us", "give a later time, or 0 for open");
  }
  return absl::OkStatus();
}

}  // namespace dangol::offer
