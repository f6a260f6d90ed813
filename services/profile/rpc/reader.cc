#include "services/profile/rpc/reader.h"

#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/base/names.h"
#include "libs/base/status.h"
#include "libs/rpc/page_token.h"
#include "libs/stream/ask.h"
#include "libs/stream/rows.h"
#include "services/profile/domain/identifier.h"
#include "services/profile/domain/stats.h"
#include "services/profile/questions.h"
#include "services/profile/rpc/page.h"
#include "services/profile/tables.h"

namespace dangol::profile {
namespace {

constexpr Scope kFirst = {Service::kProfile, 0};

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
  DANGOL_ASSIGN_OR_RETURN(const auto owner, AskRow(gateway_, scope, Table::kIndex, text, deadline));
  if (!owner) return NotFound("customer with identifier", text);
  return DecodeKey(*owner);
}

absl::Status Reader::Get(const common::v1::CustomerRef& ref, Micros deadline, v1::Customer* out) {
  DANGOL_ASSIGN_OR_RETURN(const CustomerId id, Resolve(ref, "", deadline));
  DANGOL_ASSIGN_OR_RETURN(*out,
                          AskCustomer(gateway_, Service::kProfile, id, kCustomer, {}, deadline));
  return absl::OkStatus();
}

absl::StatusOr<CustomerId> Reader::FindExisting(CustomerId id, Micros deadline) {
  CustomerId now = id;
  DANGOL_RETURN_IF_ERROR(
      AskCustomer(gateway_, Service::kProfile, id, kExists, {}, deadline, &now).status());
  return now;
}

absl::Status Reader::ResolveExisting(const v1::ResolveCustomerRequest& request, Micros deadline,
                                     v1::ResolveCustomerResponse* out) {
  DANGOL_ASSIGN_OR_RETURN(const CustomerId id,
                          Resolve(request.customer(), request.business_unit(), deadline));
  DANGOL_ASSIGN_OR_RETURN(const CustomerId now, FindExisting(id, deadline));
  out->set_customer(CustomerName(now));
  return absl::OkStatus();
}

absl::Status Reader::List(const v1::ListCustomersRequest& request, Micros deadline,
                          v1::ListCustomersResponse* out) {
  const auto fetch = [&](Scope scope, const std::string& after,
                         int limit) -> absl::StatusOr<std::vector<Keyed<v1::Customer>>> {
    v1::CustomersRequest ask;
    ask.set_after(after.empty() ? 0 : DecodeKey(after));
    ask.set_limit(static_cast<uint32_t>(limit));
    DANGOL_ASSIGN_OR_RETURN(auto part, Ask(gateway_, scope, kCustomers, ask, deadline));
    std::vector<Keyed<v1::Customer>> customers;
    for (v1::Customer& customer : *part.mutable_customers()) {
      DANGOL_ASSIGN_OR_RETURN(const CustomerId id, ParseCustomerName("name", customer.name()));
      customers.push_back({EncodeKey(id), std::move(customer)});
    }
    return customers;
  };
  DANGOL_ASSIGN_OR_RETURN(
      *out->mutable_next_page_token(),
      Page<v1::Customer>(gateway_, {"customers", request.page_token(), request.page_size()}, fetch,
                         [&](v1::Customer&& customer) { *out->add_customers() = customer; }));
  return absl::OkStatus();
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
    const std::vector<Asked>& asked, common::v1::IdentifierType type, Micros deadline,
    v1::BatchResolveAddressesResponse* out) {
  std::map<Partition, v1::AddressesRequest> by_partition;
  std::map<Partition, std::vector<int>> indices;
  for (const auto& [id, index] : asked) {
    const Partition partition = ScopeOf(id).partition;
    by_partition[partition].set_type(type);
    by_partition[partition].add_customer_ids(id);
    indices[partition].push_back(index);
  }
  const std::vector<std::pair<Partition, v1::AddressesRequest>> requests(by_partition.begin(),
                                                                         by_partition.end());
  DANGOL_ASSIGN_OR_RETURN(auto answers,
                          AskEach(gateway_, Service::kProfile, kAddresses, requests, deadline));
  std::vector<Asked> elsewhere;
  for (size_t n = 0; n < answers.size(); ++n) {
    const std::vector<int>& of_part = indices[requests[n].first];
    for (size_t i = 0; i < of_part.size(); ++i) {
      v1::AddressesAnswer::One& one = *answers[n].mutable_ones(static_cast<int>(i));
      if (one.merged_into() != 0) elsewhere.emplace_back(one.merged_into(), of_part[i]);
      if (one.merged_into() == 0) out->mutable_addresses(of_part[i])->MergeFrom(one.address());
    }
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
  v1::TimelineRequest ask;
  ask.set_limit(static_cast<uint32_t>(size));
  if (cursor.size() == 16) {
    ask.mutable_after()->set_time_us(static_cast<Micros>(DecodeKey(cursor)));
    ask.mutable_after()->set_number(
        static_cast<int64_t>(DecodeKey(absl::string_view(cursor).substr(8))));
  }
  DANGOL_ASSIGN_OR_RETURN(auto page,
                          AskCustomer(gateway_, Service::kProfile, id, kTimeline, ask, deadline));
  out->mutable_entries()->Swap(page.mutable_entries());
  if (!page.has_last()) return absl::OkStatus();
  out->set_next_page_token(
      rpc::EncodePageToken(query, EncodeKey(static_cast<uint64_t>(page.last().time_us())) +
                                      EncodeKey(static_cast<uint64_t>(page.last().number()))));
  return absl::OkStatus();
}

absl::Status Reader::Stats(Micros deadline, v1::Stats* out) {
  DANGOL_ASSIGN_OR_RETURN(const auto parts,
                          AskAll(gateway_, Service::kProfile, kStats, {}, deadline));
  v1::StatsRecord sum;
  for (const v1::StatsRecord& part : parts) Combine(part, &sum);
  FillStats(sum, out);
  return absl::OkStatus();
}

absl::Status Reader::Unit(const std::string& name, Micros deadline, common::v1::BusinessUnit* out) {
  DANGOL_ASSIGN_OR_RETURN(
      auto unit, AskRecord<common::v1::BusinessUnit>(gateway_, kFirst, Table::kShared,
                                                     absl::StrCat(kUnitDefPrefix, name), deadline));
  if (!unit) return NotFound("business unit", name);
  *out = *std::move(unit);
  return absl::OkStatus();
}

absl::Status Reader::Units(const v1::ListBusinessUnitsRequest& request, Micros deadline,
                           v1::ListBusinessUnitsResponse* out) {
  DANGOL_ASSIGN_OR_RETURN(
      *out->mutable_next_page_token(),
      RowsPage(gateway_, {Table::kShared, kUnitDefPrefix},
               {"business units", request.page_token(), request.page_size()}, deadline,
               [&](const std::string& row) { out->add_business_units()->ParseFromString(row); }));
  return absl::OkStatus();
}

}  // namespace dangol::profile
