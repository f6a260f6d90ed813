// One customer's record in memory, and the changes that events make to it.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "dangol/segmentation/v1/state.pb.h"
#include "libs/base/types.h"
#include "services/segmentation/domain/ledger.h"
#include "services/segmentation/domain/stage.h"

namespace dangol::event::v1 {
class ProfileChanged;
}

namespace dangol::segmentation {

// `record.ledger` is empty while the ledger is decoded.
struct Customer {
  v1::CustomerRecord record;
  Ledger ledger;
  std::string undecoded;  // traits and consents that nobody asks for, as they are stored
};

// DATA_LOSS: not bytes that EncodeCustomer made.
absl::StatusOr<Customer> DecodeCustomer(absl::string_view bytes);
// The same into a record that was used before, whose memory is used again. Empty bytes: nobody yet.
absl::Status DecodeCustomerInto(absl::string_view bytes, Customer* customer);
// The same without traits and consents, which EncodeCustomer puts back as they were: for an
// activity, where no segment reads them (Catalogue::reads_facts).
absl::Status DecodeWithoutFacts(absl::string_view bytes, Customer* customer);
std::string EncodeCustomer(Customer& customer);

void ApplyProfile(const event::v1::ProfileChanged& changed, Customer* customer);

Restricted RestrictedAt(const Customer& customer, Micros at);

}  // namespace dangol::segmentation
