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

void SetConsent(const profile::v1::Consent& consent, v1::CustomerRecord* record) {
  const std::string key = ConsentKey(consent);
  auto* granted = record->mutable_consents();
  auto it = std::find(granted->begin(), granted->end(), key);
  if (consent.granted() && it == granted->end()) {
    record->add_consents(key);
  } else if (!consent.granted() && it != granted->end()) {
    granted->erase(it);
  }
}

}  // namespace

absl::Status DecodeCustomerInto(absl::string_view bytes, Customer* customer) {
  if (!customer->record.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return absl::DataLossError("segmentation: a customer's record cannot be decoded");
  }
  absl::Status decoded = Ledger::DecodeInto(customer->record.ledger(), &customer->ledger);
  customer->record.clear_ledger();
  return decoded;
}

absl::StatusOr<Customer> DecodeCustomer(absl::string_view bytes) {
  Customer customer;
  if (absl::Status status = DecodeCustomerInto(bytes, &customer); !status.ok()) return status;
  return customer;
}

std::string EncodeCustomer(Customer& customer) {
  customer.record.set_ledger(customer.ledger.Encode());
  std::string bytes = customer.record.SerializeAsString();
  customer.record.clear_ledger();
  return bytes;
}

void ApplyProfile(const event::v1::ProfileChanged& changed, Customer* customer) {
  v1::CustomerRecord& record = customer->record;
  for (const auto& [name, trait] : changed.traits())
    (*record.mutable_traits())[name] = trait.value();
  for (const std::string& name : changed.removed_traits()) record.mutable_traits()->erase(name);
  for (const profile::v1::Consent& consent : changed.consents()) SetConsent(consent, &record);
  if (changed.has_restriction()) *record.mutable_restriction() = changed.restriction();
}

Restricted RestrictedAt(const Customer& customer, Micros at) {
  const profile::v1::Restriction& restriction = customer.record.restriction();
  if (!restriction.do_not_serve()) return {};
  const Micros until = restriction.until_time_us();
  if (until == 0) return {true, kNever};
  return at < until ? Restricted{true, until} : Restricted{};
}

}  // namespace dangol::segmentation
