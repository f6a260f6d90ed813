// A scope's owner in small: commits, puts what changed, rewrites when it is asked.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "libs/online/view_writer.h"

namespace dangol::online::testing {

// Not thread-safe.
class Owner {
 public:
  Owner(Scope scope, std::string log) : scope_(scope), log_(std::move(log)) {}

  // The process's writer; nullptr: it is gone, and commits go on without.
  void Use(ViewWriter* writer);
  // The scope is restored under another changelog.
  void Become(std::string log);

  // One commit that changes this customer, or erases it.
  void Commit(CustomerId customer);
  void Erase(CustomerId customer);
  // Rewrites what is asked for until the store has everything.
  bool Settle();

  bool All(const std::function<bool(CustomerId, const std::string& value, uint64_t offset)>& check)
      const;
  const std::string& log() const { return log_; }
  int rewritten() const { return rewritten_; }  // customers, in the last rewrite

 private:
  struct Record {
    std::string value;
    bool erased = false;
    uint64_t changed = 0;
  };
  Change ChangeOf(CustomerId customer, const Record& record) const;
  void RewriteSome();

  const Scope scope_;
  std::string log_;
  ViewWriter* writer_ = nullptr;
  uint64_t offset_ = 0;
  std::map<CustomerId, Record> state_;
  int rewritten_ = 0;
};

// The rules that docs/online-store.md gives the ACL user of this name.
std::vector<std::string> DocumentedRights(const std::string& user);

}  // namespace dangol::online::testing
