// A customer's ledger, and the whole record that holds it: any bytes decode or are DATA_LOSS; what
// decodes encodes to the same.
#include "services/segmentation/domain/ledger.h"

#include "services/segmentation/domain/customer.h"
#include "tests/fuzz/fuzz.h"

namespace {

void CheckCustomer(absl::string_view data) {
  using dangol::segmentation::Customer;
  using dangol::segmentation::DecodeWithoutFacts;
  const auto whole = dangol::segmentation::DecodeCustomer(data);
  FUZZ_CHECK(whole.ok() || absl::IsDataLoss(whole.status()));
  // Facts are the only difference; they come through as they are.
  Customer customer;
  const absl::Status status = DecodeWithoutFacts(data, &customer);
  FUZZ_CHECK(status.ok() || (absl::IsDataLoss(status) && !whole.ok()));
  if (!status.ok()) return;
  const std::string bytes = EncodeCustomer(customer);
  Customer again;
  FUZZ_CHECK(DecodeWithoutFacts(bytes, &again).ok());
  FUZZ_CHECK(EncodeCustomer(again) == bytes);
}

}  // namespace

DANGOL_FUZZ_TARGET(ledger) {
  CheckCustomer(data);
  using dangol::segmentation::Ledger;
  const auto ledger = Ledger::Decode(data);
  if (!ledger.ok()) {
    FUZZ_CHECK(absl::IsDataLoss(ledger.status()));
    return;
  }
  const std::string bytes = ledger->Encode();
  const auto again = Ledger::Decode(bytes);
  FUZZ_CHECK(again.ok());
  FUZZ_CHECK(again->Encode() == bytes);
}
