#include "tools/loadgen/truth.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace dangol::loadgen {
namespace {

std::string Key(const std::string& campaign, const std::string& wave, const std::string& cell) {
  return absl::StrCat(campaign, "/", wave, "/", cell);
}

}  // namespace

void Truth::Add(const Delivery& delivery) {
  TrueEffect& sum = sums_[Key(delivery.campaign, delivery.wave, delivery.cell)];
  ++sum.contacts;
  sum.share += retail_.TrueShareEffect(delivery.received, window_days_);
  sum.sales += retail_.TrueSalesEffect(delivery.received);
}

TrueEffect Truth::Of(const std::string& campaign, const std::string& wave,
                     const std::string& cell) const {
  const auto it = sums_.find(Key(campaign, wave, cell));
  if (it == sums_.end()) return {};
  TrueEffect mean = it->second;
  mean.share /= static_cast<double>(std::max<int64_t>(1, mean.contacts));
  mean.sales /= static_cast<double>(std::max<int64_t>(1, mean.contacts));
  return mean;
}

}  // namespace dangol::loadgen
