#include "libs/online/reply.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "libs/base/status.h"

namespace dangol::online {
namespace {

struct Known {
  absl::string_view begin;  // of the server's text
  absl::StatusCode code;
  absl::string_view reason;
  absl::string_view meaning;
};

constexpr absl::StatusCode kUnavailable = absl::StatusCode::kUnavailable;
constexpr absl::StatusCode kPrecondition = absl::StatusCode::kFailedPrecondition;

constexpr Known kKnown[] = {
    {"WRONGPASS", absl::StatusCode::kUnauthenticated, "WRONG_PASSWORD",
     "online.user and online.password are refused; set those of a user that the server has"},
    {"ERR invalid password", absl::StatusCode::kUnauthenticated, "WRONG_PASSWORD",
     "online.password is refused; set the server's requirepass"},
    {"NOAUTH", absl::StatusCode::kUnauthenticated, "NO_PASSWORD",
     "the server asks for a password; set online.password (and online.user)"},
    {"ERR AUTH <password> called without", absl::StatusCode::kUnauthenticated, "NO_USER",
     "the server has no password; leave online.password empty, or name online.user"},
    {"ERR Client sent AUTH, but no password is set", absl::StatusCode::kUnauthenticated, "NO_USER",
     "the server has no password; leave online.password empty"},
    {"NOPERM", absl::StatusCode::kPermissionDenied, "NO_PERMISSION",
     "the user of online.user lacks a right; docs/online-store.md has the ACL it needs"},
    {"OOM", absl::StatusCode::kResourceExhausted, "STORE_FULL",
     "the server is full; raise its maxmemory or set maxmemory-policy to allkeys-lru"},
    {"MISCONF", kUnavailable, "STORE_CANNOT_PERSIST",
     "the server cannot save to its disk and refuses writes; free its disk"},
    {"READONLY", kPrecondition, "READ_ONLY",
     "the server is a replica; point online.nodes at the master, or set online.cluster"},
    {"NOSCRIPT", kPrecondition, "NOSCRIPT", "the server does not have the script"},
    {"MOVED", kPrecondition, "MOVED",
     "the server is a node of a Redis Cluster; set online.cluster: true"},
    {"ASK ", kPrecondition, "ASK", "the key is on its way to another node"},
    {"ERR This instance has cluster support disabled", kPrecondition, "NO_CLUSTER",
     "the server is no node of a Redis Cluster; set online.cluster: false"},
    {"LOADING", kUnavailable, "LOADING", "the server is reading its data from disk"},
    {"BUSY", kUnavailable, "BUSY", "the server is running somebody's slow script"},
    {"CLUSTERDOWN", kUnavailable, "CLUSTER_DOWN", "slots of the cluster have no master now"},
    {"MASTERDOWN", kUnavailable, "CLUSTER_DOWN", "the replica has lost its master"},
    {"TRYAGAIN", kUnavailable, "TRY_AGAIN", "the slot is being moved"},
    {"ERR max number of clients", kUnavailable, "TOO_MANY_CLIENTS",
     "the server has too many connections; raise its maxclients"},
};

}  // namespace

absl::Status ToStatus(const Reply& reply) {
  if (!reply.is_error()) return absl::OkStatus();
  for (const Known& known : kKnown) {
    if (!absl::StartsWith(reply.text, known.begin)) continue;
    const std::string message =
        absl::StrCat(known.meaning, " (it said: ", Quote(reply.text, 160), ")");
    return WithDetail(absl::Status(known.code, message),
                      ErrorDetail{.reason = std::string(known.reason)});
  }
  return absl::InvalidArgumentError(absl::StrCat("the server refused: ", Quote(reply.text, 200)));
}

}  // namespace dangol::online
