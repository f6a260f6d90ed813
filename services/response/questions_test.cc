#include "services/response/questions.h"

#include <string>
#include <vector>

#include "services/response/testing/harness.h"

namespace dangol::response {
namespace {

constexpr auto kAttempting = event::v1::CONTACT_STATUS_ATTEMPTING;

// As another instance gets it.
template <typename Request, typename Answer>
Answer AskedFromAfar(const Question<Request, Answer>& question, const Request& request,
                     Partition1& p) {
  const auto bytes = Raw(question).answer(request.SerializeAsString(), *p.processor, p.ctx);
  EXPECT_TRUE(bytes.ok()) << bytes.status();
  Answer answer;
  EXPECT_TRUE(bytes.ok() && answer.ParseFromString(*bytes));
  return answer;
}

TEST(ResponseQuestionsTest, CellsOfTwoPartitionsAddUpExactlyBeyond64Bits) {
  constexpr int64_t kMost = stats::Sums::kMaxExactValue;
  Cells cells;
  v1::GetReportRequest request;
  request.set_campaign("spring");
  for (const uint32_t partition : {0u, 1u}) {
    Partition1 p(partition, 2);
    p.Feed(Topic::kContact, Contact(kAttempting));
    p.Feed(Topic::kCustomer, Purchase(kT + 5, kMost - partition));
    ASSERT_TRUE(AddCells(AskedFromAfar(kCells, request, p), &cells).ok());
  }
  stats::Sums both;
  both.Add(kMost);
  both.Add(kMost - 1);
  const v1::CellSums& cell = cells.at({"w1", "all", "mail"});
  EXPECT_EQ(SumsOf(cell, "sales").value(), both);
  EXPECT_EQ(cell.customers(), 2);
  EXPECT_EQ(cell.in_flight(), 2);
}

TEST(ResponseQuestionsTest, DamagedSumsAreSaid) {
  v1::CellsAnswer part;
  part.add_cells()->add_metrics()->set_sums("damaged");
  Cells cells;
  EXPECT_EQ(AddCells(part, &cells).code(), absl::StatusCode::kDataLoss);
}

// All of the campaign's responses in the partition, so many at a time.
std::vector<std::string> ListedBy(int32_t size, Partition1& p) {
  std::vector<std::string> listed;
  v1::ResponsesRequest page;
  page.set_campaign("spring");
  page.set_size(size);
  do {
    const v1::ResponsesAnswer answer = AskedFromAfar(kResponses, page, p);
    EXPECT_LE(answer.responses_size(), size);
    for (const auto& one : answer.responses()) listed.push_back(one.SerializeAsString());
    page.set_from(answer.next());
  } while (!page.from().empty() && listed.size() < 100);
  return listed;
}

TEST(ResponseQuestionsTest, PagesOfAnySizeListTheSame) {
  Partition1 p;
  p.Define(MakeCampaign("autumn"));
  for (const CustomerId id : {77, 78, 79}) {
    for (const char* campaign : {"spring", "autumn"}) {
      ContactEvent contact = Contact(kAttempting, kT, campaign);
      contact.set_contact_id(absl::StrCat(campaign, id));
      contact.set_customer_id(id);
      p.Feed(Topic::kContact, contact);
    }
    for (int i = 0; i < 3; ++i) {
      CustomerEvent purchase = Purchase(kT + 5 + i, 100);
      purchase.set_customer_id(id);
      p.Feed(Topic::kCustomer, purchase);
    }
  }
  const std::vector<std::string> all = ListedBy(100, p);
  EXPECT_EQ(all.size(), 9u);
  for (const int32_t size : {1, 2, 3, 4, 9}) EXPECT_EQ(ListedBy(size, p), all) << size;
}

// A page that earlier partitions filled to the brim has its token all the same.
TEST(ResponseQuestionsTest, APageOfNoneSaysWhetherThereAreMore) {
  Partition1 p;
  v1::ResponsesRequest none;
  none.set_campaign("spring");
  EXPECT_EQ(AskedFromAfar(kResponses, none, p).next(), "");
  p.Feed(Topic::kContact, Contact(kAttempting));
  p.Feed(Topic::kCustomer, Purchase(kT + 5, 100));
  const v1::ResponsesAnswer answer = AskedFromAfar(kResponses, none, p);
  EXPECT_EQ(answer.responses_size(), 0);
  EXPECT_NE(answer.next(), "");
  none.set_from(answer.next());
  none.set_size(1);
  EXPECT_EQ(AskedFromAfar(kResponses, none, p).responses_size(), 1);
}

}  // namespace
}  // namespace dangol::response
