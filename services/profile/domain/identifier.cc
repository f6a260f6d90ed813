#include "services/profile/domain/identifier.h"

#include <unicode/locid.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/utf8.h>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "services/profile/domain/phone.h"

namespace dangol::profile {
namespace {

using common::v1::Identifier;
using common::v1::IdentifierType;

bool IsAscii(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<int8_t>(c) >= 0; });
}

icu::UnicodeString Trimmed(const icu::UnicodeString& text) {
  int32_t begin = 0;
  int32_t end = text.length();
  // U+200B and U+FEFF are no white space in Unicode, yet spreadsheets leave them behind.
  auto space = [](UChar32 c) { return u_isUWhiteSpace(c) || c == 0x200B || c == 0xFEFF; };
  while (begin < end && space(text.char32At(begin))) begin = text.moveIndex32(begin, 1);
  while (end > begin && space(text.char32At(text.moveIndex32(end, -1)))) {
    end = text.moveIndex32(end, -1);
  }
  return icu::UnicodeString(text, begin, end - begin);
}

icu::UnicodeString Nfc(const icu::UnicodeString& text) {
  UErrorCode error = U_ZERO_ERROR;
  const icu::Normalizer2* nfc = icu::Normalizer2::getNFCInstance(error);
  return U_SUCCESS(error) ? nfc->normalize(text, error) : text;
}

// Trimmed NFC text, in lower case when asked for.
std::string Clean(absl::string_view value, bool lower) {
  if (IsAscii(value)) {
    const absl::string_view trimmed = absl::StripAsciiWhitespace(value);
    return lower ? absl::AsciiStrToLower(trimmed) : std::string(trimmed);
  }
  icu::UnicodeString text = icu::UnicodeString::fromUTF8(
      icu::StringPiece(value.data(), static_cast<int32_t>(value.size())));
  text = Trimmed(text);
  if (lower) text.toLower(icu::Locale::getRoot());
  std::string out;
  Nfc(text).toUTF8String(out);
  return out;
}

bool HasControl(absl::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return absl::ascii_iscntrl(c); });
}

MaybeProblem Bad(const Identifier& id, absl::string_view problem, absl::string_view fix) {
  return Problem{"value", id.value(), std::string(problem), std::string(fix)};
}

MaybeProblem CleanId(Identifier* id) {
  std::string value = Clean(id->value(), false);
  if (value.empty()) return Bad(*id, "is empty", "give the identifier or leave it out");
  if (HasControl(value)) return Bad(*id, "has control characters", "remove them");
  id->set_value(std::move(value));
  return std::nullopt;
}

MaybeProblem CleanCard(Identifier* id) {
  const std::string text = Clean(id->value(), false);
  std::string digits;
  for (int32_t i = 0, n = static_cast<int32_t>(text.size()); i < n;) {
    UChar32 c;
    U8_NEXT(text.data(), i, n, c);
    const int digit = c < 0 ? -1 : u_charDigitValue(c);
    if (digit >= 0) {
      digits.push_back(static_cast<char>('0' + digit));
    } else if (c != ' ' && c != '-' && c != '.') {
      return Bad(*id, "is no card number", "use digits, spaces and hyphens only");
    }
  }
  if (digits.size() < 4 || digits.size() > 32) {
    return Bad(*id, "is no card number", "a card number has 4 to 32 digits");
  }
  id->set_value(std::move(digits));
  return std::nullopt;
}

MaybeProblem CleanPhone(absl::string_view region, Identifier* id) {
  auto phone = NormalisePhone(Clean(id->value(), false), region);
  if (!phone) {
    return Bad(*id, absl::StrCat("is no phone number in region ", region),
               "write it with country code, e.g. +82 10 1234 5678");
  }
  id->set_value(*std::move(phone));
  return std::nullopt;
}

MaybeProblem CleanEmail(Identifier* id) {
  std::string value = Clean(id->value(), true);
  const size_t at = value.find('@');
  const bool shaped = at != std::string::npos && at > 0 && at + 1 < value.size() &&
                      value.find('@', at + 1) == std::string::npos;
  const bool spaced = value.find_first_of(" \t") != std::string::npos || HasControl(value);
  if (!shaped || spaced) return Bad(*id, "is no e-mail address", "use the form name@domain");
  id->set_value(std::move(value));
  return std::nullopt;
}

}  // namespace

bool IsUtf8(absl::string_view text) {
  if (IsAscii(text)) return true;
  for (int32_t i = 0, n = static_cast<int32_t>(text.size()); i < n;) {
    UChar32 c;
    U8_NEXT(text.data(), i, n, c);
    if (c < 0) return false;
  }
  return true;
}

MaybeProblem Normalise(absl::string_view phone_region, Identifier* id) {
  if (id->value().size() > kIdentifierBytesMax) {
    return Bad(*id, absl::StrCat("is longer than ", kIdentifierBytesMax, " bytes"), "shorten it");
  }
  if (!IsUtf8(id->value())) return Bad(*id, "is not UTF-8", "convert it to UTF-8");
  switch (id->type()) {
    case common::v1::IDENTIFIER_TYPE_USER_ID:
    case common::v1::IDENTIFIER_TYPE_ANONYMOUS_ID:
      return CleanId(id);
    case common::v1::IDENTIFIER_TYPE_CARD:
      return CleanCard(id);
    case common::v1::IDENTIFIER_TYPE_PHONE:
      return CleanPhone(phone_region, id);
    case common::v1::IDENTIFIER_TYPE_EMAIL:
      return CleanEmail(id);
    default:
      return Problem{"type", absl::StrCat(static_cast<int>(id->type())), "is no identifier type",
                     "use USER_ID, CARD, PHONE, EMAIL or ANONYMOUS_ID"};
  }
}

MaybeProblem NormaliseAll(absl::string_view phone_region, Identifiers* ids) {
  if (ids->empty() || ids->size() > kIdentifiersPerItemMax) {
    return Problem{"identifiers", absl::StrCat(ids->size()), "identifiers given",
                   absl::StrCat("give 1 to ", kIdentifiersPerItemMax)};
  }
  for (int i = 0; i < ids->size(); ++i) {
    if (auto p = Normalise(phone_region, ids->Mutable(i))) {
      return Under(absl::StrCat("identifiers[", i, "]"), *std::move(p));
    }
  }
  if (ids->size() == 1) return std::nullopt;
  // The enumeration is in order of strength.
  std::stable_sort(ids->begin(), ids->end(),
                   [](const Identifier& a, const Identifier& b) { return a.type() < b.type(); });
  int kept = 0;
  for (int i = 0; i < ids->size(); ++i) {
    bool seen = false;
    for (int j = 0; j < kept && !seen; ++j) {
      seen = ids->Get(j).type() == ids->Get(i).type() && ids->Get(j).value() == ids->Get(i).value();
    }
    if (!seen) ids->SwapElements(kept++, i);
  }
  ids->DeleteSubrange(kept, ids->size() - kept);
  return std::nullopt;
}

std::string TextOf(const Identifier& id) {
  static constexpr absl::string_view kNames[] = {"",      "user_id", "card",
                                                 "phone", "email",   "anonymous_id"};
  return absl::StrCat(kNames[static_cast<int>(id.type())], ":", id.value());
}

bool IsStrong(IdentifierType type) {
  return type == common::v1::IDENTIFIER_TYPE_USER_ID || type == common::v1::IDENTIFIER_TYPE_CARD;
}

}  // namespace dangol::profile
