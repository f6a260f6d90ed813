// What customers receive: webhook posts and rows of dropped files. Each contact counts once, as its
// idempotency key promises.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "libs/base/mutex.h"
#include "libs/base/types.h"
#include "tools/loadgen/retail.h"

namespace dangol::loadgen {

// One message as it arrived, with the cell that the report will count it in.
struct Delivery {
  Received received;
  std::string campaign;
  std::string wave;
  std::string cell;
};

// Thread-safe.
class Receiver {
 public:
  // `retail` outlives the receiver. Files are looked for below `drop_root`.
  Receiver(const Retail& retail, std::string drop_root);
  ~Receiver();

  // Listens on a free port of loopback. The URL to post to.
  absl::StatusOr<std::string> Start();

  // What arrived since the last call, files included, in order of (time, contact id).
  std::vector<Delivery> TakeNew();

  int64_t posts() const;       // requests, repeated ones included
  int64_t duplicates() const;  // contacts that came a second time

 private:
  struct Server;
  void Accept(Delivery delivery);
  void OnPost(const std::string& body);
  void ReadDrops();

  const Retail& retail_;
  const std::string drop_root_;
  std::unique_ptr<Server> server_;
  mutable Mutex mu_;
  std::vector<Delivery> new_;              // guarded by mu_
  absl::flat_hash_set<std::string> seen_;  // guarded by mu_: contact ids
  std::set<std::string> files_;            // used by TakeNew alone
  int64_t posts_ = 0;                      // guarded by mu_
  int64_t duplicates_ = 0;                 // guarded by mu_
};

}  // namespace dangol::loadgen
