#include "services/segmentation/domain/customer.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "dangol/event/v1/customer.pb.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/wire_format_lite.h"
#include "libs/base/status.h"

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

absl::Status DecodeWithoutFacts(absl::string_view bytes, Customer* customer) {
  using google::protobuf::internal::WireFormatLite;
  using google::protobuf::io::CodedInputStream;
  std::string rest;
  std::string facts;
  CodedInputStream in(reinterpret_cast<const uint8_t*>(bytes.data()),
                      static_cast<int>(bytes.size()));
  int begin = 0;
  while (const uint32_t tag = in.ReadTag()) {
    if (!WireFormatLite::SkipField(&in, tag)) break;
    const int number = WireFormatLite::GetTagFieldNumber(tag);
    const bool fact = number == v1::CustomerRecord::kTraitsFieldNumber ||
                      number == v1::CustomerRecord::kConsentsFieldNumber;
    const absl::string_view field = bytes.substr(begin, in.CurrentPosition() - begin);
    (fact ? facts : rest).append(field.data(), field.size());
    begin = in.CurrentPosition();
  }
  if (begin != static_cast<int>(bytes.size())) return DecodeCustomerInto(bytes, customer);
  DANGOL_RETURN_IF_ERROR(DecodeCustomerInto(rest, customer));
  customer->undecoded = std::move(facts);
  return absl::OkStatus();
}

absl::Status DecodeCustomerInto(absl::string_view bytes, Customer* customer) {
  customer->undecoded.clear();
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
  bytes += customer.undecoded;
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
