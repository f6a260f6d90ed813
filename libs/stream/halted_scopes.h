// Which scopes of a runtime have halted, for whoever watches: a worker that waits for the disk
// cannot be asked.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "libs/backbone/topics.h"
#include "libs/base/mutex.h"

namespace dangol {

// Thread-safe.
class HaltedScopes {
 public:
  void Add(Scope scope, const std::string& why) {
    MutexLock lock(mu_);
    why_[scope] = why;
  }
  void Remove(Scope scope) {
    MutexLock lock(mu_);
    why_.erase(scope);
  }
  // By scope.
  std::vector<std::string> All() const {
    MutexLock lock(mu_);
    std::vector<std::string> all;
    for (const auto& [scope, why] : why_) all.push_back(why);
    return all;
  }

 private:
  mutable Mutex mu_;
  std::map<Scope, std::string> why_;  // guarded by mu_
};

}  // namespace dangol
