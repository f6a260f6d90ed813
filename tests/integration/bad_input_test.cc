// Bad input of every kind to every RPC: refused with the field's name, and nothing changes.
#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "dangol/offer/v1/offer_service.pb.h"
#include "dangol/profile/v1/profile_service.pb.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "gtest/gtest.h"
#include "libs/base/status.h"
#include "tests/integration/mutations.h"
#include "tests/integration/rpc_table.h"
#include "tests/integration/server.h"

namespace dangol::integration {
namespace {

using Names = std::vector<std::string>;

// "ListCountsEntry" names list_counts, as protobuf's parser says it.
bool Uses(const std::string& text, const Names& names) {
  const auto plain = [](const std::string& s) {
    return absl::AsciiStrToLower(absl::StrReplaceAll(s, {{"_", ""}}));
  };
  return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
    return absl::StrContains(plain(text), plain(name));
  });
}

// Why the status is not what bad input deserves; empty: it is.
std::string Complaint(const RawAnswer& answer, const Names& names) {
  const absl::Status& status = answer.status;
  if (status.code() != absl::StatusCode::kInvalidArgument) {
    return absl::StrCat("is ", status.ToString());
  }
  const ErrorDetail detail = DetailOf(status);
  if (!answer.has_error_info || detail.reason.empty()) return "has no ErrorInfo";
  if (detail.fields.empty()) return absl::StrCat("names no field: ", status.ToString());
  if (!Uses(detail.fields[0].field, names)) {
    return absl::StrCat("names ", detail.fields[0].field, ", not ", names[0]);
  }
  if (!absl::StrContains(detail.fields[0].description, "; ")) {
    return absl::StrCat("proposes nothing: ", detail.fields[0].description);
  }
  return "";
}

std::string ComplaintOfItem(int code, const std::string& given, const Names& names) {
  if (code != static_cast<int>(absl::StatusCode::kInvalidArgument)) {
    return absl::StrCat("its item has code ", code);
  }
  return Uses(given, names) ? "" : absl::StrCat("names ", given, ", not ", names[0]);
}

template <typename Response>
std::string ComplaintOfItems(const std::string& bytes, const Names& names) {
  Response response;
  if (!response.ParseFromString(bytes)) return "cannot be parsed";
  if (response.accepted() != 0) return "is accepted";
  if (response.errors_size() == 0) return "has no item error";
  const auto& error = response.errors(0);
  if (error.fix().empty()) return "proposes nothing";
  return ComplaintOfItem(error.code(), error.field(), names);
}

// An answer of a batch: a status per item, or of the whole.
std::string ComplaintOfBatch(const google::protobuf::MethodDescriptor& method,
                             const RawAnswer& answer, const Mutation& mutation) {
  if (!answer.status.ok()) return Complaint(answer, mutation.names);
  if (answer.messages.empty()) return "has no answer";
  // What is wrong with the item as such is said without a path.
  const bool whole = mutation.names[0] == std::string(method.input_type()->field(0)->name());
  const Names names = whole ? Names{""} : mutation.names;
  const std::string name(method.name());
  const std::string& bytes = answer.messages[0];
  if (name == "BatchDecide") {
    offer::v1::BatchDecideResponse response;
    response.ParseFromString(bytes);
    if (response.results_size() != 1) return "has not one result";
    return ComplaintOfItem(response.results(0).code(), response.results(0).message(), names);
  }
  if (name == "StreamActivities") {
    return ComplaintOfItems<profile::v1::StreamActivitiesResponse>(bytes, names);
  }
  return ComplaintOfItems<profile::v1::TrackActivitiesResponse>(bytes, names);
}

class BadInputTest : public testing::TestWithParam<RpcRow> {
 protected:
  static void SetUpTestSuite() { world_ = new World; }
  static void TearDownTestSuite() { delete world_; }
  static World* world_;
};
World* BadInputTest::world_ = nullptr;

TEST_P(BadInputTest, IsRefusedAndChangesNothing) {
  const RpcRow& row = GetParam();
  const auto* method = MethodAt(row.method);
  ASSERT_NE(method, nullptr);
  const auto example = RequestOf(*method, world_->Fill(row.example));
  const auto before = world_->StateHashes();
  int bad = 0;
  for (const Mutation& mutation : MutationsOf(*example)) {
    const RawAnswer answer = world_->Call(*method, mutation.bytes);
    const std::string complaint = row.per_item ? ComplaintOfBatch(*method, answer, mutation)
                                               : Complaint(answer, mutation.names);
    if (!complaint.empty()) {
      ++bad;
      ADD_FAILURE() << mutation.what << ": the answer " << complaint;
    }
    if (bad > 20) break;
  }
  const RawAnswer garbage = world_->Call(*method, "\x0f not protobuf");
  EXPECT_EQ(Complaint(garbage, {"request"}), "");
  world_->Settle();
  EXPECT_EQ(world_->StateHashes(), before);
}

// "profile_GetCustomer".
std::string NameOf(const testing::TestParamInfo<RpcRow>& row) {
  const std::string& method = row.param.method;
  return absl::StrCat(method.substr(0, method.find('.')), "_",
                      method.substr(method.rfind('/') + 1));
}

INSTANTIATE_TEST_SUITE_P(Every, BadInputTest, testing::ValuesIn(RpcTable()), NameOf);

}  // namespace
}  // namespace dangol::integration
