#include "services/campaign/rpc/upload.h"

#include <openssl/evp.h>

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "libs/base/parallel.h"
#include "libs/base/status.h"
#include "services/campaign/domain/customer_ref.h"

namespace dangol::campaign {
namespace {

constexpr size_t kResolveBatch = 1000;
constexpr size_t kStoreBatch = 1000;
constexpr size_t kResolveThreads = 16;
constexpr int kNamedMax = 1000;

// Resolves at once what one thread would wait for one by one; order is kept.
std::vector<absl::StatusOr<CustomerId>> ResolveAll(const std::vector<v1::AssignmentRow>& rows,
                                                   const App::Resolver& resolver, Micros deadline) {
  std::vector<absl::StatusOr<CustomerId>> ids(rows.size(), absl::UnknownError(""));
  ParallelFor(rows.size(), std::min(kResolveThreads, 1 + rows.size() / 16),
              [&](size_t i) { ids[i] = resolver(rows[i].customer(), deadline); });
  return ids;
}

}  // namespace

Upload::Upload(Gateway& gateway, const App::Resolver& resolver, const v1::Campaign& campaign,
               uint64_t upload_id, Caller caller, Micros deadline)
    : gateway_(gateway),
      resolver_(resolver),
      campaign_(campaign.name()),
      upload_id_(upload_id),
      caller_(std::move(caller)),
      deadline_(deadline),
      hash_(EVP_MD_CTX_new()) {
  EVP_DigestInit_ex(hash_, EVP_sha256(), nullptr);
  for (const v1::Audience& audience : campaign.audiences()) {
    for (const v1::Cell& cell : audience.cells()) cells_.push_back(cell.name());
  }
}

Upload::~Upload() { EVP_MD_CTX_free(hash_); }

absl::Status Upload::Add(const google::protobuf::RepeatedPtrField<v1::AssignmentRow>& rows) {
  for (const v1::AssignmentRow& row : rows) {
    const std::string ref = RefText(row.customer());
    const std::string field = absl::StrCat("rows[", answer_.rows(), "]");
    if (ref.empty()) {
      return BadField(field + ".customer", "", "is missing", "give a name or an identifier");
    }
    if (std::find(cells_.begin(), cells_.end(), row.cell()) == cells_.end()) {
      const std::string near = Nearest(row.cell(), cells_);
      return BadField(
          field + ".cell", row.cell(), "is no cell of the campaign",
          near.empty() ? "name one of its cells" : absl::StrCat("did you mean ", Quote(near), "?"));
    }
    const std::string line = absl::StrCat(ref, ",", row.cell(), "\n");
    EVP_DigestUpdate(hash_, line.data(), line.size());
    answer_.set_rows(answer_.rows() + 1);
    batch_.push_back(row);
    if (batch_.size() >= kResolveBatch) DANGOL_RETURN_IF_ERROR(ResolveBatch());
  }
  return absl::OkStatus();
}

absl::Status Upload::ResolveBatch() {
  const auto ids = ResolveAll(batch_, resolver_, deadline_);
  for (size_t i = 0; i < batch_.size(); ++i) {
    std::string ref = RefText(batch_[i].customer());
    if (!ids[i].ok()) {
      // Anything but "nobody has it" would silently shorten the list.
      if (!absl::IsNotFound(ids[i].status()) && !absl::IsInvalidArgument(ids[i].status())) {
        return ids[i].status();
      }
      answer_.set_unresolved_count(answer_.unresolved_count() + 1);
      if (answer_.unresolved_size() < kNamedMax) answer_.add_unresolved(std::move(ref));
      continue;
    }
    const auto cell = std::find(cells_.begin(), cells_.end(), batch_[i].cell());
    const Partition partition = PartitionOfCustomer(*ids[i], gateway_.partitions());
    std::vector<Row>& buffer = buffers_[partition];
    buffer.push_back({*ids[i], static_cast<uint32_t>(cell - cells_.begin()), std::move(ref)});
    if (buffer.size() >= kStoreBatch) DANGOL_RETURN_IF_ERROR(Store(partition));
  }
  batch_.clear();
  return absl::OkStatus();
}

absl::Status Upload::Store(Partition partition) {
  std::vector<Row> rows = std::exchange(buffers_[partition], {});
  if (rows.empty()) return absl::OkStatus();
  v1::Command command;
  v1::StoreAssignments* store = command.mutable_store_assignments();
  store->set_campaign(campaign_);
  store->set_upload_id(upload_id_);
  for (const std::string& cell : cells_) store->add_cell_names(cell);
  for (const Row& row : rows) {
    store->add_customers(row.customer);
    store->add_cells(row.cell);
  }
  Caller caller = caller_;
  absl::StrAppend(&caller.request_id, "-rows-", ++commands_);
  DANGOL_ASSIGN_OR_RETURN(const std::string bytes,
                          gateway_.Execute({Service::kCampaign, partition},
                                           command.SerializeAsString(), caller, deadline_));
  v1::StoreAssignmentsReply reply;
  reply.ParseFromString(bytes);
  for (const Row& row : rows) ++(*answer_.mutable_counts())[cells_[row.cell]];
  for (const uint32_t i : reply.duplicates()) {
    --(*answer_.mutable_counts())[cells_[rows[i].cell]];
    answer_.set_duplicate_count(answer_.duplicate_count() + 1);
    if (answer_.duplicates_size() < kNamedMax) answer_.add_duplicates(rows[i].ref);
  }
  return absl::OkStatus();
}

absl::Status Upload::Finish(v1::UploadAssignmentsResponse* response) {
  DANGOL_RETURN_IF_ERROR(ResolveBatch());
  for (auto& [partition, rows] : buffers_) DANGOL_RETURN_IF_ERROR(Store(partition));
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_DigestFinal_ex(hash_, digest, &size);
  answer_.set_sha256(
      absl::BytesToHexString(absl::string_view(reinterpret_cast<const char*>(digest), size)));
  *response = answer_;
  return absl::OkStatus();
}

}  // namespace dangol::campaign
