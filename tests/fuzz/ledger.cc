// A customer's ledger: any bytes decode or are DATA_LOSS; what decodes encodes to the same.
#include "services/segmentation/domain/ledger.h"

#include "tests/fuzz/fuzz.h"

DANGOL_FUZZ_TARGET(ledger) {
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
