#include "services/campaign/domain/cells.h"

#include "libs/base/hash.h"

namespace dangol::campaign {

double Draw(absl::string_view salt, int32_t salt_version, CustomerId customer) {
  const uint64_t seed = Hash64(salt, static_cast<uint64_t>(salt_version));
  return UnitInterval(Hash64(EncodeKey(customer), seed));
}

const v1::Cell* CellByHash(const v1::Campaign& campaign, const v1::Audience& audience,
                           CustomerId customer) {
  const v1::HashAssignment& hash = campaign.assignment().hash();
  const double draw =
      Draw(hash.salt().empty() ? campaign.name() : hash.salt(), hash.salt_version(), customer);
  int64_t cumulative_bp = 0;
  for (const v1::Cell& cell : audience.cells()) {
    cumulative_bp += cell.share_bp();
    if (draw * 10'000 < static_cast<double>(cumulative_bp)) return &cell;
  }
  return audience.cells().empty() ? nullptr : &audience.cells(audience.cells_size() - 1);
}

const v1::Cell* FindCell(const v1::Audience& audience, absl::string_view name) {
  for (const v1::Cell& cell : audience.cells()) {
    if (cell.name() == name) return &cell;
  }
  return nullptr;
}

const v1::Cell* FirstTreated(const v1::Audience& audience) {
  for (const v1::Cell& cell : audience.cells()) {
    if (!cell.is_control()) return &cell;
  }
  return nullptr;
}

const v1::Cell& OfferCell(const v1::Audience& audience, const v1::Cell& cell) {
  const v1::Cell* treated = cell.is_control() ? FirstTreated(audience) : nullptr;
  return treated != nullptr ? *treated : cell;
}

absl::string_view ChannelOf(const v1::Audience& audience, const v1::Cell& cell) {
  return cell.channel().empty() ? OfferCell(audience, cell).channel() : cell.channel();
}

}  // namespace dangol::campaign
