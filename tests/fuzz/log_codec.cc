// What the embedded log keeps: any bytes decode or are DATA_LOSS; what decodes encodes to the same.
#include "libs/backbone/embedded/codec.h"
#include "libs/backbone/seal_codec.h"
#include "tests/fuzz/fuzz.h"

DANGOL_FUZZ_TARGET(log_codec) {
  using namespace dangol;  // NOLINT
  const auto [which, bytes] = fuzz::Choose(data);
  switch (which % 5) {
    case 0: {
      const auto records = embedded::DecodeRecords(bytes);
      if (!records.ok()) return;
      std::vector<const Record*> pointers;
      for (const Record& record : *records) pointers.push_back(&record);
      const auto again = embedded::DecodeRecords(embedded::EncodeRecords(pointers));
      FUZZ_CHECK(again.ok() && again->size() == records->size());
      return;
    }
    case 1: {
      const auto entry = embedded::DecodeChangelog(bytes);
      if (!entry.ok()) return;
      const auto again =
          embedded::DecodeChangelog(embedded::EncodeChangelog(entry->seal, entry->changes));
      FUZZ_CHECK(again.ok() && again->changes.size() == entry->changes.size());
      return;
    }
    case 2: {
      const auto seal = DecodeSeal(bytes);
      if (seal.ok()) FUZZ_CHECK(DecodeSeal(EncodeSeal(*seal)).ok());
      return;
    }
    case 3:
      (void)embedded::UnpackFrame(bytes);
      (void)embedded::PeekFrame(bytes);
      return;
    default: {
      const auto packed = embedded::PackFrame(7, bytes);
      FUZZ_CHECK(packed.ok());
      std::string frame = *packed;
      embedded::StampFrame(9, &frame);
      const auto unpacked = embedded::UnpackFrame(frame);
      FUZZ_CHECK(unpacked.ok() && unpacked->body == bytes && unpacked->write_number == 9);
    }
  }
}
