#include "services/campaign/domain/merge.h"

#include <algorithm>
#include <limits>
#include <tuple>
#include <utility>

#include "libs/base/hash.h"

namespace dangol::campaign {
namespace {

// Sorted, each once.
template <typename T>
void Unite(const google::protobuf::RepeatedField<T>& from, google::protobuf::RepeatedField<T>* to) {
  to->MergeFrom(from);
  std::sort(to->begin(), to->end());
  to->erase(std::unique(to->begin(), to->end()), to->end());
}

auto KeyOf(const v1::Touch& t) { return std::tuple(t.campaign(), t.wave(), t.is_twin()); }
auto KeyOf(const v1::RecentContact& r) { return std::tuple(r.time_us(), r.contact(), r.channel()); }

template <typename T>
void Unite(const google::protobuf::RepeatedPtrField<T>& from,
           google::protobuf::RepeatedPtrField<T>* to) {
  to->MergeFrom(from);
  std::sort(to->begin(), to->end(), [](const T& a, const T& b) { return KeyOf(a) < KeyOf(b); });
  to->erase(std::unique(to->begin(), to->end(),
                        [](const T& a, const T& b) { return KeyOf(a) == KeyOf(b); }),
            to->end());
}

void TakeConsent(const v1::ConsentMark& mark, v1::CustomerRecord* into) {
  for (v1::ConsentMark& known : *into->mutable_consents()) {
    if (known.channel() != mark.channel() || known.purpose() != mark.purpose()) continue;
    if (known.observed_time_us() == mark.observed_time_us()) {
      known.set_granted(known.granted() && mark.granted());
    } else if (known.observed_time_us() < mark.observed_time_us()) {
      known = mark;
    }
    return;
  }
  *into->add_consents() = mark;
}

// The row of the smallest id stands; a customer's own before any other.
void TakeListRow(const v1::ListRow& row, v1::CustomerRecord* into) {
  for (v1::ListRow& known : *into->mutable_list_rows()) {
    if (known.campaign() != row.campaign() || known.upload_id() != row.upload_id()) continue;
    if (known.of() > row.of()) known = row;
    return;
  }
  *into->add_list_rows() = row;
}

Micros EndOf(const profile::v1::Restriction& r) {
  if (!r.do_not_serve()) return 0;
  return r.until_time_us() == 0 ? std::numeric_limits<Micros>::max() : r.until_time_us();
}

bool Stricter(const profile::v1::Restriction& a, const profile::v1::Restriction& b) {
  return EndOf(a) != EndOf(b) ? EndOf(a) > EndOf(b)
                              : std::tie(a.reason(), a.by()) < std::tie(b.reason(), b.by());
}

// Sent, perhaps sent, or held out.
bool IsTouch(const v1::ContactRecord& contact) {
  return !contact.is_proof() && (contact.stage() == v1::CONTACT_STAGE_ATTEMPTING ||
                                 contact.stage() == v1::CONTACT_STAGE_HELD_OUT ||
                                 contact.stage() == v1::CONTACT_STAGE_ACCEPTED ||
                                 contact.stage() == v1::CONTACT_STAGE_DELIVERED ||
                                 contact.stage() == v1::CONTACT_STAGE_UNDELIVERED ||
                                 contact.stage() == v1::CONTACT_STAGE_UNKNOWN);
}

}  // namespace

v1::HandOver HandOverOf(CustomerId from, const v1::CustomerRecord& customer,
                        const std::vector<v1::ContactRecord>& contacts,
                        const std::function<bool(absl::string_view campaign)>& is_over) {
  v1::HandOver state;
  *state.mutable_consents() = customer.consents();
  *state.mutable_recent() = customer.recent();
  *state.mutable_once() = customer.once();
  *state.mutable_touches() = customer.touches();
  *state.mutable_merged() = customer.merged();
  if (customer.has_restriction()) *state.mutable_restriction() = customer.restriction();
  if (customer.has_addresses()) *state.mutable_addresses() = customer.addresses();
  for (const v1::ListRow& row : customer.list_rows()) {
    v1::ListRow* left = state.add_list_rows();
    *left = row;
    if (row.of() == 0) left->set_of(from);
  }
  for (const v1::ContactRecord& contact : contacts) {
    if (!IsTouch(contact) || is_over(contact.campaign())) continue;
    v1::Touch* touch = state.add_touches();
    touch->set_campaign(Hash64(contact.campaign()));
    touch->set_wave(Hash64(contact.wave()));
    touch->set_is_twin(contact.is_twin());
  }
  return state;
}

void TakeOver(const v1::HandOver& state, CustomerId from, v1::CustomerRecord* into) {
  for (const v1::ConsentMark& mark : state.consents()) TakeConsent(mark, into);
  auto* consents = into->mutable_consents();
  std::sort(consents->begin(), consents->end(), [](const auto& a, const auto& b) {
    return std::pair(a.channel(), a.purpose()) < std::pair(b.channel(), b.purpose());
  });
  for (const v1::ListRow& row : state.list_rows()) TakeListRow(row, into);
  auto* rows = into->mutable_list_rows();
  std::sort(rows->begin(), rows->end(), [](const auto& a, const auto& b) {
    return std::pair(a.campaign(), a.upload_id()) < std::pair(b.campaign(), b.upload_id());
  });
  Unite(state.recent(), into->mutable_recent());
  Unite(state.touches(), into->mutable_touches());
  Unite(state.once(), into->mutable_once());
  Unite(state.merged(), into->mutable_merged());
  google::protobuf::RepeatedField<uint64_t> self;
  self.Add(from);
  Unite(self, into->mutable_merged());
  if (state.restriction().do_not_serve() && Stricter(state.restriction(), into->restriction())) {
    *into->mutable_restriction() = state.restriction();
  }
  // Known and nothing said of its addresses: they are found out by the attempt, as before.
  if (into->known() && !into->has_addresses()) return;
  // What either has, both have: true is what merges into false.
  if (state.has_addresses()) into->mutable_addresses()->MergeFrom(state.addresses());
}

bool Doubles(const v1::CustomerRecord& customer, const v1::Campaign& campaign,
             absl::string_view wave, bool is_twin) {
  if (customer.touches().empty()) return false;
  const uint64_t name = Hash64(campaign.name());
  const uint64_t wave_name = Hash64(wave);
  for (const v1::Touch& touch : customer.touches()) {
    if (touch.campaign() != name) continue;
    if (touch.is_twin() != is_twin || campaign.once_per_customer()) return true;
    // Each occasion of a trigger is one of its own; its contact id tells them apart.
    if (campaign.trigger().has_batch() && touch.wave() == wave_name) return true;
  }
  return false;
}

}  // namespace dangol::campaign
