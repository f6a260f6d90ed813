// One upload of assignments on its way in: hashes the lines in order, resolves refs, stores rows in
// the customers' partitions.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "dangol/campaign/v1/campaign_service.pb.h"
#include "dangol/campaign/v1/command.pb.h"
#include "libs/stream/gateway.h"
#include "services/campaign/app.h"

struct evp_md_ctx_st;

namespace dangol::campaign {

// One thread.
class Upload {
 public:
  // All must outlive it. `campaign` is the draft whose cells the rows name.
  Upload(Gateway& gateway, const App::Resolver& resolver, const v1::Campaign& campaign,
         uint64_t upload_id, Caller caller, Micros deadline);
  ~Upload();

  // Takes rows in order. INVALID_ARGUMENT: an unknown cell, or a row without customer.
  absl::Status Add(const google::protobuf::RepeatedPtrField<v1::AssignmentRow>& rows);
  // Stores what is still buffered and completes the answer.
  absl::Status Finish(v1::UploadAssignmentsResponse* response);

 private:
  struct Row {
    CustomerId customer;
    uint32_t cell;
    std::string ref;
  };

  absl::Status ResolveBatch();
  absl::Status Store(Partition partition);

  Gateway& gateway_;
  const App::Resolver& resolver_;
  const std::string campaign_;
  const uint64_t upload_id_;
  const Caller caller_;
  const Micros deadline_;
  std::vector<std::string> cells_;
  std::vector<v1::AssignmentRow> batch_;
  std::map<Partition, std::vector<Row>> buffers_;
  int64_t commands_ = 0;
  evp_md_ctx_st* hash_;
  v1::UploadAssignmentsResponse answer_;
};

}  // namespace dangol::campaign
