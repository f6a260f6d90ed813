#include "services/profile/domain/stats.h"

#include <algorithm>
#include <sstream>
#include <string>

#include "dangol/event/v1/activity.pb.h"
#include "dangol/profile/v1/profile_service.pb.h"
#include "dangol/profile/v1/state.pb.h"
#include "services/profile/domain/activity.h"

namespace dangol::profile {
namespace {

// The element whose key is `key`, inserted in order of key when new.
template <typename Repeated, typename KeyFn, typename SetFn>
auto* At(Repeated* items, absl::string_view key, KeyFn key_of, SetFn set_key) {
  int index = 0;
  while (index < items->size() && key_of(items->Get(index)) < key) ++index;
  if (index < items->size() && key_of(items->Get(index)) == key) return items->Mutable(index);
  set_key(items->Add());
  for (int i = items->size() - 1; i > index; --i) items->SwapElements(i, i - 1);
  return items->Mutable(index);
}

v1::KindSum* KindAt(absl::string_view kind, v1::StatsRecord* stats) {
  return At(
      stats->mutable_kinds(), kind,
      [](const v1::KindSum& k) -> absl::string_view { return k.kind(); },
      [&](v1::KindSum* k) { k->set_kind(std::string(kind)); });
}

v1::CurrencySum* CurrencyAt(absl::string_view currency, v1::StatsRecord* stats) {
  return At(
      stats->mutable_currencies(), currency,
      [](const v1::CurrencySum& c) -> absl::string_view { return c.currency(); },
      [&](v1::CurrencySum* c) { c->set_currency(std::string(currency)); });
}

std::string Decimal(absl::int128 value) {
  std::ostringstream out;
  out << value;
  return out.str();
}

}  // namespace

absl::int128 Value(const v1::WideSum& sum) { return absl::MakeInt128(sum.high(), sum.low()); }

void Add(absl::int128 amount, v1::WideSum* sum) {
  const absl::int128 total = Value(*sum) + amount;
  sum->set_high(absl::Int128High64(total));
  sum->set_low(absl::Int128Low64(total));
}

void CountActivity(const event::v1::Activity& a, v1::StatsRecord* stats) {
  v1::KindSum* kind = KindAt(KindName(a), stats);
  kind->set_count(kind->count() + 1);
  if (a.has_purchase()) {
    v1::CurrencySum* sum = CurrencyAt(a.purchase().currency(), stats);
    sum->set_purchases(sum->purchases() + 1);
    sum->set_quantity(sum->quantity() + a.purchase().quantity());
    Add(a.purchase().net_minor(), sum->mutable_net());
  } else if (a.has_return_()) {
    v1::CurrencySum* sum = CurrencyAt(a.return_().currency(), stats);
    sum->set_returns(sum->returns() + 1);
    Add(a.return_().net_minor(), sum->mutable_returned());
  }
}

void Combine(const v1::StatsRecord& from, v1::StatsRecord* into) {
  into->set_customers(into->customers() + from.customers());
  into->set_duplicates(into->duplicates() + from.duplicates());
  into->set_merge_proposals(into->merge_proposals() + from.merge_proposals());
  into->set_merges(into->merges() + from.merges());
  into->set_clamped_times(into->clamped_times() + from.clamped_times());
  for (const v1::KindSum& kind : from.kinds()) {
    v1::KindSum* sum = KindAt(kind.kind(), into);
    sum->set_count(sum->count() + kind.count());
  }
  for (const v1::CurrencySum& add : from.currencies()) {
    v1::CurrencySum* sum = CurrencyAt(add.currency(), into);
    sum->set_purchases(sum->purchases() + add.purchases());
    sum->set_quantity(sum->quantity() + add.quantity());
    sum->set_returns(sum->returns() + add.returns());
    Add(Value(add.net()), sum->mutable_net());
    Add(Value(add.returned()), sum->mutable_returned());
  }
}

void FillStats(const v1::StatsRecord& record, v1::Stats* stats) {
  stats->set_customers(record.customers());
  stats->set_duplicates(record.duplicates());
  stats->set_merge_proposals(record.merge_proposals());
  stats->set_merges(record.merges());
  stats->set_clamped_times(record.clamped_times());
  for (const v1::KindSum& kind : record.kinds()) {
    stats->set_activities(stats->activities() + kind.count());
    (*stats->mutable_activities_by_kind())[kind.kind()] = kind.count();
  }
  for (const v1::CurrencySum& sum : record.currencies()) {
    v1::CurrencyStats* out = stats->add_currencies();
    out->set_currency(sum.currency());
    out->set_purchases(sum.purchases());
    out->set_quantity(sum.quantity());
    out->set_net_minor(Decimal(Value(sum.net())));
    out->set_returns(sum.returns());
    out->set_returned_minor(Decimal(Value(sum.returned())));
  }
}

}  // namespace dangol::profile
