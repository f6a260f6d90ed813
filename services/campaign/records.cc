#include "services/campaign/records.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "services/campaign/keys.h"

namespace dangol::campaign {

std::vector<std::string> KeysUnder(StateView& state, Table table, const std::string& prefix,
                                   const std::string& after, size_t limit) {
  std::vector<std::string> keys;
  const std::string from = after.empty() ? prefix : prefix + after + '\0';
  state.Scan(table, from, [&](absl::string_view key, absl::string_view) {
    if (!absl::StartsWith(key, prefix) || keys.size() >= limit) return false;
    keys.emplace_back(key.substr(prefix.size()));
    return true;
  });
  return keys;
}

bool LoadCustomer(StateView& state, CustomerId id, v1::CustomerRecord* out) {
  return Load(state, Table::kCustomer, EncodeKey(id), out);
}

void SaveCustomer(Context& ctx, CustomerId id, v1::CustomerRecord& record) {
  record.set_known(true);
  StoreRecord(ctx, Table::kCustomer, EncodeKey(id), record);
}

void SegmentNumbers::Acquire(StateView& state) {
  numbers_.clear();
  const std::string prefix = SegmentNumberKey("");
  state.Scan(Table::kShared, prefix, [&](absl::string_view key, absl::string_view value) {
    if (!absl::StartsWith(key, prefix)) return false;
    numbers_[key.substr(prefix.size())] = static_cast<uint32_t>(DecodeKey(value));
    return true;
  });
}

uint32_t SegmentNumbers::NumberOf(absl::string_view segment, Context& ctx) {
  const auto [it, added] = numbers_.try_emplace(segment, numbers_.size() + 1);
  if (added) ctx.Put(Table::kShared, SegmentNumberKey(segment), EncodeKey(it->second));
  return it->second;
}

bool SegmentNumbers::IsMember(const v1::CustomerRecord& customer, absl::string_view segment) const {
  const auto it = numbers_.find(segment);
  return it != numbers_.end() &&
         std::binary_search(customer.segments().begin(), customer.segments().end(), it->second);
}

std::vector<std::string> SegmentNumbers::NamesOf(const v1::CustomerRecord& customer) const {
  std::vector<std::string> names;
  for (const auto& [name, number] : numbers_) {
    if (IsMember(customer, name)) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

bool SetMember(uint32_t segment, bool member, v1::CustomerRecord* customer) {
  auto* list = customer->mutable_segments();
  const auto at = std::lower_bound(list->begin(), list->end(), segment);
  const bool is_member = at != list->end() && *at == segment;
  if (is_member == member) return false;
  if (!member) {
    list->erase(at);
    return true;
  }
  list->Add(segment);
  std::sort(list->begin(), list->end());
  return true;
}

}  // namespace dangol::campaign
