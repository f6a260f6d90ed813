// Who a process of the cluster is, across restarts: an id in its own, locked directory.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace dangol::node {

// Holds the directory's lock as long as it lives; the lock ends with the process, however that
// ends.
class Identity {
 public:
  // Makes the directory and the id at the first time. FAILED_PRECONDITION: another process has the
  // lock. INVALID_ARGUMENT: the directory cannot be made or written.
  static absl::StatusOr<std::unique_ptr<Identity>> Open(const std::string& directory);
  ~Identity();
  Identity(const Identity&) = delete;
  Identity& operator=(const Identity&) = delete;

  // 16 hexadecimal digits.
  const std::string& id() const { return id_; }

 private:
  Identity(int lock, std::string id) : lock_(lock), id_(std::move(id)) {}

  const int lock_;
  const std::string id_;
};

}  // namespace dangol::node
