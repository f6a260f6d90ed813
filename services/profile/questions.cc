#include "services/profile/questions.h"

#include <algorithm>
#include <string>
#include <utility>

#include "libs/base/names.h"
#include "libs/base/status.h"
#include "services/profile/customer_state.h"
#include "services/profile/domain/facts.h"
#include "services/profile/domain/history.h"
#include "services/profile/merging.h"
#include "services/profile/tables.h"

namespace dangol::profile {
namespace {

using google::protobuf::Empty;

absl::Status AnswerCustomer(CustomerId id, const Empty&, Processor&, StateView& state,
                            v1::Customer* out) {
  DANGOL_ASSIGN_OR_RETURN(const v1::CustomerRecord record, LoadCustomer(state, id));
  FillCustomer(id, record, out);
  const v1::HistoryRecord history = LoadHistory(state, id);
  out->set_last_activity_time_us(history.last_activity_time_us());
  *out->mutable_lifecycles() = history.lifecycles();
  return absl::OkStatus();
}

absl::Status AnswerExists(CustomerId id, const Empty&, Processor&, StateView& state, Empty*) {
  return LoadCustomer(state, id).status();
}

absl::Status AnswerCustomers(const v1::CustomersRequest& request, Processor& processor,
                             StateView& state, v1::ListCustomersResponse* out) {
  // First the ids: looking at a record may move the others.
  std::vector<CustomerId> ids;
  state.Scan(Table::kCustomer, EncodeKey(request.after() + 1), [&](absl::string_view key, auto) {
    ids.push_back(DecodeKey(key));
    return ids.size() < request.limit();
  });
  for (const CustomerId id : ids) {
    DANGOL_RETURN_IF_ERROR(AnswerCustomer(id, Empty(), processor, state, out->add_customers()));
  }
  return absl::OkStatus();
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

absl::Status AnswerAddresses(const v1::AddressesRequest& request, Processor&, StateView& state,
                             v1::AddressesAnswer* answer) {
  for (const CustomerId id : request.customer_ids()) {
    v1::AddressesAnswer::One* one = answer->add_ones();
    if (const auto into = MergedInto(state, id)) {
      one->set_merged_into(*into);
    } else {
      FillAddress(state, id, request.type(), one->mutable_address());
    }
  }
  return absl::OkStatus();
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

absl::Status AnswerTimeline(CustomerId id, const v1::TimelineRequest& request, Processor&,
                            StateView& state, v1::TimelineAnswer* answer) {
  DANGOL_RETURN_IF_ERROR(LoadCustomer(state, id).status());
  const std::vector<Numbered> entries = LoadEntries(state, id);
  auto from = entries.begin();
  if (request.has_after()) {
    Numbered last;
    last.second.set_time_us(request.after().time_us());
    last.first = request.after().number();
    from = std::upper_bound(entries.begin(), entries.end(), last, Newer);
  }
  for (; from != entries.end() && answer->entries_size() < static_cast<int>(request.limit());
       ++from) {
    *answer->add_entries() = from->second;
  }
  if (from == entries.end()) return absl::OkStatus();
  answer->mutable_last()->set_time_us(std::prev(from)->second.time_us());
  answer->mutable_last()->set_number(std::prev(from)->first);
  return absl::OkStatus();
}

absl::Status AnswerStats(const Empty&, Processor&, StateView& state, v1::StatsRecord* answer) {
  *answer = LoadStats(state);
  return absl::OkStatus();
}

absl::Status AnswerMerge(CustomerId, const v1::PairRequest& pair, Processor&, StateView& state,
                         v1::Merge* answer) {
  auto record = LoadMerge(state, PairKey(pair.from_id(), pair.into_id()));
  if (!record) return NotFound("merge", MergeName(pair.from_id(), pair.into_id()));
  *answer = std::move(*record->mutable_merge());
  return absl::OkStatus();
}

absl::Status AnswerExport(CustomerId id, const Empty&, Processor&, StateView& state,
                          v1::ExportCustomerResponse* out) {
  DANGOL_ASSIGN_OR_RETURN(const v1::CustomerRecord record, LoadCustomer(state, id));
  for (Numbered& entry : LoadEntries(state, id)) *out->add_timeline() = std::move(entry.second);
  for (const v1::IdentifierRecord& known : record.identifiers()) {
    if (known.status() == v1::IdentifierRecord::STATUS_OWNED) continue;
    v1::OwnedIdentifier* other = out->add_other_identifiers();
    *other->mutable_identifier() = known.identifier();
    other->set_source(known.source());
    other->set_first_seen_time_us(known.first_seen_time_us());
  }
  for (const std::string& key : record.merge_keys()) {
    if (const auto merge = LoadMerge(state, key)) *out->add_merges() = merge->merge();
  }
  return absl::OkStatus();
}

}  // namespace

const CustomerQuestion<Empty, v1::Customer> kCustomer = {"profile.Customer", AnswerCustomer};
const CustomerQuestion<Empty, Empty> kExists = {"profile.Exists", AnswerExists};
const CustomerQuestion<v1::TimelineRequest, v1::TimelineAnswer> kTimeline = {"profile.Timeline",
                                                                             AnswerTimeline};
const CustomerQuestion<v1::PairRequest, v1::Merge> kMerge = {"profile.Merge", AnswerMerge};
const CustomerQuestion<Empty, v1::ExportCustomerResponse> kExport = {"profile.Export",
                                                                     AnswerExport};
const Question<v1::CustomersRequest, v1::ListCustomersResponse> kCustomers = {"profile.Customers",
                                                                              AnswerCustomers};
const Question<v1::AddressesRequest, v1::AddressesAnswer> kAddresses = {"profile.Addresses",
                                                                        AnswerAddresses};
const Question<Empty, v1::StatsRecord> kStats = {"profile.Stats", AnswerStats};

std::vector<RawQuestion> Questions() {
  return {Raw(kCustomer), Raw(kExists),    Raw(kTimeline),  Raw(kMerge),
          Raw(kExport),   Raw(kCustomers), Raw(kAddresses), Raw(kStats)};
}

}  // namespace dangol::profile
