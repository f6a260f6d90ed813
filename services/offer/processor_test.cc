#include "services/offer/processor.h"

#include <cmath>
#include <map>
#include <memory>

#include "absl/strings/str_cat.h"
#include "dangol/event/v1/contact.pb.h"
#include "dangol/event/v1/customer.pb.h"
#include "dangol/event/v1/decision.pb.h"
#include "dangol/event/v1/definition.pb.h"
#include "dangol/event/v1/inbox.pb.h"
#include "dangol/event/v1/proposal.pb.h"
#include "dangol/event/v1/response.pb.h"
#include "dangol/event/v1/segment.pb.h"
#include "dangol/offer/v1/command.pb.h"
#include "dangol/offer/v1/offer_service.pb.h"
#include "gtest/gtest.h"
#include "libs/stream/allotment.h"
#include "libs/stream/testing/deliver.h"
#include "libs/stream/testing/fake_context.h"
#include "services/offer/views.h"

namespace dangol::offer {
namespace {

using event::v1::ContactEvent;
using event::v1::DecisionEvent;
using event::v1::DefinitionEvent;
using event::v1::ProposalEvent;

constexpr CustomerId kCustomer = 77;

class OfferTest : public ::testing::Test {
 protected:
  OfferTest() : processor_(Spec().make({Service::kOffer, 0})) {
    EXPECT_TRUE(processor_->OnAcquire(ctx_).ok());
    ctx_.SetNow(1'000 * kMicrosPerDay);
  }

  v1::Offer MakeOffer(const std::string& name) {
    v1::Offer offer;
    offer.set_name(name);
    offer.set_business_unit("shop");
    offer.set_response_value_minor(5'000);
    offer.set_unit_cost_micros(100'000'000);
    offer.set_active(true);
    return offer;
  }
  absl::StatusOr<v1::ApplyOfferResponse> Apply(const v1::Offer& offer, bool validate_only = false) {
    v1::OfferCommand command;
    *command.mutable_apply_offer()->mutable_offer() = offer;
    command.mutable_apply_offer()->set_validate_only(validate_only);
    auto answer = processor_->HandleCommand(command.SerializeAsString(), {"kim", {}, "r"}, ctx_);
    if (!answer.ok()) return answer.status();
    v1::ApplyOfferResponse response;
    response.ParseFromString(*answer);
    Pump();
    return response;
  }
  template <typename Message>
  void Feed(Topic topic, const Message& message) {
    std::string key;
    if constexpr (requires { message.customer_id(); }) key = EncodeKey(message.customer_id());
    ASSERT_TRUE(Deliver(*processor_, ctx_, topic, key, message.SerializeAsString()).ok());
    Pump();
  }
  // Delivers what the scope sent to itself: definitions, allotments, internal messages.
  void Pump() {
    for (bool more = true; more;) {
      more = false;
      const auto emitted = std::exchange(ctx_.emitted, {});
      for (const auto& e : emitted) {
        if (e.topic == Topic::kDefinition) {
          more = true;
          ASSERT_TRUE(processor_->Handle({e.topic, 0, ctx_.now(), e.key, e.value}, ctx_).ok());
        } else if (e.topic == Topic::kInboxOffer) {
          more = true;
          DeliverInbox(e.value);
        } else {
          out_.push_back(e);
        }
      }
    }
  }
  // The report of the partition, then the publication.
  void PassTwoHours() {
    for (int step = 0; step < 2; ++step) {
      ctx_.SetNow(ctx_.now() + kMicrosPerHour);
      for (Timer timer; ctx_.PopDueTimer(&timer);) {
        ASSERT_TRUE(processor_->OnTimer(timer, ctx_).ok());
        Pump();
      }
    }
  }
  void DeliverInbox(const std::string& bytes) {
    event::v1::InboxRecord record;
    record.ParseFromString(bytes);
    if (record.has_hand_over() || record.has_forwarded()) {
      ASSERT_TRUE(Deliver(*processor_, ctx_, Topic::kInboxOffer, "", bytes).ok());
    }
    if (record.has_allotment_request()) allotment::HandleRequest(ctx_, record.allotment_request());
    if (record.has_allotment_grant()) {
      allotment::HandleGrant(ctx_, record.allotment_grant());
      ASSERT_TRUE(processor_->OnGrant(record.allotment_grant().allotment(), ctx_).ok());
    }
    if (record.has_internal()) {
      ASSERT_TRUE(processor_->HandleInternal(record.internal(), ctx_).ok());
    }
  }
  ProposalEvent MakeProposal(const std::string& contact_id, std::vector<std::string> offers) {
    ProposalEvent proposal;
    proposal.set_customer_id(kCustomer);
    proposal.set_contact_id(contact_id);
    proposal.set_business_unit("shop");
    proposal.set_policy(event::v1::OFFER_POLICY_THOMPSON);
    for (auto& offer : offers) proposal.add_offers(offer);
    return proposal;
  }
  DecisionEvent Propose(const ProposalEvent& proposal) {
    out_.clear();
    Feed(Topic::kProposal, proposal);
    EXPECT_EQ(out_.size(), 1u);
    DecisionEvent decision;
    if (!out_.empty()) decision.ParseFromString(out_[0].value);
    return decision;
  }
  void Contact(const std::string& contact_id, const std::string& offer,
               event::v1::ContactStatus status) {
    ContactEvent contact;
    contact.set_customer_id(kCustomer);
    contact.set_contact_id(contact_id);
    contact.set_offer(offer);
    contact.set_status(status);
    contact.set_counts_as_contact(status == event::v1::CONTACT_STATUS_ATTEMPTING);
    contact.set_contact_time_us(ctx_.now());
    Feed(Topic::kContact, contact);
  }
  static std::string ReasonOf(const DecisionEvent& decision, const std::string& offer) {
    for (const auto& line : decision.considered()) {
      if (line.offer() == offer) return line.reason();
    }
    return "";
  }

  FakeContext ctx_{{Service::kOffer, 0}};
  std::unique_ptr<Processor> processor_;
  std::vector<FakeContext::Emitted> out_;
};

TEST_F(OfferTest, ApplyTellsWhatChanged) {
  auto offer = MakeOffer("voucher");
  EXPECT_EQ(Apply(offer, true)->changed(), "CREATED");
  EXPECT_EQ(Apply(offer)->changed(), "CREATED");
  EXPECT_EQ(Apply(offer)->changed(), "UNCHANGED");
  offer.set_response_value_minor(6'000);
  const auto updated = Apply(offer);
  EXPECT_EQ(updated->changed(), "UPDATED");
  EXPECT_EQ(updated->offer().version(), 2);
  offer.set_etag("stale");
  EXPECT_EQ(Apply(offer).status().code(), absl::StatusCode::kAborted);
}

TEST_F(OfferTest, BadDefinitionNamesTheField) {
  auto offer = MakeOffer("Voucher");
  EXPECT_EQ(Apply(offer).status().code(), absl::StatusCode::kInvalidArgument);
  offer = MakeOffer("voucher");
  offer.set_response_value_minor(0);
  EXPECT_NE(std::string(Apply(offer).status().message()).find("response_value_minor"),
            std::string::npos);
}

TEST_F(OfferTest, EveryOfferHasItsReason) {
  ASSERT_TRUE(Apply(MakeOffer("good")).ok());
  auto members = MakeOffer("members");
  members.set_eligible_segment("vip");
  ASSERT_TRUE(Apply(members).ok());
  auto expired = MakeOffer("expired");
  expired.set_valid_end_time_us(ctx_.now());
  ASSERT_TRUE(Apply(expired).ok());
  auto decision = Propose(MakeProposal("c1", {"good", "members", "expired", "nothing"}));
  EXPECT_EQ(decision.offer(), "good");
  EXPECT_DOUBLE_EQ(decision.propensity(), 1.0);
  EXPECT_EQ(ReasonOf(decision, "members"), "NOT_IN_SEGMENT");
  EXPECT_EQ(ReasonOf(decision, "expired"), "EXPIRED");
  EXPECT_EQ(ReasonOf(decision, "nothing"), "UNKNOWN_OFFER");

  event::v1::SegmentEvent entered;
  entered.set_customer_id(kCustomer);
  auto* change = entered.mutable_membership()->add_changes();
  change->set_segment("vip");
  change->set_entered(true);
  Feed(Topic::kSegment, entered);
  decision = Propose(MakeProposal("c2", {"members"}));
  EXPECT_EQ(decision.offer(), "members");
}

TEST_F(OfferTest, TheOnlineStoreShowsADecisionUntilItsContactIsSettled) {
  const auto shown = [this] {
    std::vector<online::Change> changes;
    Views().view(ctx_, kCustomer, &changes);
    EXPECT_EQ(changes.size(), 1u);
    EXPECT_EQ(changes[0].view, online::View::kDecisions);
    return changes[0].deleted ? "deleted" : changes[0].value;
  };
  EXPECT_EQ(shown(), "deleted") << "nobody yet";
  ASSERT_TRUE(Apply(MakeOffer("gift")).ok());
  for (const char* contact : {"c2", "c1"}) {
    ProposalEvent proposal = MakeProposal(contact, {"gift"});
    proposal.set_campaign("thanks");
    Propose(proposal);
  }
  const auto live = [](const std::string& contact) {
    return absl::StrCat(R"({"decisionId":"d-)", contact, R"(","contactId":")", contact,
                        R"(","offer":"gift","offerVersion":"1","campaign":"thanks",)",
                        R"("decidedTimeUs":"86400000000000"})");
  };
  EXPECT_EQ(shown(), absl::StrCat(R"({"decisions":[)", live("c1"), ",", live("c2"), "]}"));
  Contact("c1", "gift", event::v1::CONTACT_STATUS_SUPPRESSED);
  EXPECT_EQ(shown(), absl::StrCat(R"({"decisions":[)", live("c2"), "]}"));
  Contact("c2", "gift", event::v1::CONTACT_STATUS_SUPPRESSED);
  EXPECT_EQ(shown(), "{}");
}

TEST_F(OfferTest, CapHoldsOverPendingAndMadeContacts) {
  auto offer = MakeOffer("capped");
  offer.mutable_cap()->set_count(1);
  offer.mutable_cap()->set_window_us(30 * kMicrosPerDay);
  ASSERT_TRUE(Apply(offer).ok());
  EXPECT_EQ(Propose(MakeProposal("c1", {"capped"})).offer(), "capped");
  EXPECT_EQ(ReasonOf(Propose(MakeProposal("c2", {"capped"})), "capped"), "OVER_CAP");
  Contact("c1", "capped", event::v1::CONTACT_STATUS_ATTEMPTING);
  EXPECT_EQ(ReasonOf(Propose(MakeProposal("c3", {"capped"})), "capped"), "OVER_CAP");
  ctx_.SetNow(ctx_.now() + 30 * kMicrosPerDay);
  EXPECT_EQ(Propose(MakeProposal("c4", {"capped"})).offer(), "capped");
}

TEST_F(OfferTest, BudgetIsSpentByContactsAndComesBackFromSuppressions) {
  auto offer = MakeOffer("paid");
  offer.set_budget_minor(200);  // two contacts of 100
  ASSERT_TRUE(Apply(offer).ok());
  EXPECT_EQ(Propose(MakeProposal("c1", {"paid"})).offer(), "paid");
  EXPECT_EQ(Propose(MakeProposal("c2", {"paid"})).offer(), "paid");
  EXPECT_EQ(ReasonOf(Propose(MakeProposal("c3", {"paid"})), "paid"), "NO_BUDGET");
  Contact("c1", "paid", event::v1::CONTACT_STATUS_ATTEMPTING);
  Contact("c2", "paid", event::v1::CONTACT_STATUS_SUPPRESSED);
  EXPECT_EQ(Propose(MakeProposal("c4", {"paid"})).offer(), "paid");
  EXPECT_EQ(allotment::HeldOf(ctx_, "budget/paid").spent, 200'000'000);
}

// Once the first attempt had counted, a contact that was given up kept its budget and its cap.
TEST_F(OfferTest, BugBudgetOfAContactGivenUpAfterAnAttemptWasLost) {
  auto offer = MakeOffer("paid");
  offer.set_budget_minor(100);  // one contact
  offer.mutable_cap()->set_count(1);
  offer.mutable_cap()->set_window_us(30 * kMicrosPerDay);
  ASSERT_TRUE(Apply(offer).ok());
  EXPECT_EQ(Propose(MakeProposal("c1", {"paid"})).offer(), "paid");
  Contact("c1", "paid", event::v1::CONTACT_STATUS_ATTEMPTING);
  EXPECT_EQ(ReasonOf(Propose(MakeProposal("c2", {"paid"})), "paid"), "OVER_CAP");
  Contact("c1", "paid", event::v1::CONTACT_STATUS_RESERVED);  // failed, waits to try again
  EXPECT_EQ(allotment::HeldOf(ctx_, "budget/paid").spent, 100'000'000);
  Contact("c1", "paid", event::v1::CONTACT_STATUS_ATTEMPTING);
  Contact("c1", "paid", event::v1::CONTACT_STATUS_FAILED);
  EXPECT_EQ(allotment::HeldOf(ctx_, "budget/paid").spent, 0);
  EXPECT_EQ(Propose(MakeProposal("c3", {"paid"})).offer(), "paid");
}

TEST_F(OfferTest, HeldOutTwinsTakeNoBudget) {
  auto offer = MakeOffer("paid");
  offer.set_budget_minor(100);
  ASSERT_TRUE(Apply(offer).ok());
  auto twin = MakeProposal("t1", {"paid"});
  twin.set_is_holdout_twin(true);
  EXPECT_EQ(Propose(twin).offer(), "paid");
  EXPECT_EQ(allotment::HeldOf(ctx_, "budget/paid").spent, 0);
  EXPECT_EQ(Propose(MakeProposal("c1", {"paid"})).offer(), "paid");
}

// Only the fact was kept, not until when: whoever was restricted once got no offer any more.
TEST_F(OfferTest, BugDoNotServeOutlastedItsEnd) {
  ASSERT_TRUE(Apply(MakeOffer("good")).ok());
  event::v1::CustomerEvent event;
  event.set_customer_id(kCustomer);
  auto* restriction = event.mutable_changed()->mutable_restriction();
  restriction->set_do_not_serve(true);
  restriction->set_until_time_us(ctx_.now() + kMicrosPerDay);
  Feed(Topic::kCustomer, event);
  EXPECT_EQ(ReasonOf(Propose(MakeProposal("c1", {"good"})), "good"), "DO_NOT_SERVE");
  ctx_.SetNow(ctx_.now() + kMicrosPerDay);
  EXPECT_EQ(Propose(MakeProposal("c2", {"good"})).offer(), "good");
  restriction->clear_until_time_us();
  Feed(Topic::kCustomer, event);
  ctx_.SetNow(ctx_.now() + 1'000 * kMicrosPerDay);
  EXPECT_EQ(ReasonOf(Propose(MakeProposal("c3", {"good"})), "good"), "DO_NOT_SERVE");
}

// No response is ever matched to a direct decision: each taught that the offer fails.
TEST_F(OfferTest, BugDirectDecisionsTaughtThatNobodyResponds) {
  auto offer = MakeOffer("good");
  offer.mutable_cap()->set_count(1);
  offer.mutable_cap()->set_window_us(30 * kMicrosPerDay);
  ASSERT_TRUE(Apply(offer).ok());
  v1::OfferCommand command;
  command.mutable_decide()->set_customer_id(kCustomer);
  command.mutable_decide()->set_business_unit("shop");
  const auto answer =
      processor_->HandleCommand(command.SerializeAsString(), {"kim", {}, "d1"}, ctx_);
  ASSERT_TRUE(answer.ok());
  Pump();
  v1::Decision decision;
  decision.ParseFromString(*answer);
  EXPECT_EQ(decision.offer(), "good");
  PassTwoHours();
  EXPECT_EQ(ctx_.Get(Table::kShared, "def/posterior/good"), nullptr) << "nothing was learned";
  EXPECT_EQ(ReasonOf(Propose(MakeProposal("c1", {"good"})), "good"), "OVER_CAP");
}

TEST_F(OfferTest, LearnsFromResponsesOnFixedBoundaries) {
  ASSERT_TRUE(Apply(MakeOffer("good")).ok());
  ASSERT_TRUE(Apply(MakeOffer("bad")).ok());
  for (int i = 0; i < 400; ++i) {
    const auto decision = Propose(MakeProposal(absl::StrCat("c", i), {"good", "bad"}));
    Contact(decision.contact_id(), decision.offer(), event::v1::CONTACT_STATUS_ATTEMPTING);
    if (decision.offer() == "bad" || i % 2) continue;
    event::v1::ResponseEvent response;
    response.set_customer_id(kCustomer);
    response.set_contact_id(decision.contact_id());
    response.set_offer(decision.offer());
    response.set_first_purchase(true);
    response.set_within_window(true);
    Feed(Topic::kResponse, response);
  }
  PassTwoHours();
  ASSERT_NE(ctx_.Get(Table::kShared, "def/posterior/good"), nullptr);
  const auto decision = Propose(MakeProposal("after", {"good", "bad"}));
  double good = 0;
  for (const auto& line : decision.considered()) {
    if (line.offer() == "good") good = line.propensity();
  }
  EXPECT_GT(good, 0.95);
}

// Who configures no interval has 0 there, which divided by zero at the first contact.
TEST(LearningPaceTest, BugNoIntervalDividedByZero) {
  FakeContext ctx({Service::kOffer, 0});
  auto processor = Spec({.interval = 0}).make(ctx.scope());
  v1::OfferInternal counts;
  counts.mutable_counts()->set_partition(0);
  EXPECT_EQ(processor->HandleInternal(counts.SerializeAsString(), ctx), absl::OkStatus());
}

TEST(LearningPaceTest, ReportsOnBoundariesAndPublishesBeforeTheNext) {
  EXPECT_EQ(LearningPace{}.NextReport(kMicrosPerHour - 1), kMicrosPerHour);
  EXPECT_EQ(LearningPace{}.NextPublish(kMicrosPerHour + 5), kMicrosPerHour + kMicrosPerMinute);
  const LearningPace seconds{2 * kMicrosPerSecond};
  EXPECT_EQ(seconds.NextReport(4 * kMicrosPerSecond), 6 * kMicrosPerSecond);
  EXPECT_EQ(seconds.NextPublish(4 * kMicrosPerSecond + 1), 5 * kMicrosPerSecond);
}

TEST_F(OfferTest, LoggedPropensityIsTheFrequencyOver100000Decisions) {
  ASSERT_TRUE(Apply(MakeOffer("a")).ok());
  ASSERT_TRUE(Apply(MakeOffer("b")).ok());
  ASSERT_TRUE(Apply(MakeOffer("c")).ok());
  DefinitionEvent known;
  known.mutable_offer_posterior()->set_offer("a");
  known.mutable_offer_posterior()->set_contacts(300);
  known.mutable_offer_posterior()->set_responses(30);
  Feed(Topic::kDefinition, known);
  constexpr int kDecisions = 100'000;
  std::map<std::string, int> chosen;
  std::map<std::string, double> propensity;
  for (int i = 0; i < kDecisions; ++i) {
    auto proposal = MakeProposal(absl::StrCat("c", i), {"a", "b", "c"});
    proposal.set_customer_id(1'000 + i);
    const auto decision = Propose(proposal);
    ++chosen[decision.offer()];
    propensity[decision.offer()] = decision.propensity();
  }
  for (const auto& [offer, p] : propensity) {
    EXPECT_NEAR(chosen[offer] / double{kDecisions}, p, 4 * std::sqrt(p * (1 - p) / kDecisions));
  }
}

// Merges of and into the customer of the other tests.
event::v1::CustomerEvent Merged(CustomerId from, CustomerId into) {
  event::v1::CustomerEvent event;
  event.set_customer_id(from);
  event.mutable_merged()->set_into(into);
  return event;
}

TEST_F(OfferTest, CapsOfMergedCustomersUnite) {
  auto offer = MakeOffer("capped");
  offer.mutable_cap()->set_count(1);
  offer.mutable_cap()->set_window_us(30 * kMicrosPerDay);
  ASSERT_TRUE(Apply(offer).ok());
  ASSERT_EQ(Propose(MakeProposal("c1", {"capped"})).offer(), "capped");
  Contact("c1", "capped", event::v1::CONTACT_STATUS_ATTEMPTING);
  Feed(Topic::kCustomer, Merged(kCustomer, 5));
  ProposalEvent proposal = MakeProposal("c2", {"capped"});
  proposal.set_customer_id(5);
  EXPECT_EQ(ReasonOf(Propose(proposal), "capped"), "OVER_CAP");
  // Its attempt fails after all, under its own id: the one place in the cap is free again.
  Contact("c1", "capped", event::v1::CONTACT_STATUS_FAILED);
  proposal.set_contact_id("c3");
  EXPECT_EQ(Propose(proposal).offer(), "capped");
}

// The hand-over said that there is a restriction, not until when: it never ended, and a longer one
// of the other was forgotten.
TEST_F(OfferTest, BugDoNotServeOfAMergedCustomerOutlastedItsEnd) {
  ASSERT_TRUE(Apply(MakeOffer("good")).ok());
  const auto restrict = [&](CustomerId id, Micros until) {
    event::v1::CustomerEvent event;
    event.set_customer_id(id);
    event.mutable_changed()->mutable_restriction()->set_do_not_serve(true);
    event.mutable_changed()->mutable_restriction()->set_until_time_us(until);
    Feed(Topic::kCustomer, event);
  };
  const Micros now = ctx_.now();
  restrict(5, now + kMicrosPerDay);
  restrict(kCustomer, now + 2 * kMicrosPerDay);
  Feed(Topic::kCustomer, Merged(kCustomer, 5));
  Feed(Topic::kCustomer, Merged(5, 3));
  ProposalEvent proposal = MakeProposal("c1", {"good"});
  proposal.set_customer_id(3);
  ctx_.SetNow(now + kMicrosPerDay);
  EXPECT_EQ(ReasonOf(Propose(proposal), "good"), "DO_NOT_SERVE");
  ctx_.SetNow(now + 2 * kMicrosPerDay);
  proposal.set_contact_id("c2");
  EXPECT_EQ(Propose(proposal).offer(), "good");
}

TEST_F(OfferTest, BudgetOfAMergedCustomersPendingContactComesBack) {
  auto offer = MakeOffer("paid");
  offer.set_budget_minor(100);
  ASSERT_TRUE(Apply(offer).ok());
  ASSERT_EQ(Propose(MakeProposal("c1", {"paid"})).offer(), "paid");
  Feed(Topic::kCustomer, Merged(kCustomer, 5));
  Feed(Topic::kCustomer, Merged(5, 3));
  Contact("c1", "paid", event::v1::CONTACT_STATUS_SUPPRESSED);
  EXPECT_EQ(allotment::HeldOf(ctx_, "budget/paid").spent, 0);
}

TEST_F(OfferTest, ProposalOfAMergedCustomerIsNotAnswered) {
  ASSERT_TRUE(Apply(MakeOffer("good")).ok());
  Feed(Topic::kCustomer, Merged(kCustomer, 5));
  out_.clear();
  Feed(Topic::kProposal, MakeProposal("c1", {"good"}));
  EXPECT_TRUE(out_.empty());
}

TEST_F(OfferTest, CommandForAMergedCustomerNamesTheOther) {
  ASSERT_TRUE(Apply(MakeOffer("good")).ok());
  Feed(Topic::kCustomer, Merged(kCustomer, 5));
  v1::OfferCommand command;
  command.mutable_decide()->set_customer_id(kCustomer);
  const auto answer =
      processor_->HandleCommand(command.SerializeAsString(), {"kim", {}, "r"}, ctx_);
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kAborted);
}

TEST_F(OfferTest, ErasureLeavesOnlyWhatTheBudgetNeeds) {
  auto offer = MakeOffer("paid");
  offer.set_budget_minor(200);
  ASSERT_TRUE(Apply(offer).ok());
  ASSERT_EQ(Propose(MakeProposal("c1", {"paid"})).offer(), "paid");
  ASSERT_EQ(Propose(MakeProposal("c2", {"paid"})).offer(), "paid");
  Contact("c1", "paid", event::v1::CONTACT_STATUS_ATTEMPTING);
  event::v1::CustomerEvent erased;
  erased.set_customer_id(kCustomer);
  erased.mutable_erased()->set_erasure("erasures/e1");
  out_.clear();
  Feed(Topic::kCustomer, erased);
  ASSERT_EQ(out_.size(), 1u);
  DecisionEvent done;
  done.ParseFromString(out_[0].value);
  EXPECT_EQ(done.erased().service(), "offer");
  EXPECT_EQ(done.erased().customer_id(), kCustomer);
  EXPECT_EQ(out_[0].key, "");
  EXPECT_EQ(ctx_.Get(Table::kCustomer, EncodeKey(kCustomer)), nullptr);
  // The attempt ends, the pending one is suppressed: events that were on their way.
  Contact("c1", "paid", event::v1::CONTACT_STATUS_FAILED);
  Contact("c2", "paid", event::v1::CONTACT_STATUS_SUPPRESSED);
  EXPECT_EQ(allotment::HeldOf(ctx_, "budget/paid").spent, 0);
  int left = 0;
  ctx_.Scan(Table::kIndex, "", [&](absl::string_view, absl::string_view) { return ++left; });
  EXPECT_EQ(left, 0);
}

// The other one was erased while the hand-over was on its way: the reservation was lost.
TEST_F(OfferTest, BugBudgetOfAHandOverToAnErasedCustomerWasLost) {
  auto offer = MakeOffer("paid");
  offer.set_budget_minor(100);
  ASSERT_TRUE(Apply(offer).ok());
  ASSERT_EQ(Propose(MakeProposal("c1", {"paid"})).offer(), "paid");
  event::v1::CustomerEvent erased;
  erased.set_customer_id(5);
  erased.mutable_erased()->set_erasure("erasures/e1");
  Feed(Topic::kCustomer, erased);
  Feed(Topic::kCustomer, Merged(kCustomer, 5));
  Contact("c1", "paid", event::v1::CONTACT_STATUS_SUPPRESSED);
  EXPECT_EQ(allotment::HeldOf(ctx_, "budget/paid").spent, 0);
}

// A contact cancelled before campaign heard of its decision names no offer: its budget was lost.
TEST_F(OfferTest, BugBudgetOfAContactCancelledBeforeItsDecisionWasLost) {
  auto offer = MakeOffer("paid");
  offer.set_budget_minor(100);
  ASSERT_TRUE(Apply(offer).ok());
  ASSERT_EQ(Propose(MakeProposal("c1", {"paid"})).offer(), "paid");
  ContactEvent cancelled;
  cancelled.set_customer_id(kCustomer);
  cancelled.set_contact_id("c1");
  cancelled.set_status(event::v1::CONTACT_STATUS_SUPPRESSED);
  cancelled.set_suppression_reason("CANCELLED");
  Feed(Topic::kContact, cancelled);
  EXPECT_EQ(allotment::HeldOf(ctx_, "budget/paid").spent, 0);
}

}  // namespace
}  // namespace dangol::offer
