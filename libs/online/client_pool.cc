#include "libs/online/client_pool.h"

#include <chrono>

namespace dangol::online {

ClientPool::ClientPool(std::shared_ptr<Store> store, int clients) {
  for (int i = 0; i < clients; ++i) idle_.push_back(std::make_unique<Client>(store));
}

absl::StatusOr<ClientPool::Loan> ClientPool::Borrow(Micros timeout_us) {
  MutexLock lock(mu_);
  if (!returned_.wait_for(lock, std::chrono::microseconds(timeout_us),
                          [&] { return !idle_.empty(); }))
    return absl::DeadlineExceededError("every connection to the online store is in use");
  std::unique_ptr<Client> client = std::move(idle_.back());
  idle_.pop_back();
  return Loan(this, std::move(client));
}

ClientPool::Loan::~Loan() {
  if (client_ == nullptr) return;
  MutexLock lock(pool_->mu_);
  pool_->idle_.push_back(std::move(client_));
  pool_->returned_.notify_one();
}

}  // namespace dangol::online
