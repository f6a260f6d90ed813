// Each check of `verify` finds what breaks it; what recovery makes of contacts; a backup asked of a
// log in use.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "absl/strings/str_cat.h"
#include "dangol/campaign/v1/state.pb.h"
#include "dangol/event/v1/contact.pb.h"
#include "dangol/event/v1/decision.pb.h"
#include "dangol/response/v1/state.pb.h"
#include "libs/backbone/embedded/backup.h"
#include "libs/backbone/testing/conformance.h"
#include "libs/stats/moments.h"
#include "libs/stream/effect_ledger.h"
#include "services/campaign/domain/contact_id.h"
#include "services/campaign/keys.h"
#include "services/dangold/backup_request.h"
#include "services/dangold/mark_unknown.h"
#include "services/dangold/verify.h"
#include "services/segmentation/domain/customer.h"

namespace dangol {
namespace {

using event::v1::ContactEvent;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr Scope kCampaign1{Service::kCampaign, 1};
constexpr Scope kSegmentation1{Service::kSegmentation, 1};
constexpr Scope kResponse1{Service::kResponse, 1};

class DirectoryTest : public testing::Test {
 protected:
  DirectoryTest()
      : dir_((std::filesystem::path(testing::TempDir()) /
              absl::StrCat("dangol_directory_", getpid(), "_",
                           testing::UnitTest::GetInstance()->current_test_info()->name()))
                 .string()) {
    EmbeddedLog::Options options;
    options.partitions = kTestPartitions;
    options.sync_interval_us = 0;
    log_ = EmbeddedLog::Open(dir_, options).value();
  }
  ~DirectoryTest() override {
    log_.reset();
    std::filesystem::remove_all(dir_);
    std::filesystem::remove_all(dir_ + "-backup");
  }

  void Commit(Scope scope, uint64_t cycle, std::vector<Emit> emits, std::vector<Change> changes) {
    CommitUntilOk(*log_, {{scope, SealOf(cycle), std::move(emits), std::move(changes)}});
  }
  static Seal SealOf(uint64_t cycle) {
    Seal seal;
    seal.cycle = cycle;
    return seal;
  }
  template <typename Message>
  static Emit To(Topic topic, const Message& message) {
    return {{topic, 1}, MakeRecord("k", message.SerializeAsString())};
  }
  static ContactEvent Contact(const std::string& id, uint64_t customer) {
    ContactEvent contact;
    contact.set_contact_id(id);
    contact.set_customer_id(customer);
    contact.set_campaign("c");
    contact.set_wave("w");
    contact.set_cell("a");
    contact.set_status(event::v1::CONTACT_STATUS_ATTEMPTING);
    contact.set_attempt(1);
    contact.set_counts_as_contact(true);
    return contact;
  }
  static campaign::v1::ContactRecord RecordOf(const ContactEvent& contact) {
    campaign::v1::ContactRecord record;
    record.set_customer_id(contact.customer_id());
    record.set_campaign(contact.campaign());
    record.set_wave(contact.wave());
    record.set_cell(contact.cell());
    record.set_stage(campaign::v1::CONTACT_STAGE_ATTEMPTING);
    record.set_attempt(1);
    record.set_counts_as_contact(true);
    return record;
  }
  static Change Keep(const std::string& id, const campaign::v1::ContactRecord& record) {
    return MakePut(Table::kIndex, campaign::ContactKey(campaign::RawContactId(id)),
                   record.SerializeAsString());
  }

  std::vector<std::string> Findings() {
    std::vector<std::string> all;
    std::vector<Check> checks = VerifyLog(*log_);
    for (Check& check : VerifyServices(*log_)) checks.push_back(std::move(check));
    for (const Check& check : checks) {
      EXPECT_EQ(check.found, check.findings.size());
      all.insert(all.end(), check.findings.begin(), check.findings.end());
    }
    return all;
  }

