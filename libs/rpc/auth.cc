#include "libs/rpc/auth.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "libs/base/hash.h"
#include "libs/base/rng.h"
#include "libs/base/status.h"
#include "libs/base/types.h"
#include "libs/rpc/token_file.h"
#include "openssl/crypto.h"

namespace dangol::rpc {
namespace {

constexpr const char* kNames[kRoles] = {"READER",   "TRACKER", "PLANNER", "APPROVER",
                                        "OPERATOR", "PEER",    "ADMIN"};
constexpr char kDevelopmentPrincipal[] = "local";

absl::Status Unauthenticated(const char* reason, absl::string_view message) {
  return WithDetail(absl::UnauthenticatedError(std::string(message)), {reason, {}, {}});
}

// A principal's name without a token behind it.
absl::StatusOr<Principal> SelfNamed(absl::string_view name) {
  if (name.empty()) name = kDevelopmentPrincipal;
  if (!IsPrincipalName(name)) {
    return Unauthenticated("PRINCIPAL_INVALID",
                           "x-dangol-principal is not 1 to 128 printable ASCII characters");
  }
  return Principal{std::string(name), RoleSet::All()};
}

bool SameHash(const std::string& a, const std::string& b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace

absl::string_view RoleName(Role role) { return kNames[static_cast<int>(role)]; }

absl::StatusOr<Role> ParseRole(absl::string_view name) {
  const std::string upper = absl::AsciiStrToUpper(name);
  for (int i = 0; i < kRoles; ++i) {
    if (upper == kNames[i]) return static_cast<Role>(i);
  }
  const std::vector<std::string> known(std::begin(kNames), std::end(kNames));
  const std::string nearest = Nearest(upper, known);
  return BadField("roles", name, "is not a role",
                  nearest.empty() ? absl::StrCat("use one of ", absl::StrJoin(known, ", "))
                                  : absl::StrCat("did you mean ", nearest, "?"));
}

RoleSet RoleSet::All() { return RoleSet().Add(Role::kAdmin); }

RoleSet& RoleSet::Add(Role role) {
  bits_ |= 1u << static_cast<int>(role);
  return *this;
}

bool RoleSet::Has(Role role) const {
  return ((bits_ >> static_cast<int>(role)) & 1u) != 0 ||
         ((bits_ >> static_cast<int>(Role::kAdmin)) & 1u) != 0;
}

std::string RoleSet::ToString() const {
  std::vector<const char*> names;
  for (int i = 0; i < kRoles; ++i) {
    if ((bits_ >> i) & 1u) names.push_back(kNames[i]);
  }
  return absl::StrJoin(names, ", ");
}

Authenticator::Authenticator() {
  for (int i = 0; i < 4; ++i) internal_token_ += EncodeKey(DeviceRandom());
  internal_token_ = absl::BytesToHexString(internal_token_);
  internal_sha256_ = Sha256Hex(internal_token_);
}

std::unique_ptr<Authenticator> Authenticator::Development() {
  auto result = std::unique_ptr<Authenticator>(new Authenticator());
  result->development_ = true;
  return result;
}

absl::StatusOr<std::unique_ptr<Authenticator>> Authenticator::FromFile(const std::string& path) {
  DANGOL_ASSIGN_OR_RETURN(const std::string text, ReadSmallFile(path));
  return FromText(path, text);
}

absl::StatusOr<std::unique_ptr<Authenticator>> Authenticator::FromText(absl::string_view file_name,
                                                                       absl::string_view text) {
  DANGOL_ASSIGN_OR_RETURN(std::vector<TokenEntry> entries, ParseTokenFile(file_name, text));
  auto result = std::unique_ptr<Authenticator>(new Authenticator());
  for (TokenEntry& entry : entries) {
    result->entries_.push_back({std::move(entry.token_sha256), std::move(entry.principal)});
  }
  return result;
}

absl::StatusOr<Principal> Authenticator::Authenticate(absl::string_view authorization,
                                                      absl::string_view self_named) const {
  const size_t space = authorization.find(' ');
  const bool bearer = absl::EqualsIgnoreCase(authorization.substr(0, space), "bearer");
  if (!bearer || space == absl::string_view::npos) {
    if (development_) return SelfNamed(self_named);
    return Unauthenticated("TOKEN_MISSING", "send metadata authorization: Bearer <token>");
  }
  const std::string hash = Sha256Hex(absl::StripAsciiWhitespace(authorization.substr(space + 1)));
  const Entry* found = nullptr;
  for (const Entry& entry : entries_) {
    if (SameHash(entry.token_sha256, hash)) found = &entry;
  }
  if (SameHash(internal_sha256_, hash) || development_) return SelfNamed(self_named);
  if (found == nullptr) return Unauthenticated("TOKEN_UNKNOWN", "the bearer token is not known");
  return found->principal;
}

}  // namespace dangol::rpc
