// A customer's record as bytes, version 1: numbers, memberships and business units, which every
// event reads; facts as a message, which few do; then the ledger.
#include <algorithm>
#include <iterator>

#include "libs/base/bytes.h"
#include "services/segmentation/domain/bytes.h"
#include "services/segmentation/domain/customer.h"

namespace dangol::segmentation {
namespace {

// No byte that a record of protobuf begins with.
constexpr uint8_t kVersion = 1;

// What there is of a business unit.
enum UnitField : uint8_t { kSince = 1 << 0, kNext = 1 << 1 };
// The rest of the byte.
constexpr int kStageShift = 2;

void WriteUnits(const Customer& customer, Writer& w) {
  uint64_t kept = 0;
  const auto empty = [](const UnitState& unit) {
    return unit.stage_since == 0 && unit.next == kNever;
  };
  for (const UnitState& unit : customer.units) kept += empty(unit) ? 0 : 1;
  w.Varint(kept);
  for (const UnitState& unit : customer.units) {
    if (empty(unit)) continue;
    w.Text(unit.business_unit);
    w.Byte(static_cast<uint8_t>(unit.stage << kStageShift | (unit.stage_since != 0 ? kSince : 0) |
                                (unit.next != kNever ? kNext : 0)));
    if (unit.stage_since != 0) w.Signed(unit.stage_since);
    if (unit.next != kNever) w.Signed(unit.next);
  }
}

bool ReadUnits(ByteReader& r, Customer* customer) {
  customer->timer = kNever;
  customer->units.resize(r.Count());
  for (UnitState& unit : customer->units) {
    const absl::string_view name = r.Text();
    unit.business_unit.assign(name.data(), name.size());
    const uint8_t head = r.Byte();
    unit.stage = head >> kStageShift;
    unit.stage_since = head & kSince ? r.Signed() : 0;
    unit.next = head & kNext ? r.Signed() : kNever;
    if (static_cast<size_t>(unit.stage) >= std::size(kStages)) return false;
    customer->timer = std::min(customer->timer, unit.next);
  }
  return r.ok();
}

void WriteMemberships(const Customer& customer, Writer& w) {
  w.Varint(customer.memberships.size());
  uint64_t last = 0;
  for (const Membership& membership : customer.memberships) {
    w.Varint(membership.segment_id);
    const auto since = static_cast<uint64_t>(membership.since);
    w.Signed(static_cast<Micros>(since - last));
    last = since;
  }
}

void ReadMemberships(ByteReader& r, std::vector<Membership>* memberships) {
  memberships->resize(r.Count());
  uint64_t last = 0;  // wraps: the bytes may be anybody's
  for (Membership& membership : *memberships) {
    membership.segment_id = static_cast<uint32_t>(r.Varint());
    last += static_cast<uint64_t>(r.Signed());
    membership.since = static_cast<Micros>(last);
  }
}

bool Decode(absl::string_view bytes, bool with_facts, Customer* customer) {
  ByteReader r(bytes);
  if (r.Byte() != kVersion) return false;
  customer->sequence = r.Varint();
  customer->generation = r.Varint();
  ReadMemberships(r, &customer->memberships);
  if (!ReadUnits(r, customer)) return false;
  customer->restricted = r.Byte() != 0;
  customer->restricted_until = customer->restricted ? r.Signed() : kNever;
  const absl::string_view facts = r.Text();
  if (!r.ok()) return false;
  customer->facts.Clear();
  customer->undecoded.clear();
  if (!with_facts) {
    customer->undecoded.assign(facts.data(), facts.size());
  } else if (!customer->facts.ParseFromArray(facts.data(), static_cast<int>(facts.size()))) {
    return false;
  }
  return !r.done() && Ledger::DecodeInto(r.rest(), &customer->ledger).ok();
}

absl::Status Undecodable() {
  return absl::DataLossError("segmentation: a customer's record cannot be decoded");
}

absl::Status DecodeAs(bool with_facts, absl::string_view bytes, Customer* customer) {
  static const std::string* const kNobody = new std::string(EncodeCustomer({}));
  if (Decode(bytes.empty() ? *kNobody : bytes, with_facts, customer)) return absl::OkStatus();
  return Undecodable();
}

}  // namespace

absl::StatusOr<std::vector<Membership>> DecodeMemberships(absl::string_view bytes) {
  ByteReader r(bytes);
  if (r.Byte() != kVersion) return Undecodable();
  r.Varint();  // sequence
  r.Varint();  // generation
  std::vector<Membership> memberships;
  ReadMemberships(r, &memberships);
  if (!r.ok()) return Undecodable();
  return memberships;
}

absl::Status DecodeWithoutFacts(absl::string_view bytes, Customer* customer) {
  return DecodeAs(false, bytes, customer);
}

absl::Status DecodeCustomerInto(absl::string_view bytes, Customer* customer) {
  return DecodeAs(true, bytes, customer);
}

absl::StatusOr<Customer> DecodeCustomer(absl::string_view bytes) {
  Customer customer;
  if (absl::Status status = DecodeCustomerInto(bytes, &customer); !status.ok()) return status;
  return customer;
}

std::string EncodeCustomer(const Customer& customer) {
  Writer w;
  w.Byte(kVersion);
  w.Varint(customer.sequence);
  w.Varint(customer.generation);
  WriteMemberships(customer, w);
  WriteUnits(customer, w);
  w.Byte(customer.restricted ? 1 : 0);
  if (customer.restricted) w.Signed(customer.restricted_until);
  w.Text(customer.undecoded.empty() ? customer.facts.SerializeAsString() : customer.undecoded);
  customer.ledger.EncodeTo(&w);
  return w.Take();
}

}  // namespace dangol::segmentation
