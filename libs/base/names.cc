#include "libs/base/names.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "libs/base/hash.h"
#include "libs/base/status.h"

namespace dangol {
namespace {

constexpr size_t kMaxName = 63;
constexpr absl::string_view kCustomers = "customers/";

bool IsNameByte(char c) { return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '-'; }

}  // namespace

absl::Status CheckResourceName(absl::string_view field, absl::string_view name) {
  bool good = !name.empty() && name.size() <= kMaxName && absl::ascii_islower(name[0]) &&
              name.back() != '-';
  for (char c : name) good = good && IsNameByte(c);
  if (good) return absl::OkStatus();
  return BadField(field, name, "is not a resource name",
                  "use 1 to 63 of a-z, 0-9 and -, beginning with a letter");
}

std::string CustomerName(CustomerId id) { return absl::StrFormat("%s%016x", kCustomers, id); }

absl::StatusOr<CustomerId> ParseCustomerName(absl::string_view field, absl::string_view name) {
  uint64_t id = 0;
  if (absl::StartsWith(name, kCustomers) && name.size() == kCustomers.size() + 16 &&
      absl::SimpleHexAtoi(name.substr(kCustomers.size()), &id) && id != 0) {
    return id;
  }
  return BadField(field, name, "is not a customer name",
                  "write customers/ and 16 hexadecimal digits");
}

std::string EtagOf(absl::string_view content) { return absl::StrFormat("%016x", Hash64(content)); }

}  // namespace dangol
