#include "services/segmentation/domain/customer.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "dangol/event/v1/customer.pb.h"

namespace dangol::segmentation {
namespace {

// "email/marketing": as consent("email", "marketing") asks for it.
std::string ConsentKey(const profile::v1::Consent& consent) {
  const std::string name = profile::v1::ConsentPurpose_Name(consent.purpose());
  return absl::StrCat(consent.channel(), "/",
                      absl::AsciiStrToLower(absl::StripPrefix(name, "CONSENT_PURPOSE_")));
}

void SetConsent(const profile::v1::Consent& consent, v1::CustomerFacts* facts) {
  const std::string key = ConsentKey(consent);
  auto* granted = facts->mutable_consents();
  auto it = std::find(granted->begin(), granted->end(), key);
  if (consent.granted() && it == granted->end()) {
    facts->add_consents(key);
  } else if (!consent.granted() && it != granted->end()) {
    granted->erase(it);
  }
}

}  // namespace

void ApplyProfile(const event::v1::ProfileChanged& changed, Customer* customer) {
  v1::CustomerFacts& facts = customer->facts;
  for (const auto& [name, trait] : changed.traits())
    (*facts.mutable_traits())[name] = trait.value();
  for (const std::string& name : changed.removed_traits()) facts.mutable_traits()->erase(name);
  for (const profile::v1::Consent& consent : changed.consents()) SetConsent(consent, &facts);
  if (!changed.has_restriction()) return;
  *facts.mutable_restriction() = changed.restriction();
  const Micros until = changed.restriction().until_time_us();
  customer->restricted = changed.restriction().do_not_serve();
  customer->restricted_until = until == 0 ? kNever : until;
}

Restricted RestrictedAt(const Customer& customer, Micros at) {
  if (!customer.restricted) return {};
  const Micros until = customer.restricted_until;
  return at < until ? Restricted{true, until} : Restricted{};
}

}  // namespace dangol::segmentation
