#include "services/profile/rpc/reader.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "libs/base/names.h"
#include "libs/base/parallel.h"
#include "libs/base/status.h"
#include "libs/rpc/page_token.h"
#include "libs/stream/follow.h"
#include "libs/stream/merge.h"
#include "libs/stream/tables.h"
#include "services/profile/customer_state.h"
#include "services/profile/domain/facts.h"
#include "services/profile/domain/history.h"
#include "services/profile/domain/identifier.h"
#include "services/profile/domain/stats.h"
#include "services/profile/rpc/scan_page.h"
#include "services/profile/tables.h"

namespace dangol::profile {
namespace {

constexpr size_t kReadsAtOnce = 16;

constexpr Scope kFirst = {Service::kProfile, 0};

absl::Status Fill(StateView& state, CustomerId id, v1::Customer* out) {
  DANGOL_ASSIGN_OR_RETURN(const v1::CustomerRecord record, LoadCustomer(state, id));
  FillCustomer(id, record, out);
  const v1::HistoryRecord history = LoadHistory(state, id);
  out->set_last_activity_time_us(history.last_activity_time_us());
  *out->mutable_lifecycles() = history.lifecycles();
  return absl::OkStatus();
}

// The type of identifier to send to.
absl::StatusOr<common::v1::IdentifierType> TypeOf(v1::ContactAddressKind kind) {
  switch (kind) {
    case v1::CONTACT_ADDRESS_KIND_EMAIL:
      return common::v1::IDENTIFIER_TYPE_EMAIL;
    case v1::CONTACT_ADDRESS_KIND_PHONE:
      return common::v1::IDENTIFIER_TYPE_PHONE;
    case v1::CONTACT_ADDRESS_KIND_USER_ID:
      return common::v1::IDENTIFIER_TYPE_USER_ID;
    default:
      return BadField("kind", absl::StrCat(static_cast<int>(kind)), "is no kind of address",
                      "use EMAIL, PHONE or USER_ID");
  }
}

void FillAddress(StateView& state, CustomerId id, common::v1::IdentifierType type,
                 v1::ResolvedAddress* out) {
  out->set_missing(true);
  const auto record = LoadCustomer(state, id);
  if (!record.ok()) return;
  const v1::Restriction& restriction = record->restriction();
  out->set_do_not_serve(restriction.do_not_serve() && (restriction.until_time_us() == 0 ||
                                                       restriction.until_time_us() > state.now()));
  Micros latest = 0;
  for (const v1::IdentifierRecord& known : record->identifiers()) {
    if (known.status() != v1::IdentifierRecord::STATUS_OWNED || known.identifier().type() != type ||
        (!out->missing() && known.first_seen_time_us() < latest)) {
      continue;
    }
    latest = known.first_seen_time_us();
    out->set_missing(false);
    out->set_address(known.identifier().value());
  }
}

// An entry and its number in the order of acceptance.
using Numbered = std::pair<int64_t, v1::TimelineEntry>;

// Newest first; of the same time, the one accepted last.
bool Newer(const Numbered& a, const Numbered& b) {
  return std::make_pair(a.second.time_us(), a.first) > std::make_pair(b.second.time_us(), b.first);
}

std::vector<Numbered> LoadEntries(StateView& state, CustomerId id) {
  const v1::HistoryRecord history = LoadHistory(state, id);
  const std::vector<std::string> timeline = LoadTimeline(state, id, history);
  int64_t number = history.entries() - static_cast<int64_t>(timeline.size());
  std::vector<Numbered> entries;
  for (const std::string& bytes : timeline) entries.emplace_back(number++, ParseEntry(bytes));
  std::sort(entries.begin(), entries.end(), Newer);
  return entries;
}

}  // namespace

absl::StatusOr<CustomerId> Reader::Resolve(const common::v1::CustomerRef& ref,
                                           const std::string& business_unit, Micros deadline) {
  if (ref.has_customer()) return ParseCustomerName("customer", ref.customer());
  if (!ref.has_identifier()) {
    return BadField("customer", "", "is missing", "give customers/<id> or an identifier");
  }
  std::string region = units_.default_region();
  if (!business_unit.empty()) {
    DANGOL_ASSIGN_OR_RETURN(const auto units, units_.Know({business_unit}, deadline));
    const auto unit = units->find(business_unit);
    if (unit == units->end()) return NotFound("business unit", business_unit);
    region = unit->second.phone_region;
  }
  common::v1::Identifier id = ref.identifier();
  if (auto p = Normalise(region, &id)) return ToStatus(Under("identifier", *std::move(p)));
  const std::string text = TextOf(id);
  const Scope scope{Service::kProfile, PartitionOf(dangol::SlotOf(text), gateway_.partitions())};
  std::optional<CustomerId> owner;
  DANGOL_RETURN_IF_ERROR(
      gateway_.Read(scope, deadline, [&](Processor&, StateView& state) -> absl::Status {
        owner = FindOwner(state, text);
        return absl::OkStatus();
      }));
  if (!owner) return NotFound("customer with identifier", text);
  return *owner;
}

absl::Status Reader::Get(const common::v1::CustomerRef& ref, Micros deadline, v1::Customer* out) {
  DANGOL_ASSIGN_OR_RETURN(const CustomerId id, Resolve(ref, "", deadline));
  return ReadCustomer(
      gateway_, Service::kProfile, id, deadline,
      [&](CustomerId now, Processor&, StateView& state) { return Fill(state, now, out); });
}

absl::Status Reader::ResolveExisting(const v1::ResolveCustomerRequest& request, Micros deadline,
                                     v1::ResolveCustomerResponse* out) {
  DANGOL_ASSIGN_OR_RETURN(const CustomerId id,
                          Resolve(request.customer(), request.business_unit(), deadline));
  return ReadCustomer(gateway_, Service::kProfile, id, deadline,
                      [&](CustomerId now, Processor&, StateView& state) {
                        out->set_customer(CustomerName(now));
                        return LoadCustomer(state, now).status();
                      });
}

absl::Status Reader::List(const v1::ListCustomersRequest& request, Micros deadline,
                          v1::ListCustomersResponse* out) {
  const ScanSpec spec{Table::kCustomer, "", "customers", request.page_token(), request.page_size()};
  absl::Status filled;
  DANGOL_ASSIGN_OR_RETURN(
      *out->mutable_next_page_token(),
      ScanPage(gateway_, spec, deadline, [&](StateView& state, absl::string_view key, auto) {
        filled.Update(Fill(state, DecodeKey(key), out->add_customers()));
      }));
  return filled;
}

absl::Status Reader::Addresses(const v1::BatchResolveAddressesRequest& request, Micros deadline,
                               v1::BatchResolveAddressesResponse* out) {
  if (request.customers_size() > kAddressesMax) {
    return BadField("customers", absl::StrCat(request.customers_size()), "customers in one request",
                    absl::StrCat("send at most ", kAddressesMax));
  }
  DANGOL_ASSIGN_OR_RETURN(const common::v1::IdentifierType type, TypeOf(request.kind()));
  std::vector<Asked> asked;
  for (int i = 0; i < request.customers_size(); ++i) {
    DANGOL_ASSIGN_OR_RETURN(
        const CustomerId id,
        ParseCustomerName(absl::StrCat("customers[", i, "]"), request.customers(i)));
    asked.emplace_back(id, i);
    out->add_addresses()->set_customer(request.customers(i));
  }
  // Again for those who were merged into another; ids fall, so this ends.
  while (!asked.empty()) {
    DANGOL_ASSIGN_OR_RETURN(asked, FillAddresses(asked, type, deadline, out));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Reader::Asked>> Reader::FillAddresses(
    const std::vector<Asked>& asked, int type, Micros deadline,
    v1::BatchResolveAddressesResponse* out) {
  std::map<Partition, std::vector<Asked>> by_partition;
  for (const Asked& a : asked) by_partition[ScopeOf(a.first).partition].push_back(a);
  struct Group {
    Partition partition;
    std::vector<Asked> asked, elsewhere;
    absl::Status status;
  };
  std::vector<Group> groups;
  for (auto& [partition, part] : by_partition) groups.push_back({partition, std::move(part)});
  // Each waits for the disk: together they wait once.
  ParallelFor(groups.size(), kReadsAtOnce, [&](size_t i) {
    Group& group = groups[i];
    const auto fill = [&](Processor&, StateView& state) -> absl::Status {
      for (const auto& [id, index] : group.asked) {
        if (const auto into = MergedInto(state, id)) {
          group.elsewhere.emplace_back(*into, index);
          continue;
        }
        FillAddress(state, id, static_cast<common::v1::IdentifierType>(type),
                    out->mutable_addresses(index));
      }
      return absl::OkStatus();
    };
    group.status = gateway_.Read({Service::kProfile, group.partition}, deadline, fill);
  });
  std::vector<Asked> elsewhere;
  for (const Group& group : groups) {
    DANGOL_RETURN_IF_ERROR(group.status);
    elsewhere.insert(elsewhere.end(), group.elsewhere.begin(), group.elsewhere.end());
  }
  return elsewhere;
}

absl::Status Reader::Timeline(const v1::ListTimelineRequest& request, Micros deadline,
                              v1::ListTimelineResponse* out) {
  DANGOL_ASSIGN_OR_RETURN(const int size, rpc::PageSize(request.page_size()));
  DANGOL_ASSIGN_OR_RETURN(const CustomerId id, Resolve(request.customer(), "", deadline));
  const std::string query = absl::StrCat("timeline ", id);
  DANGOL_ASSIGN_OR_RETURN(const std::string cursor,
                          rpc::DecodePageToken(request.page_token(), query));
  std::vector<Numbered> entries;
  DANGOL_RETURN_IF_ERROR(
      ReadCustomer(gateway_, Service::kProfile, id, deadline,
                   [&](CustomerId now, Processor&, StateView& state) -> absl::Status {
                     DANGOL_RETURN_IF_ERROR(LoadCustomer(state, now).status());
                     entries = LoadEntries(state, now);
                     return absl::OkStatus();
                   }));
  // After the last entry shown, found by its time and number.
  auto from = entries.begin();
  if (cursor.size() == 16) {
    Numbered last;
    last.second.set_time_us(static_cast<Micros>(DecodeKey(cursor)));
    last.first = static_cast<int64_t>(DecodeKey(absl::string_view(cursor).substr(8)));
    from = std::upper_bound(entries.begin(), entries.end(), last, Newer);
  }
  for (; from != entries.end() && out->entries_size() < size; ++from) {
    *out->add_entries() = from->second;
  }
  if (from == entries.end()) return absl::OkStatus();
  const Numbered& last = *std::prev(from);
  out->set_next_page_token(
      rpc::EncodePageToken(query, EncodeKey(static_cast<uint64_t>(last.second.time_us())) +
                                      EncodeKey(static_cast<uint64_t>(last.first))));
  return absl::OkStatus();
}

absl::Status Reader::Stats(Micros deadline, v1::Stats* out) {
  v1::StatsRecord sum;
  DANGOL_RETURN_IF_ERROR(gateway_.ReadAll(Service::kProfile, deadline,
                                          [&](Processor&, StateView& state) -> absl::Status {
                                            Combine(LoadStats(state), &sum);
                                            return absl::OkStatus();
                                          }));
  FillStats(sum, out);
  return absl::OkStatus();
}

absl::Status Reader::Unit(const std::string& name, Micros deadline, common::v1::BusinessUnit* out) {
  return gateway_.Read(kFirst, deadline, [&](Processor&, StateView& state) -> absl::Status {
    *out = LoadRecord<common::v1::BusinessUnit>(state, Table::kShared,
                                                absl::StrCat(kUnitDefPrefix, name));
    return out->name().empty() ? NotFound("business unit", name) : absl::OkStatus();
  });
}

absl::Status Reader::Units(const v1::ListBusinessUnitsRequest& request, Micros deadline,
                           v1::ListBusinessUnitsResponse* out) {
  const ScanSpec spec{Table::kShared, kUnitDefPrefix, "business units", request.page_token(),
                      request.page_size()};
  DANGOL_ASSIGN_OR_RETURN(
      *out->mutable_next_page_token(),
      ScanPage(gateway_, spec, deadline, [&](StateView&, auto, absl::string_view value) {
        out->add_business_units()->ParseFromArray(value.data(), static_cast<int>(value.size()));
      }));
  return absl::OkStatus();
}

}  // namespace dangol::profile
