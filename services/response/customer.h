// One customer's exposures and recent activities while an event is handled: what contacts,
// activities and timers do to them, to the cells' sums and to topic response.
#pragma once

#include <map>
#include <string>

#include "dangol/response/v1/state.pb.h"
#include "libs/stream/context.h"
#include "services/response/definitions.h"

namespace dangol::event::v1 {
class ContactEvent;
}

namespace dangol::response {

struct MatchResult;

// Timer of a customer: the next window that ends, or exposure that is forgotten.
inline constexpr uint32_t kCustomerTimer = 1;

inline constexpr absl::string_view kSums = "sums/";
// Prefix of a campaign's cells: "sums/<campaign>/".
std::string SumsPrefix(absl::string_view campaign);
// Key of a customer's last responses in Table::kIndex.
std::string ResponsesKey(CustomerId id);

// Lives for one event. Changes reach the tables in Save.
class Customer {
 public:
  Customer(CustomerId id, const Definitions& definitions, Context& ctx);

  // Both depend only on what the customer did and was sent, not on which is heard of first.
  void OnContact(const event::v1::ContactEvent& contact);
  // `at`: when profile accepted it (its emit time), which an outage of this service does not shift.
  void OnActivity(v1::SeenActivity seen, Micros at);
  void OnTimer();

  void Save();

 private:
  v1::Exposure* FindExposure(const std::string& contact_id);
  v1::CellSums& CellOf(const v1::Exposure& exposure);
  v1::CellSums& CellOf(const std::string& campaign, const std::string& wave,
                       const std::string& audience, const std::string& cell);
  void Open(const event::v1::ContactEvent& contact, const campaign::v1::Campaign& campaign,
            v1::Exposure* exposure);
  void Withdraw(v1::Exposure* exposure);
  void SetBucket(v1::Exposure* exposure, v1::ContactBucket bucket, const std::string& reason);
  // `credit`: the contact credited with the order, if it is this activity's turn to name one.
  void Apply(const v1::SeenActivity& seen, const std::string& credit, v1::Exposure* exposure);
  void Emit(const v1::SeenActivity& seen, const MatchResult& result, bool credited,
            const v1::Exposure& exposure, bool first_purchase);
  std::string LastTouch(const v1::SeenActivity& seen) const;
  void Remember(v1::SeenActivity seen, Micros at);
  void SetNextTimer();

  const CustomerId id_;
  const Definitions& definitions_;
  Context& ctx_;
  v1::CustomerRecord record_;
  bool changed_ = false;
  std::map<std::string, v1::CellSums> cells_;  // by key
};

}  // namespace dangol::response
