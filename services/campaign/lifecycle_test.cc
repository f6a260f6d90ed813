// Apply, approval, states, list upload, audit.
#include "libs/base/status.h"
#include "services/campaign/domain/state_machine.h"
#include "services/campaign/testing/harness.h"

namespace dangol::campaign {
namespace {

v1::Command Approval(const v1::Campaign& campaign) {
  v1::Command command;
  command.mutable_approve()->set_name(campaign.name());
  command.mutable_approve()->set_definition_hash(campaign.definition_hash());
  return command;
}

v1::Command Submission(const std::string& name) {
  v1::Command command;
  command.mutable_submit()->set_name(name);
  return command;
}

// The field that a refusal names; "" for none.
std::string FieldOf(const absl::Status& refusal) {
  const ErrorDetail detail = DetailOf(refusal);
  return detail.fields.empty() ? "" : detail.fields[0].field;
}

TEST(Lifecycle, ApplyingTheSameAgainChangesNothing) {
  Harness h;
  ASSERT_TRUE(h.Apply(WinBack()).ok());
  v1::Command again;
  *again.mutable_apply_campaign()->mutable_campaign() = WinBack();
  v1::ApplyCampaignResponse response;
  response.ParseFromString(*h.Run(again));
  EXPECT_EQ(response.changed(), "UNCHANGED");
  EXPECT_EQ(response.campaign().version(), 1);
  again.mutable_apply_campaign()->set_etag("stale");
  EXPECT_TRUE(absl::IsAborted(h.Run(again).status()));
}

TEST(Lifecycle, TheAuthorCannotApprove) {
  Harness h;
  ASSERT_TRUE(h.Apply(WinBack()).ok());
  ASSERT_TRUE(h.Run(Submission("win-back")).ok());
  const auto refused = h.Run(Approval(h.Get("win-back")), "planner");
  EXPECT_TRUE(absl::IsPermissionDenied(refused.status()));
  EXPECT_EQ(DetailOf(refused.status()).reason, "APPROVER_IS_AUTHOR");
  EXPECT_TRUE(h.Run(Approval(h.Get("win-back")), "manager").ok());
  EXPECT_EQ(h.Get("win-back").approver(), "manager");
}

TEST(Lifecycle, BugAnApprovalOfNothingWasCalledAMismatch) {
  Harness h;
  ASSERT_TRUE(h.Apply(WinBack()).ok());
  ASSERT_TRUE(h.Run(Submission("win-back")).ok());
  v1::Command nothing = Approval(h.Get("win-back"));
  nothing.mutable_approve()->clear_definition_hash();
  const absl::Status refused = h.Run(nothing, "manager").status();
  EXPECT_TRUE(absl::IsInvalidArgument(refused)) << refused;
  EXPECT_EQ(FieldOf(refused), "definition_hash");
  EXPECT_EQ(h.Get("win-back").state(), v1::CAMPAIGN_STATE_SUBMITTED);
}

TEST(Lifecycle, AnEditVoidsApproval) {
  Harness h;
  ASSERT_TRUE(h.Apply(WinBack()).ok());
  ASSERT_TRUE(h.Run(Submission("win-back")).ok());
  const v1::Campaign submitted = h.Get("win-back");
  v1::Campaign edited = WinBack();
  edited.mutable_audiences(0)->mutable_cells(0)->set_content("Other words");
  ASSERT_TRUE(h.Apply(edited).ok());
  EXPECT_EQ(h.Get("win-back").state(), v1::CAMPAIGN_STATE_DRAFT);
  ASSERT_TRUE(h.Run(Submission("win-back")).ok());
  const auto refused = h.Run(Approval(submitted), "manager");
  EXPECT_EQ(DetailOf(refused.status()).reason, "APPROVAL_MISMATCH");
}

TEST(Lifecycle, WordsMayChangeWhileRunningNothingElse) {
  Harness h;
  h.Launch(WinBack());
  v1::Campaign words = WinBack();
  words.set_objective("More of them");
  EXPECT_TRUE(h.Apply(words).ok());
  EXPECT_EQ(h.Get("win-back").state(), v1::CAMPAIGN_STATE_RUNNING);
  words.mutable_audiences(0)->mutable_cells(0)->set_share_bp(7000);
  words.mutable_audiences(0)->mutable_cells(1)->set_share_bp(3000);
  const absl::Status refused = h.Apply(words);
  EXPECT_TRUE(absl::IsFailedPrecondition(refused));
  EXPECT_EQ(DetailOf(refused).metadata["state"], "RUNNING");
}

TEST(Lifecycle, ScheduledUntilTheFirstWave) {
  Harness h;
  v1::Campaign later = WinBack();
  later.mutable_trigger()->mutable_batch()->mutable_waves(0)->set_start_time_us(kNoon +
                                                                                kMicrosPerDay);
  h.Launch(later);
  EXPECT_EQ(h.Get("win-back").state(), v1::CAMPAIGN_STATE_SCHEDULED);
  h.Advance(kMicrosPerDay);
  EXPECT_EQ(h.Get("win-back").state(), v1::CAMPAIGN_STATE_RUNNING);
  EXPECT_EQ(h.Get("win-back").start_time_us(), kNoon + kMicrosPerDay);
}

TEST(Lifecycle, AnIllegalCallNamesTheStateAndWhatIsAllowed) {
  Harness h;
  ASSERT_TRUE(h.Apply(WinBack()).ok());
  v1::Command start;
  start.mutable_start()->set_name("win-back");
  const absl::Status refused = h.Run(start).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(refused));
  EXPECT_NE(refused.message().find("DRAFT"), std::string::npos);
  EXPECT_NE(refused.message().find("SubmitCampaign"), std::string::npos);
}

TEST(Lifecycle, UnknownNamesAreRefusedWithTheNearest) {
  Harness h;
  h.DefineSegment("dormant-6");
  v1::Campaign c = WinBack();
  c.mutable_audiences(0)->set_segment("dormant-7");
  const absl::Status refused = h.Apply(c);
  EXPECT_EQ(DetailOf(refused).reason, "UNKNOWN_NAME");
  EXPECT_EQ(DetailOf(refused).fields[0].field, "campaign.audiences[0].segment");
  EXPECT_NE(refused.message().find("dormant-6"), std::string::npos);
}

v1::Campaign ByList(const std::string& sha256) {
  v1::Campaign c = WinBack();
  c.mutable_assignment()->mutable_list()->set_sha256(sha256);
  return c;
}

TEST(Lifecycle, BugAListRowOfNoCellEndedTheProcess) {
  Harness h;
  v1::Command store;
  store.mutable_store_assignments()->add_customers(1);
  EXPECT_EQ(FieldOf(h.Run(store).status()), "cells") << "a row without a cell";
  store.mutable_store_assignments()->add_cells(1);
  store.mutable_store_assignments()->add_cell_names("mail");
  EXPECT_EQ(FieldOf(h.Run(store).status()), "cells") << "a row of a cell that is not named";
}

TEST(Lifecycle, AListIsApprovedByItsHashAndCounts) {
  Harness h;
  const std::string sha(64, 'a');
  ASSERT_TRUE(h.Apply(ByList(sha)).ok());
  EXPECT_EQ(DetailOf(h.Run(Submission("win-back")).status()).reason, "LIST_MISSING");
  v1::Command begin, store, finish;
  begin.mutable_begin_upload()->set_campaign("win-back");
  ASSERT_TRUE(h.Run(begin).ok());
  store.mutable_store_assignments()->set_campaign("win-back");
  store.mutable_store_assignments()->set_upload_id(7);
  for (const auto& [customer, cell] : {std::pair(1, 0), {2, 1}, {2, 0}}) {
    store.mutable_store_assignments()->add_customers(customer);
    store.mutable_store_assignments()->add_cells(cell);
  }
  store.mutable_store_assignments()->add_cell_names("mail");
  store.mutable_store_assignments()->add_cell_names("hold");
  v1::StoreAssignmentsReply reply;
  reply.ParseFromString(*h.Run(store));
  ASSERT_EQ(reply.duplicates_size(), 1);
  EXPECT_EQ(reply.duplicates(0), 2u);
  finish.mutable_finish_upload()->set_campaign("win-back");
  v1::ListUpload* upload = finish.mutable_finish_upload()->mutable_upload();
  upload->set_upload_id(7);
  upload->set_sha256(sha);
  (*upload->mutable_counts())["mail"] = 1;
  (*upload->mutable_counts())["hold"] = 1;
  ASSERT_TRUE(h.Run(finish).ok());
  ASSERT_TRUE(h.Run(Submission("win-back")).ok());
  v1::Command approve = Approval(h.Get("win-back"));
  EXPECT_EQ(FieldOf(h.Run(approve, "manager").status()), "list_sha256");
  approve.mutable_approve()->set_list_sha256(sha);
  EXPECT_EQ(FieldOf(h.Run(approve, "manager").status()), "list_counts");
  (*approve.mutable_approve()->mutable_list_counts())["mail"] = 2;
  EXPECT_EQ(DetailOf(h.Run(approve, "manager").status()).reason, "APPROVAL_MISMATCH");
  approve.mutable_approve()->set_list_sha256(sha);
  *approve.mutable_approve()->mutable_list_counts() = upload->counts();
  ASSERT_TRUE(h.Run(approve, "manager").ok());

  // Only those on the list are selected, into the cell that the list says.
  for (CustomerId id = 1; id <= 5; ++id) h.AddCustomer(id);
  v1::Command start;
  start.mutable_start()->set_name("win-back");
  ASSERT_TRUE(h.Run(start).ok());
  h.Watermark("win-back", "w1");
  const auto cells = h.Progress("win-back").waves(0).audiences(0).cells();
  EXPECT_EQ(cells[0].waterfall().assigned(), 1);
  EXPECT_EQ(cells[1].waterfall().held_out(), 1);
}

TEST(Lifecycle, EveryStepIsInTheAuditTrail) {
  Harness h;
  h.Launch(WinBack());
  std::vector<std::string> actions;
  h.ctx.Scan(Table::kShared, "audit/win-back/", [&](auto key, auto value) {
    if (key.substr(0, 15) != "audit/win-back/") return false;
    v1::AuditEntry entry;
    entry.ParseFromArray(value.data(), static_cast<int>(value.size()));
    actions.push_back(entry.principal() + " " + entry.action());
    return true;
  });
  EXPECT_EQ(actions, (std::vector<std::string>{"planner APPLY", "planner SUBMIT", "manager APPROVE",
                                               "planner START"}));
}

}  // namespace
}  // namespace dangol::campaign
