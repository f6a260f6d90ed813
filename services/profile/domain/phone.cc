#include "services/profile/domain/phone.h"

#include <algorithm>
#include <set>

#include "phonenumbers/phonenumberutil.h"

namespace dangol::profile {
namespace {

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;

constexpr absl::string_view kKoreanMobile = "+8210";
constexpr size_t kKoreanMobileLength = 13;

bool AllDigits(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Already what the library would return; it takes some 10 µs, and most numbers look like this.
bool IsKoreanMobile(absl::string_view text) {
  return text.size() == kKoreanMobileLength && text.substr(0, 5) == kKoreanMobile &&
         AllDigits(text.substr(1));
}

}  // namespace

std::optional<std::string> NormalisePhone(absl::string_view text, absl::string_view region) {
  if (IsKoreanMobile(text)) return std::string(text);
  const PhoneNumberUtil& util = *PhoneNumberUtil::GetInstance();
  PhoneNumber number;
  if (util.Parse(std::string(text), std::string(region), &number) !=
          PhoneNumberUtil::NO_PARSING_ERROR ||
      !util.IsPossibleNumber(number)) {
    return std::nullopt;
  }
  number.clear_extension();
  std::string out;
  util.Format(number, PhoneNumberUtil::E164, &out);
  return out;
}

bool IsPhoneRegion(absl::string_view region) {
  std::set<std::string> regions;
  PhoneNumberUtil::GetInstance()->GetSupportedRegions(&regions);
  return regions.count(std::string(region)) > 0;
}

}  // namespace dangol::profile
