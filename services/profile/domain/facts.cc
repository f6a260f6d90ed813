#include "services/profile/domain/facts.h"

#include <algorithm>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "dangol/event/v1/customer.pb.h"
#include "dangol/event/v1/ingest.pb.h"
#include "dangol/profile/v1/customer.pb.h"
#include "dangol/profile/v1/state.pb.h"
#include "libs/base/names.h"
#include "services/profile/domain/identifier.h"

namespace dangol::profile {
namespace {

using event::v1::CustomerUpsert;
using event::v1::ProfileChanged;

Micros ObservedAt(Micros observed, Micros fallback, Micros now) {
  const Micros t = observed != 0 ? observed : fallback;
  return t == 0 ? now : std::min(t, now);
}

// Greater wins. A refusal beats a grant of the same instant.
auto RankOf(const v1::Consent& c) {
  return std::make_tuple(c.observed_time_us(), !c.granted(), c.SerializeAsString());
}
auto RankOf(const v1::Restriction& r, Micros observed) {
  return std::make_tuple(observed, r.do_not_serve(), r.SerializeAsString());
}
auto KeyOf(const v1::Consent& c) { return std::make_pair(c.channel(), c.purpose()); }

class Merger {
 public:
  Merger(const CustomerUpsert& upsert, Micros now, v1::CustomerRecord* record,
         ProfileChanged* published)
      : upsert_(upsert),
        now_(now),
        observed_(ObservedAt(upsert.observed_time_us(), 0, now)),
        record_(*record),
        published_(*published) {}

  MergeResult Run() {
    for (const auto& [name, value] : upsert_.traits()) MergeTrait(name, value);
    for (const v1::Consent& consent : upsert_.consents()) MergeConsent(consent);
    MergeTimeZone();
    if (upsert_.has_restriction()) MergeRestriction();
    return result_;
  }

 private:
  v1::TraitRecord* TraitAt(const std::string& name) {
    auto* traits = record_.mutable_traits();
    const auto at = std::lower_bound(
        traits->begin(), traits->end(), name,
        [](const v1::TraitRecord& t, const std::string& n) { return t.name() < n; });
    if (at != traits->end() && at->name() == name) return &*at;
    if (traits->size() >= kTraitsPerCustomerMax) return nullptr;
    const int index = static_cast<int>(at - traits->begin());
    traits->Add()->set_name(name);
    for (int i = traits->size() - 1; i > index; --i) traits->SwapElements(i, i - 1);
    return traits->Mutable(index);
  }

  void MergeTrait(const std::string& name, const v1::TraitValue& value) {
    v1::TraitRecord* slot = TraitAt(name);
    if (slot == nullptr) {
      ++result_.dropped;
      return;
    }
    v1::Trait* trait = slot->mutable_trait();
    const std::string before = trait->value().SerializeAsString();
    const std::string after = value.SerializeAsString();
    // A removed trait has an empty value, a new one has none.
    const bool fresh = !trait->has_value();
    if (!fresh &&
        std::tie(observed_, after) <= std::make_tuple(trait->observed_time_us(), before)) {
      return;
    }
    *trait->mutable_value() = value;
    trait->set_source(upsert_.source());
    trait->set_observed_time_us(observed_);
    result_.record_changed = true;
    if (before == after) return;
    result_.facts_changed = true;
    if (after.empty()) {
      published_.add_removed_traits(name);
    } else {
      (*published_.mutable_traits())[name] = *trait;
    }
  }

  void MergeConsent(v1::Consent consent) {
    consent.set_observed_time_us(ObservedAt(consent.observed_time_us(), observed_, now_));
    if (consent.source().empty()) consent.set_source(upsert_.source());
    auto* consents = record_.mutable_consents();
    auto at = std::lower_bound(
        consents->begin(), consents->end(), consent,
        [](const v1::Consent& a, const v1::Consent& b) { return KeyOf(a) < KeyOf(b); });
    const bool known = at != consents->end() && KeyOf(*at) == KeyOf(consent);
    if (known && RankOf(consent) <= RankOf(*at)) return;
    if (!known && consents->size() >= kConsentsPerCustomerMax) {
      ++result_.dropped;
      return;
    }
    int index = static_cast<int>(at - consents->begin());
    if (!known) {
      consents->Add();
      for (int i = consents->size() - 1; i > index; --i) consents->SwapElements(i, i - 1);
    }
    *consents->Mutable(index) = consent;
    *published_.add_consents() = std::move(consent);
    result_.record_changed = result_.facts_changed = true;
  }

