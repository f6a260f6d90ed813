#include "services/profile/rpc/merge_reader.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "libs/base/names.h"
#include "libs/base/status.h"
#include "libs/stream/ask.h"
#include "libs/stream/rows.h"
#include "services/profile/erasure.h"
#include "services/profile/questions.h"
#include "services/profile/rpc/page.h"
#include "services/profile/tables.h"

namespace dangol::profile {
namespace {

constexpr size_t kHexDigits = 16;

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
  const auto take = [&](const std::string& row) {
    v1::MergeRecord record;
    record.ParseFromString(row);
    const bool wanted =
        request.state() == v1::MERGE_STATE_UNSPECIFIED || request.state() == record.merge().state();
    if (wanted) *out->add_merges() = std::move(*record.mutable_merge());
  };
  DANGOL_ASSIGN_OR_RETURN(*out->mutable_next_page_token(),
                          RowsPage(gateway_, {Table::kIndex, kMergePrefix},
                                   {absl::StrCat("merges ", request.state()), request.page_token(),
                                    request.page_size()},
                                   deadline, take));
  return absl::OkStatus();
}

absl::Status MergeReader::Get(const std::string& name, Micros deadline, v1::Merge* out) {
  DANGOL_ASSIGN_OR_RETURN(const Pair pair, ParseMergeName("name", name));
  v1::PairRequest ask;
  ask.set_from_id(pair.from);
  ask.set_into_id(pair.into);
  DANGOL_ASSIGN_OR_RETURN(
      *out, AskCustomer(gateway_, Service::kProfile, pair.from, kMerge, ask, deadline));
  return absl::OkStatus();
}

absl::Status MergeReader::CheckBoth(const Pair& pair, Micros deadline) {
  for (CustomerId id : {pair.from, pair.into}) {
    DANGOL_RETURN_IF_ERROR(reader_.FindExisting(id, deadline).status());
  }
  return absl::OkStatus();
}

absl::Status MergeReader::Erasure(const std::string& name, Micros deadline, v1::Erasure* out) {
  DANGOL_ASSIGN_OR_RETURN(const CustomerId id, ParseErasureName("name", name));
  const Scope scope{Service::kProfile, PartitionOfCustomer(id, gateway_.partitions())};
  DANGOL_ASSIGN_OR_RETURN(const auto row,
                          AskRow(gateway_, scope, Table::kIndex, ErasureKey(id), deadline));
  if (!row) return NotFound("erasure", name);
  return out->ParseFromString(*row) ? absl::OkStatus() : absl::DataLossError("undecodable proof");
}

absl::Status MergeReader::Erasures(const v1::ListErasuresRequest& request, Micros deadline,
                                   v1::ListErasuresResponse* out) {
  DANGOL_ASSIGN_OR_RETURN(
      *out->mutable_next_page_token(),
      RowsPage(gateway_, {Table::kIndex, kErasurePrefix},
               {"erasures", request.page_token(), request.page_size()}, deadline,
               [&](const std::string& row) { out->add_erasures()->ParseFromString(row); }));
  return absl::OkStatus();
}

absl::Status MergeReader::Export(const v1::ExportCustomerRequest& request, Micros deadline,
                                 v1::ExportCustomerResponse* out) {
  DANGOL_RETURN_IF_ERROR(reader_.Get(request.customer(), deadline, out->mutable_customer()));
  DANGOL_ASSIGN_OR_RETURN(const CustomerId id,
                          ParseCustomerName("customer", out->customer().name()));
  DANGOL_ASSIGN_OR_RETURN(auto rest,
                          AskCustomer(gateway_, Service::kProfile, id, kExport, {}, deadline));
  out->MergeFrom(rest);
  return absl::OkStatus();
}

}  // namespace dangol::profile
