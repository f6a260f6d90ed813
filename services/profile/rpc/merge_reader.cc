#include "services/profile/rpc/merge_reader.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "libs/base/names.h"
#include "libs/base/status.h"
#include "libs/stream/follow.h"
#include "services/profile/customer_state.h"
#include "services/profile/domain/history.h"
#include "services/profile/erasure.h"
#include "services/profile/rpc/scan_page.h"
#include "services/profile/tables.h"

namespace dangol::profile {
namespace {

constexpr size_t kHexDigits = 16;

absl::Status FillExport(StateView& state, CustomerId id, v1::ExportCustomerResponse* out) {
  DANGOL_ASSIGN_OR_RETURN(const v1::CustomerRecord record, LoadCustomer(state, id));
  const v1::HistoryRecord history = LoadHistory(state, id);
  std::vector<std::string> timeline = LoadTimeline(state, id, history);
  std::reverse(timeline.begin(), timeline.end());
  for (const std::string& bytes : timeline) *out->add_timeline() = ParseEntry(bytes);
  std::stable_sort(out->mutable_timeline()->begin(), out->mutable_timeline()->end(),
                   [](const v1::TimelineEntry& a, const v1::TimelineEntry& b) {
                     return a.time_us() > b.time_us();
                   });
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

absl::StatusOr<Pair> ParseMergeName(absl::string_view field, absl::string_view name) {
  absl::string_view rest = name;
  if (absl::ConsumePrefix(&rest, "merges/") && rest.size() == 2 * kHexDigits + 1 &&
      rest[kHexDigits] == '-') {
    const auto from =
        ParseCustomerName(field, absl::StrCat("customers/", rest.substr(0, kHexDigits)));
    const auto into =
        ParseCustomerName(field, absl::StrCat("customers/", rest.substr(kHexDigits + 1)));
    if (from.ok() && into.ok()) return Pair{*from, *into};
  }
  return BadField(field, name, "names no merge",
                  "use merges/{16 hexadecimal digits}-{16 hexadecimal digits}");
}

absl::Status MergeReader::List(const v1::ListMergesRequest& request, Micros deadline,
                               v1::ListMergesResponse* out) {
  const ScanSpec spec{Table::kIndex, kMergePrefix, absl::StrCat("merges ", request.state()),
                      request.page_token(), request.page_size()};
  DANGOL_ASSIGN_OR_RETURN(
      *out->mutable_next_page_token(),
      ScanPage(gateway_, spec, deadline, [&](StateView&, auto, absl::string_view value) {
        v1::MergeRecord record;
        record.ParseFromArray(value.data(), static_cast<int>(value.size()));
        const bool wanted = request.state() == v1::MERGE_STATE_UNSPECIFIED ||
                            request.state() == record.merge().state();
        if (wanted) *out->add_merges() = std::move(*record.mutable_merge());
      }));
  return absl::OkStatus();
}

absl::Status MergeReader::Get(const std::string& name, Micros deadline, v1::Merge* out) {
  DANGOL_ASSIGN_OR_RETURN(const Pair pair, ParseMergeName("name", name));
  return ReadCustomer(gateway_, Service::kProfile, pair.from, deadline,
                      [&](CustomerId, Processor&, StateView& state) -> absl::Status {
                        const auto record = LoadMerge(state, PairKey(pair.from, pair.into));
                        if (!record) return NotFound("merge", name);
                        *out = record->merge();
                        return absl::OkStatus();
                      });
}

absl::Status MergeReader::CheckBoth(const Pair& pair, Micros deadline) {
  for (CustomerId id : {pair.from, pair.into}) {
    DANGOL_RETURN_IF_ERROR(ReadCustomer(gateway_, Service::kProfile, id, deadline,
                                        [](CustomerId now, Processor&, StateView& state) {
                                          return LoadCustomer(state, now).status();
                                        }));
  }
  return absl::OkStatus();
}

absl::Status MergeReader::Erasure(const std::string& name, Micros deadline, v1::Erasure* out) {
  DANGOL_ASSIGN_OR_RETURN(const CustomerId id, ParseErasureName("name", name));
  const Scope scope{Service::kProfile, PartitionOfCustomer(id, gateway_.partitions())};
  return gateway_.Read(scope, deadline, [&](Processor&, StateView& state) -> absl::Status {
    const std::string* row = state.Get(Table::kIndex, ErasureKey(id));
    if (row == nullptr) return NotFound("erasure", name);
    return out->ParseFromString(*row) ? absl::OkStatus() : absl::DataLossError("undecodable proof");
  });
}

absl::Status MergeReader::Erasures(const v1::ListErasuresRequest& request, Micros deadline,
                                   v1::ListErasuresResponse* out) {
  const ScanSpec spec{Table::kIndex, kErasurePrefix, "erasures", request.page_token(),
                      request.page_size()};
  DANGOL_ASSIGN_OR_RETURN(
      *out->mutable_next_page_token(),
      ScanPage(gateway_, spec, deadline, [&](StateView&, auto, absl::string_view value) {
        out->add_erasures()->ParseFromArray(value.data(), static_cast<int>(value.size()));
      }));
  return absl::OkStatus();
}

absl::Status MergeReader::Export(const v1::ExportCustomerRequest& request, Micros deadline,
                                 v1::ExportCustomerResponse* out) {
  DANGOL_RETURN_IF_ERROR(reader_.Get(request.customer(), deadline, out->mutable_customer()));
  DANGOL_ASSIGN_OR_RETURN(const CustomerId id,
                          ParseCustomerName("customer", out->customer().name()));
  return ReadCustomer(
      gateway_, Service::kProfile, id, deadline,
      [&](CustomerId now, Processor&, StateView& state) { return FillExport(state, now, out); });
}

}  // namespace dangol::profile
