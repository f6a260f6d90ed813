// Customer: leaving for, and arriving at, the customer that it turned out to be; and being
// forgotten.
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dangol/event/v1/response.pb.h"
#include "libs/stream/merge.h"
#include "libs/stream/tables.h"
#include "services/response/customer.h"
#include "services/response/domain/cell_sums.h"
#include "services/response/domain/merge.h"

namespace dangol::response {

std::string ErasedKey(absl::string_view contact_id) { return absl::StrCat("e", contact_id); }

Customer Customer::OfErasedContact(const std::string& contact_id, const Definitions& definitions,
                                   Context& ctx) {
  return Customer({0, Table::kIndex, ErasedKey(contact_id), kErasedTimer, contact_id}, definitions,
                  ctx);
}

void Customer::SetMerged(v1::Exposure* exposure, bool merged, bool contaminated) {
  if (exposure->merged()) CountMerged(*exposure, -1, &CellOf(*exposure));
  exposure->set_merged(merged);
  exposure->set_contaminated(contaminated);
  if (merged) CountMerged(*exposure, +1, &CellOf(*exposure));
}

void Customer::ResolveDoubles() {
  bool foreign = false;
  for (const auto& exposure : record_.exposures()) foreign |= exposure.owner() != 0;
  if (!foreign) return;
  const std::vector<Double> doubles = FindDoubles(record_);
  for (int i = 0; i < record_.exposures_size(); ++i) {
    const Double& now = doubles[static_cast<size_t>(i)];
    v1::Exposure* exposure = record_.mutable_exposures(i);
    if (exposure->merged() == now.merged && exposure->contaminated() == now.contaminated) continue;
    SetMerged(exposure, now.merged, now.contaminated);
    changed_ = true;
  }
}

void Customer::CountAll(int sign) {
  for (v1::Exposure& exposure : *record_.mutable_exposures()) {
    v1::CellSums* cell = &CellOf(exposure);
    if (!exposure.withdrawn()) CountExposure(exposure, sign, cell);
    if (sign > 0) {
      MoveBucket(0, "", exposure.bucket(), exposure.suppression_reason(), cell);
    } else {
      MoveBucket(exposure.bucket(), exposure.suppression_reason(), 0, "", cell);
    }
  }
}

v1::HandOver Customer::Leave() {
  for (v1::Exposure& exposure : *record_.mutable_exposures()) SetMerged(&exposure, false, false);
  CountAll(-1);
  const auto responses =
      LoadRecord<v1::CustomerResponses>(ctx_, Table::kIndex, ResponsesKey(place_.id));
  v1::HandOver state = HandOverOf(place_.id, record_, responses);
  Forget();
  return state;
}

void Customer::Forget() {
  record_.Clear();
  changed_ = true;
  ctx_.CancelTimer(place_.timer, place_.subject);
  ctx_.Delete(Table::kIndex, ResponsesKey(place_.id));
}

void Customer::TakeOver(const v1::HandOver& state) {
  changed_ = true;
  v1::CustomerRecord mine = std::exchange(record_, {});
  *record_.mutable_exposures() = state.exposures();
  CountAll(+1);
  auto* exposures = record_.mutable_exposures();
  const int theirs = exposures->size();
  exposures->MergeFrom(mine.exposures());
  ResolveDoubles();
  // What either did is held against what the other was sent; each against its own is done.
  v1::HandOver united = state;
  for (v1::SeenActivity& seen : *united.mutable_recent()) {
    ApplyToSome(&seen, theirs, exposures->size());
  }
  for (v1::SeenActivity& seen : *mine.mutable_recent()) ApplyToSome(&seen, 0, theirs);
  *record_.mutable_recent() = mine.recent();
  UniteRecent(united, kRecentMax, &record_);
  auto responses = LoadRecord<v1::CustomerResponses>(ctx_, Table::kIndex, ResponsesKey(place_.id));
  UniteResponses(united, kResponsesKept, &responses);
  if (responses.responses_size() > 0) {
    StoreRecord(ctx_, Table::kIndex, ResponsesKey(place_.id), responses);
  }
}

void Customer::ApplyToSome(v1::SeenActivity* seen, int begin, int end) {
  std::string credit;
  if (!seen->credited()) {
    credit = LastTouch(*seen);
    seen->set_credited(!credit.empty());
  }
  for (int i = begin; i < end; ++i) {
    v1::Exposure* exposure = record_.mutable_exposures(i);
    if (!exposure->withdrawn()) Apply(*seen, credit, exposure);
  }
}

void Customer::Erase() {
  for (v1::Exposure& exposure : *record_.mutable_exposures()) {
    Customer nameless = OfErasedContact(exposure.contact_id(), definitions_, ctx_);
    exposure.clear_owner();
    exposure.clear_orders();
    exposure.clear_returns();
    *nameless.record_.add_exposures() = exposure;
    nameless.changed_ = true;
    nameless.Save();
  }
  Forget();
}

}  // namespace dangol::response