  void MergeTimeZone() {
    if (upsert_.time_zone().empty()) return;
    const bool known = !record_.time_zone().empty();
    if (known && std::tie(observed_, upsert_.time_zone()) <=
                     std::make_tuple(record_.time_zone_observed_time_us(), record_.time_zone())) {
      return;
    }
    if (record_.time_zone() != upsert_.time_zone()) {
      published_.set_time_zone(upsert_.time_zone());
      result_.facts_changed = true;
    }
    record_.set_time_zone(upsert_.time_zone());
    record_.set_time_zone_observed_time_us(observed_);
    result_.record_changed = true;
  }

  void MergeRestriction() {
    const v1::Restriction& given = upsert_.restriction();
    if (record_.has_restriction() &&
        RankOf(given, observed_) <=
            RankOf(record_.restriction(), record_.restriction_observed_time_us())) {
      return;
    }
    const bool same = record_.has_restriction() &&
                      record_.restriction().SerializeAsString() == given.SerializeAsString();
    *record_.mutable_restriction() = given;
    record_.set_restriction_observed_time_us(observed_);
    result_.record_changed = true;
    if (same) return;
    *published_.mutable_restriction() = given;
    result_.facts_changed = true;
  }

  const CustomerUpsert& upsert_;
  const Micros now_;
  const Micros observed_;
  v1::CustomerRecord& record_;
  ProfileChanged& published_;
  MergeResult result_;
};

}  // namespace

MergeResult MergeFacts(const CustomerUpsert& upsert, Micros now, v1::CustomerRecord* record,
                       ProfileChanged* published) {
  const MergeResult result = Merger(upsert, now, record, published).Run();
  if (result.record_changed) record->set_version(record->version() + 1);
  return result;
}

void MakeNewest(const v1::CustomerRecord& record, Micros now, CustomerUpsert* upsert) {
  // A virtual clock may stand still between two commands: the second must still win.
  Micros observed = now;
  if (upsert->has_restriction() && record.has_restriction()) {
    observed = std::max(observed, record.restriction_observed_time_us() + 1);
  }
  for (v1::Consent& consent : *upsert->mutable_consents()) {
    Micros at = now;
    for (const v1::Consent& known : record.consents()) {
      if (KeyOf(known) == KeyOf(consent)) at = std::max(at, known.observed_time_us() + 1);
    }
    consent.set_observed_time_us(at);
    observed = std::max(observed, at);
  }
  upsert->set_observed_time_us(observed);
}

void FillCustomer(CustomerId id, const v1::CustomerRecord& record, v1::Customer* customer) {
  customer->set_name(CustomerName(id));
  customer->set_first_seen_time_us(record.first_seen_time_us());
  for (const v1::IdentifierRecord& known : record.identifiers()) {
    if (known.status() != v1::IdentifierRecord::STATUS_OWNED) continue;
    v1::OwnedIdentifier* owned = customer->add_identifiers();
    *owned->mutable_identifier() = known.identifier();
    owned->set_source(known.source());
    owned->set_first_seen_time_us(known.first_seen_time_us());
    if (IsStrong(known.identifier().type())) customer->set_registered(true);
  }
  for (const v1::TraitRecord& trait : record.traits()) {
    if (trait.trait().value().value_case() == v1::TraitValue::VALUE_NOT_SET) continue;
    (*customer->mutable_traits())[trait.name()] = trait.trait();
  }
  *customer->mutable_consents() = record.consents();
  customer->set_time_zone(record.time_zone());
  if (record.has_restriction()) *customer->mutable_restriction() = record.restriction();
  customer->set_etag(absl::StrCat(record.version()));
}

}  // namespace dangol::profile
