#include "services/profile/views.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/strip.h"
#include "dangol/online/v1/views.pb.h"
#include "libs/base/names.h"
#include "libs/online/view_json.h"
#include "services/profile/domain/identifier.h"
#include "services/profile/tables.h"

namespace dangol::profile {
namespace {

using online::View;

bool IsRegistered(const v1::CustomerRecord& record) {
  for (const v1::IdentifierRecord& known : record.identifiers()) {
    const bool owned = known.status() == v1::IdentifierRecord::STATUS_OWNED;
    if (owned && IsStrong(known.identifier().type())) return true;
  }
  return false;
}

online::v1::ProfileCard CardOf(CustomerId id, v1::CustomerRecord record,
                               v1::HistoryRecord history) {
  online::v1::ProfileCard card;
  card.set_customer(CustomerName(id));
  card.set_registered(IsRegistered(record));
  card.set_do_not_serve(record.restriction().do_not_serve());
  card.set_do_not_serve_until_time_us(record.restriction().until_time_us());
  card.set_time_zone(std::move(*record.mutable_time_zone()));
  for (v1::TraitRecord& trait : *record.mutable_traits()) {
    if (trait.trait().value().value_case() == v1::TraitValue::VALUE_NOT_SET) continue;
    (*card.mutable_traits())[trait.name()] = std::move(*trait.mutable_trait()->mutable_value());
  }
  card.mutable_consents()->Swap(record.mutable_consents());
  card.mutable_lifecycles()->Swap(history.mutable_lifecycles());
  card.set_first_seen_time_us(record.first_seen_time_us());
  card.set_last_activity_time_us(history.last_activity_time_us());
  return card;
}

void AddCard(StateView& state, CustomerId id, std::vector<online::Change>* changes) {
  auto record = LoadCustomer(state, id);
  changes->push_back(
      record.ok() ? online::PutMessage(View::kProfile, id,
                                       CardOf(id, *std::move(record), LoadHistory(state, id)))
                  : online::DeleteView(View::kProfile, id));
}

// The rows that each activity rewrites, and not the chunks of the timeline behind them.
CustomerId CustomerOfHistory(absl::string_view key) {
  if (!absl::ConsumePrefix(&key, kTimelinePrefix)) return 0;
  return key.size() == EncodeKey(0).size() ? DecodeKey(key) : 0;
}

void AddIdentifier(absl::string_view key, std::optional<absl::string_view> owner,
                   std::vector<online::Change>* changes) {
  const size_t mark = key.find_first_of(":/");
  if (mark == key.npos || key[mark] != ':') return;  // another row of the index
  changes->push_back(owner ? online::PutIdentifier(std::string(key), DecodeKey(*owner))
                           : online::DeleteIdentifier(std::string(key)));
}

}  // namespace

online::ViewBuilder Views() { return {AddCard, CustomerOfHistory, AddIdentifier}; }

}  // namespace dangol::profile
