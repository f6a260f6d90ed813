// Clients that many threads share: each borrows one for the time of a call.
#pragma once

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/base/mutex.h"
#include "libs/online/client.h"

namespace dangol::online {

// Thread-safe.
class ClientPool {
 public:
  ClientPool(std::shared_ptr<Store> store, int clients);

  // Given back when it is destroyed.
  class Loan {
   public:
    Loan(ClientPool* pool, std::unique_ptr<Client> client)
        : pool_(pool), client_(std::move(client)) {}
    Loan(Loan&&) = default;
    Loan& operator=(Loan&&) = delete;
    ~Loan();
    Client* operator->() { return client_.get(); }

   private:
    ClientPool* pool_;
    std::unique_ptr<Client> client_;
  };

  // DEADLINE_EXCEEDED: all are in use for longer than `timeout_us`.
  absl::StatusOr<Loan> Borrow(Micros timeout_us);

 private:
  Mutex mu_;
  CondVar returned_;
  std::vector<std::unique_ptr<Client>> idle_;  // guarded by mu_; the last used first
};

}  // namespace dangol::online
