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
// The same of an exposure whose customer was erased.
inline constexpr uint32_t kErasedTimer = 2;

// A contact event trails the activities it must see by seconds: this many are plenty.
inline constexpr int kRecentMax = 64;
inline constexpr int kResponsesKept = 50;

inline constexpr absl::string_view kSums = "sums/";
// Prefix of a campaign's cells: "sums/<campaign>/".
std::string SumsPrefix(absl::string_view campaign);
// Key of a customer's last responses in Table::kIndex.
std::string ResponsesKey(CustomerId id);

// Lives for one event. Changes reach the tables in Save.
class Customer {
 public:
  Customer(CustomerId id, const Definitions& definitions, Context& ctx)
      : Customer({id, Table::kCustomer, EncodeKey(id), kCustomerTimer, EncodeKey(id)}, definitions,
                 ctx) {}
  // What is left of a contact whose customer was erased.
  static Customer OfErasedContact(const std::string& contact_id, const Definitions& definitions,
                                  Context& ctx);

  // Both depend only on what the customer did and was sent, not on which is heard of first.
  void OnContact(const event::v1::ContactEvent& contact);
  // `at`: when profile accepted it (its emit time), which an outage of this service does not shift.
  void OnActivity(v1::SeenActivity seen, Micros at);
  void OnTimer();

  // merges.cc. The customer is another one: takes it out of all sums and tables.
  v1::HandOver Leave();
  // Another one is this customer: puts it into the sums, as if all had been this one's from the
  // start as far as both are remembered (domain/merge.h).
  void TakeOver(const v1::HandOver& state);
  // The sums stay; exposures lose their customer.
  void Erase();

  void Save();

 private:
  // Where the record stands, and its timer.
  struct Place {
    CustomerId id;
    Table table;
    std::string key;
    uint32_t timer;
    std::string subject;
  };
  Customer(Place place, const Definitions& definitions, Context& ctx);

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
  void SetMerged(v1::Exposure* exposure, bool merged, bool contaminated);
  void ResolveDoubles();
  // All exposures enter the sums (+1) or leave them (−1).
  void CountAll(int sign);
  void Forget();
  // `seen` meets the exposures in [begin, end), which it has not met yet.
  void ApplyToSome(v1::SeenActivity* seen, int begin, int end);

  const Place place_;
  const Definitions& definitions_;
  Context& ctx_;
  v1::CustomerRecord record_;
  bool changed_ = false;
  std::map<std::string, v1::CellSums> cells_;  // by key
};

}  // namespace dangol::response
