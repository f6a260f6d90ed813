#include "libs/backbone/partition_count.h"

#include <bit>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/base/types.h"

namespace dangol {

absl::Status CheckPartitionCount(uint32_t partitions) {
  if (std::has_single_bit(partitions) && partitions <= kSlots) return absl::OkStatus();
  return BadField("partitions", absl::StrCat(partitions),
                  absl::StrCat("is not a power of two up to ", kSlots), "use 16");
}

}  // namespace dangol