  const std::string dir_;
  std::unique_ptr<EmbeddedLog> log_;
};

const std::string kId = std::string(31, '0') + "1";     // NOLINT
const std::string kOther = std::string(31, '0') + "2";  // NOLINT

TEST_F(DirectoryTest, NothingIsFoundInAnEmptyOneOrASoundOne) {
  EXPECT_THAT(Findings(), IsEmpty());
  campaign::v1::CellCounts counts;
  counts.set_selected(1);
  counts.set_assigned(1);
  (*counts.mutable_stages())[campaign::v1::CONTACT_STAGE_ATTEMPTING] = 1;
  const ContactEvent contact = Contact(kId, 7);
  Commit(
      kCampaign1, 1, {To(Topic::kContact, contact)},
      {Keep(kId, RecordOf(contact)),
       MakePut(Table::kShared, "count/c/w//a", counts.SerializeAsString()),
       MakePut(Table::kEffect, kId, EncodeEffectRow(EffectState::kRequested, {kId, "x", "p", 1}))});
  EXPECT_THAT(Findings(), IsEmpty());
}

TEST_F(DirectoryTest, ContactsTwiceAndHeldOutOnesAreFound) {
  ContactEvent twin = Contact(std::string(31, '0') + "3", 7);
  twin.set_is_holdout_twin(true);
  twin.set_counts_as_contact(false);
  twin.set_status(event::v1::CONTACT_STATUS_PLANNED);
  Commit(kResponse1, 1,
         {To(Topic::kContact, Contact(kId, 7)), To(Topic::kContact, Contact(kId, 7)),
          To(Topic::kContact, Contact(kOther, 7)), To(Topic::kContact, twin)},
         {});
  EXPECT_THAT(Findings(),
              ElementsAre(HasSubstr("attempt 1 made twice"), HasSubstr("contacted twice"),
                          HasSubstr("held out and contacted")));
}

TEST_F(DirectoryTest, DecisionsTwiceOrWithoutPropensityAreFound) {
  event::v1::DecisionEvent decision;
  decision.set_contact_id(kId);
  decision.set_offer("gift");
  decision.set_propensity(0.5);
  event::v1::DecisionEvent second = decision;
  second.set_propensity(0);
  Commit(kResponse1, 1, {To(Topic::kDecision, decision), To(Topic::kDecision, second)}, {});
  EXPECT_THAT(Findings(), ElementsAre(HasSubstr("decided again"), HasSubstr("propensity 0")));
}

TEST_F(DirectoryTest, CountsThatDoNotTieAreFound) {
  segmentation::Customer member;
  member.memberships.push_back({3, 0});
  Commit(kSegmentation1, 1, {},
         {MakePut(Table::kCustomer, EncodeKey(7), segmentation::EncodeCustomer(member)),
          MakePut(Table::kShared, "size/00000003", "2")});
  Commit(kCampaign1, 1, {}, {Keep(kId, RecordOf(Contact(kId, 7)))});
  stats::Sums sums;
  sums.n = 5;
  response::v1::CellSums cell;
  auto* metric = cell.add_metrics();
  metric->set_name("sales");
  metric->set_sums(sums.Encode());
  Commit(kResponse1, 1, {}, {MakePut(Table::kShared, "sums/c/w//a", cell.SerializeAsString())});
  EXPECT_THAT(Findings(),
              ElementsAre(HasSubstr("counts 2 members and has 1"), HasSubstr("counts 0 contacts"),
                          HasSubstr("5 measured, 0 made")));
}

TEST_F(DirectoryTest, BytesThatCannotBeAreFound) {
  Commit(kSegmentation1, 1, {},
         {MakePut(Table::kCustomer, EncodeKey(7), "\xff\xff"),
          MakePut(Table::kEffect, "e", std::string(1, '\x09') + std::string(20, '\0'))});
  EXPECT_THAT(Findings(), ElementsAre(HasSubstr("effect e"), HasSubstr("is unreadable")));
}

TEST_F(DirectoryTest, ACheckpointThatIsNotTheChangelogsStateIsFound) {
  Commit(kResponse1, 1, {}, {MakePut(Table::kMeta, "key", "true")});
  Checkpoint::Part part;
  part.scope = kResponse1;
  part.seal = SealOf(1);
  part.changes = {MakePut(Table::kMeta, "key", "false")};
  ASSERT_TRUE(log_->checkpoints().Ingest({{part}}).ok());
  EXPECT_THAT(Findings(), ElementsAre(HasSubstr("differs from the changelog")));
}

TEST_F(DirectoryTest, SealsThatGoBackAreFound) {
  ScopeCycle part{kResponse1, SealOf(1), {}, {}};
  part.seal.now = 10;
  part.seal.next_offsets[Topic::kContact] = 0;
  CommitUntilOk(*log_, {part});
  part.seal.cycle = 2;
  part.seal.now = 9;
  part.seal.next_offsets[Topic::kContact] = 4;
  CommitUntilOk(*log_, {part});
  EXPECT_THAT(Findings(), ElementsAre(HasSubstr("its time goes back"), HasSubstr("ends at 0")));
}

TEST_F(DirectoryTest, ContactsThatTheLogNoLongerShowsBecomeUnknownOnce) {
  Commit(kCampaign1, 1, {To(Topic::kContact, Contact(kId, 7))},
         {Keep(kId, RecordOf(Contact(kId, 7))), Keep(kOther, RecordOf(Contact(kOther, 8)))});
  EXPECT_EQ(MarkUnknown(*log_, {kCampaign1}).value(), 1u);
  EXPECT_EQ(MarkUnknown(*log_, {kCampaign1}).value(), 0u);
  ContactEvent last;
  ASSERT_TRUE(last.ParseFromString(ValuesOf(*log_, {Topic::kContact, 1}).back()));
  EXPECT_EQ(last.contact_id(), kOther);
  EXPECT_EQ(last.status(), event::v1::CONTACT_STATUS_UNKNOWN);
  EXPECT_TRUE(last.counts_as_contact());
}

TEST_F(DirectoryTest, ABackupIsAskedOfALogInUse) {
  EXPECT_FALSE(ServeBackupRequest(dir_, *log_));
  EXPECT_TRUE(absl::IsDeadlineExceeded(RequestBackup(dir_, dir_ + "-backup", 0).status()));
  absl::StatusOr<std::string> answer;
  std::thread asker([&] { answer = RequestBackup(dir_, dir_ + "-backup", kMicrosPerMinute); });
  while (!ServeBackupRequest(dir_, *log_)) std::this_thread::yield();
  asker.join();
  EXPECT_THAT(answer.value(), HasSubstr("backup 1 in"));
  EXPECT_EQ(CheckBackup(dir_ + "-backup").value().id, 1u);
}

}  // namespace
}  // namespace dangol
