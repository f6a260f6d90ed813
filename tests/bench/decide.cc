#include "tests/bench/decide.h"

#include <atomic>
#include <functional>
#include <thread>

#include "absl/strings/str_cat.h"
#include "libs/base/clock.h"
#include "libs/base/mutex.h"
#include "libs/base/status.h"
#include "libs/rpc/call.h"
#include "libs/rpc/grpc_status.h"
#include "tests/bench/health.h"
#include "tools/loadgen/retail.h"

namespace dangol::bench {
namespace {

constexpr int kCallers = 32;  // below the server's threads
constexpr int kBatch = 500;
constexpr Micros kDuration = 5 * kMicrosPerSecond;
constexpr Micros kTimeout = 30 * kMicrosPerSecond;

// Calls a second of kCallers callers, each of which waits for its answer. The first error ends it.
absl::StatusOr<double> Rate(int callers, const std::function<absl::Status(int64_t)>& call) {
  std::atomic<int64_t> next{0};
  Mutex mu;
  absl::Status failed;
  const Micros begin = SteadyMicros();
  std::vector<std::thread> threads;
  for (int i = 0; i < callers; ++i) {
    threads.emplace_back([&] {
      while (SteadyMicros() < begin + kDuration) {
        if (absl::Status status = call(next++); !status.ok()) {
          MutexLock lock(mu);
          failed = std::move(status);
          return;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  DANGOL_RETURN_IF_ERROR(failed);
  return static_cast<double>(next) * 1e6 / static_cast<double>(SteadyMicros() - begin);
}

void Fill(int64_t customer, const std::string& id, offer::v1::DecideRequest* request) {
  auto* identifier = request->mutable_customer()->mutable_identifier();
  identifier->set_type(common::v1::IDENTIFIER_TYPE_USER_ID);
  identifier->set_value(loadgen::Retail::UserIdOf(customer));
  request->set_business_unit("beauty");
  request->set_request_id(id);
}

}  // namespace

absl::StatusOr<std::vector<Figure>> MeasureDecide(Retailer& retailer) {
  client::Connection& connection = retailer.connection();
  const int64_t customers = retailer.options().customers;
  DANGOL_ASSIGN_OR_RETURN(const double empty, Rate(kCallers, [&](int64_t) {
                            return CheckHealth(connection.channels.begin()->second);
                          }));
  DANGOL_ASSIGN_OR_RETURN(
      const double single, Rate(kCallers, [&](int64_t n) {
        offer::v1::DecideRequest request;
        Fill(n % customers, absl::StrCat("one-", n), &request);
        offer::v1::Decision decision;
        grpc::ClientContext context;
        rpc::SetTimeout(kTimeout, &context);
        return rpc::FromGrpc(connection.offer->Decide(&context, request, &decision));
      }));
  DANGOL_ASSIGN_OR_RETURN(
      const double batches, Rate(4, [&](int64_t n) {
        offer::v1::BatchDecideRequest request;
        for (int i = 0; i < kBatch; ++i) {
          Fill((n * kBatch + i) % customers, absl::StrCat("batch-", n, "-", i),
               request.add_requests());
        }
        offer::v1::BatchDecideResponse response;
        grpc::ClientContext context;
        rpc::SetTimeout(kTimeout, &context);
        return rpc::FromGrpc(connection.offer->BatchDecide(&context, request, &response));
      }));
  return std::vector<Figure>{{"Decide, durable, 32 callers", single, "calls/s",
                              "health check of the same server", empty, 0.9 * empty},
                             {"BatchDecide, batches of 500", batches * kBatch, "decisions/s",
                              "Decide one by one", single, 0}};
}

}  // namespace dangol::bench
