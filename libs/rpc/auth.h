// Who is calling, and what may they do: bearer tokens from a file, or development mode.
// No gRPC types here.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace dangol::rpc {

// What a principal may do. Only kAdmin implies others; every other role grants itself alone, so a
// token file lists all the roles that a principal needs.
enum class Role : uint8_t {
  kReader,    // questions: get, list, count, explain, reports
  kTracker,   // data plane: upsert customers, track activities, decide, record outcomes
  kPlanner,   // author: apply definitions, simulate, submit
  kApprover,  // approve what another principal authored
  kOperator,  // start, pause, cancel, advance the virtual clock, erase
  kPeer,      // another instance of the service: what it passes on, on behalf of whom it names
  kAdmin,     // everything
};
inline constexpr int kRoles = 7;

absl::string_view RoleName(Role role);  // "READER"
// INVALID_ARGUMENT naming the nearest role. Case-insensitive.
absl::StatusOr<Role> ParseRole(absl::string_view name);

class RoleSet {
 public:
  RoleSet() = default;
  static RoleSet All();
  RoleSet& Add(Role role);
  bool Has(Role role) const;     // true for every role when kAdmin is in the set
  std::string ToString() const;  // "READER, TRACKER"

 private:
  uint32_t bits_ = 0;
};

struct Principal {
  std::string name;
  RoleSet roles;
};

// Thread safety: immutable after construction; any thread may call.
class Authenticator {
 public:
  // Development mode: every caller holds every role and names itself. A Server refuses to listen
  // beyond loopback with it.
  static std::unique_ptr<Authenticator> Development();

  // A token file is either one YAML document with a `tokens` list, or JSON lines, of
  //   principal: crm-backend          1 to 128 printable characters
  //   token_sha256: <64 hex digits>   of the token's bytes; the token itself is never stored
  //   roles: [TRACKER, READER]        at least one
  // A principal may have several tokens (rotation), a token only one principal. The file is read
  // once. NOT_FOUND or INVALID_ARGUMENT naming file, entry and field.
  static absl::StatusOr<std::unique_ptr<Authenticator>> FromFile(const std::string& path);
  static absl::StatusOr<std::unique_ptr<Authenticator>> FromText(absl::string_view file_name,
                                                                 absl::string_view text);

  // `authorization` is the header's value ("Bearer <token>"), `self_named` the value of
  // x-dangol-principal, which counts in development mode only (default "local").
  // UNAUTHENTICATED with reason TOKEN_MISSING or TOKEN_UNKNOWN. Compares hashes of all entries in
  // constant time.
  absl::StatusOr<Principal> Authenticate(absl::string_view authorization,
                                         absl::string_view self_named) const;

  bool development() const { return development_; }

  // A secret of this process, made anew at each start: who presents it as a token names itself and
  // holds every role. For the in-process channel; never written anywhere.
  const std::string& internal_token() const { return internal_token_; }

 private:
  struct Entry {
    std::string token_sha256;  // 64 lower-case hex digits
    Principal principal;
  };
  Authenticator();

  bool development_ = false;
  std::string internal_token_;
  std::string internal_sha256_;
  std::vector<Entry> entries_;
};

}  // namespace dangol::rpc
