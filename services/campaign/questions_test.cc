#include "services/campaign/questions.h"

#include <memory>
#include <string>
#include <vector>

#include "google/protobuf/util/message_differencer.h"
#include "services/campaign/domain/contact_id.h"
#include "services/campaign/testing/harness.h"

namespace dangol::campaign {
namespace {

using event::v1::EFFECT_RESULT_ACCEPTED;

// As another instance gets it.
template <typename Request, typename Answer>
Answer AskedFromAfar(const Question<Request, Answer>& question, const Request& request,
                     Harness& h) {
  const auto bytes = Raw(question).answer(request.SerializeAsString(), *h.processor, h.ctx);
  EXPECT_TRUE(bytes.ok()) << bytes.status();
  Answer answer;
  EXPECT_TRUE(bytes.ok() && answer.ParseFromString(*bytes));
  return answer;
}

// Runs the campaign for customers [first, last), each third without consent.
std::unique_ptr<Harness> RunFor(CustomerId first, CustomerId last) {
  auto h = std::make_unique<Harness>();
  for (CustomerId id = first; id < last; ++id) h->AddCustomer(id, /*consent=*/id % 3 != 0);
  h->Launch(HalfAndHalf());
  h->Watermark("win-back", "w1");
  return h;
}

TEST(CampaignQuestionsTest, ProgressOfPartitionsAddsUpToThatOfOneOnAll) {
  const auto some = RunFor(1, 30), others = RunFor(30, 50), all = RunFor(1, 50);
  some->OutcomeOfAll(EFFECT_RESULT_ACCEPTED);
  some->Advance(kMicrosPerHour);
  const v1::Progress frame = *EmptyProgress(all->Get("win-back"), "", 2);
  v1::Progress sum = frame;
  // What the scopes would say one after the other, on the same frame.
  v1::Progress expected = frame;
  for (Harness* h : {some.get(), others.get()}) {
    AddProgress(AskedFromAfar(kProgress, frame, *h), &sum);
    AddPartition(h->ctx, &expected);
  }
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(sum, expected))
      << sum.DebugString() << expected.DebugString();
  EXPECT_EQ(sum.waves(0).partitions_done(), 1);
  EXPECT_EQ(sum.as_of_time_us(), some->ctx.now());
  FinishProgress(all->Get("win-back"), &sum);
  const v1::Waterfall one = all->Progress("win-back").total();
  EXPECT_TRUE(Ties(sum.total()));
  EXPECT_EQ(sum.total().selected(), 49);
  EXPECT_EQ(sum.total().held_out(), one.held_out());
  EXPECT_EQ(sum.total().suppressed_by_reason().at("NO_CONSENT"),
            one.suppressed_by_reason().at("NO_CONSENT"));
  EXPECT_EQ(sum.total().sent() + sum.total().in_flight(), one.in_flight());
}

TEST(CampaignQuestionsTest, AttemptsUnderWayAreInFlight) {
  const auto h = RunFor(1, 30);
  const int64_t attempting = AskedFromAfar(kInFlight, {}, *h).in_flight();
  EXPECT_GT(attempting, 0);
  EXPECT_EQ(attempting, static_cast<int64_t>(h->ctx.effects.size()));
  h->OutcomeOfAll(EFFECT_RESULT_ACCEPTED);
  EXPECT_EQ(AskedFromAfar(kInFlight, {}, *h).in_flight(), 0);
}

TEST(CampaignQuestionsTest, ContactsGoOnBehindTheLastOne) {
  const auto h = RunFor(1, 10);
  v1::ContactsRequest page;
  page.set_campaign("win-back");
  page.set_size(100);
  const auto all = AskedFromAfar(kContacts, page, *h);
  ASSERT_EQ(all.contacts_size(), 9);
  page.set_size(4);
  std::vector<std::string> listed;
  while (true) {
    const auto part = AskedFromAfar(kContacts, page, *h);
    for (const v1::Contact& contact : part.contacts()) listed.push_back(contact.contact_id());
    if (part.contacts_size() < 4) break;
    page.set_after(RawContactId(listed.back()));  // not text
  }
  ASSERT_EQ(listed.size(), 9u);
  for (int i = 0; i < 9; ++i) {
    EXPECT_EQ(listed[static_cast<size_t>(i)], all.contacts(i).contact_id());
  }
  v1::ContactsRequest of_one;
  of_one.set_customer_id(7);
  of_one.set_size(100);
  EXPECT_EQ(AskedFromAfar(kContacts, of_one, *h).contacts_size(), 1);
}

TEST(CampaignQuestionsTest, NamesAreKnownOnceTheyAreDefined) {
  Harness h;
  v1::Campaign campaign = HalfAndHalf();
  campaign.mutable_audiences(0)->set_segment("dormant");
  Normalise(&campaign);
  EXPECT_FALSE(AskedFromAfar(kNamesKnown, campaign, h).value());
  h.DefineSegment("dormant");
  EXPECT_TRUE(AskedFromAfar(kNamesKnown, campaign, h).value());
}

}  // namespace
}  // namespace dangol::campaign
