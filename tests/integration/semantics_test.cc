// Requests that are well formed and still wrong: unknown names, stale etags, illegal transitions…
// Each is refused with its code and reason, and nothing changes. And what must not be refused.
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "dangol/campaign/v1/campaign_service.pb.h"
#include "dangol/common/v1/business_unit.pb.h"
#include "dangol/offer/v1/offer_service.pb.h"
#include "dangol/profile/v1/profile_service.pb.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "gtest/gtest.h"
#include "libs/base/status.h"
#include "tests/integration/rpc_table.h"
#include "tests/integration/server.h"

namespace dangol::integration {
namespace {

using absl::StatusCode;

constexpr char kProfile[] = "profile.v1.ProfileService/";
constexpr char kSegmentation[] = "segmentation.v1.SegmentationService/";
constexpr char kOffers[] = "offer.v1.OfferService/";
constexpr char kCampaigns[] = "campaign.v1.CampaignService/";
constexpr char kResponses[] = "response.v1.ResponseService/";
constexpr char kNobody[] =
    R"(customer { identifier { type: IDENTIFIER_TYPE_USER_ID value: "nobody" } } )";

struct Wrong {
  std::string name;
  std::string method;
  std::string request;
  StatusCode code;
  std::string reason;
  std::string field;  // that BadRequest names; empty: none
};

std::string Unit(const std::string& rest) {
  return absl::StrCat(R"(business_unit { name: "shop" currency: "KRW" time_zone: "Asia/Seoul" )",
                      rest, " }");
}

std::string Offer(const std::string& rest) {
  return absl::StrCat(R"(offer { name: "coupon" business_unit: "shop" response_value_minor: 1 )",
                      rest, " }");
}

// Names that nobody has.
std::vector<Wrong> UnknownNames() {
  const std::string p = kProfile, s = kSegmentation, o = kOffers, c = kCampaigns, r = kResponses;
  const StatusCode code = StatusCode::kNotFound;
  std::vector<Wrong> all;
  const std::pair<std::string, std::string> rows[] = {
      {p + "GetCustomer", kNobody},
      {p + "GetCustomer", R"(customer { customer: "customers/0000000000000001" })"},
      {p + "ResolveCustomer", kNobody},
      {p + "ListTimeline", kNobody},
      {p + "SetConsent", absl::StrCat(kNobody, R"(consent { channel: "email"
         purpose: CONSENT_PURPOSE_MARKETING granted: true evidence: "form" })")},
      {p + "SetRestriction", absl::StrCat(kNobody, "restriction { do_not_serve: true }")},
      {p + "GetBusinessUnit", R"(name: "nowhere")"},
      {p + "GetMerge", R"(name: "merges/0000000000000002-0000000000000001")"},
      {p + "ApproveMerge", R"(name: "merges/0000000000000002-0000000000000001")"},
      {p + "RejectMerge", R"(name: "merges/0000000000000002-0000000000000001")"},
      {p + "UndoMerge", R"(name: "merges/0000000000000002-0000000000000001")"},
      {p + "EraseCustomer", kNobody},
      {p + "ExportCustomer", kNobody},
      {p + "GetErasure", R"(name: "erasures/0000000000000001")"},
      {s + "ExportCustomer", kNobody},
      {o + "ExportCustomer", kNobody},
      {c + "ExportCustomer", kNobody},
      {r + "ExportCustomer", kNobody},
      {s + "GetSegment", R"(name: "nobody")"},
      {s + "DeleteSegment", R"(name: "nobody")"},
      {s + "GetRfmScheme", R"(name: "nobody")"},
      {s + "ListMembers", R"(segment: "nobody")"},
      {s + "ExplainMembership", absl::StrCat(kNobody, R"(segment: "buyers")")},
      {s + "GetFeatures", absl::StrCat(kNobody, R"(business_unit: "shop")")},
      {s + "GetRfmGrid", R"(scheme: "nobody" business_unit: "shop")"},
      {s + "CountAudience", R"(business_unit: "shop" segments: "nobody")"},
      {o + "GetOffer", R"(name: "nothing")"},
      {o + "Decide", absl::StrCat(kNobody, R"(business_unit: "shop")")},
      {o + "GetBudget", R"(offer: "nothing")"},
      {o + "GetPosterior", R"(offer: "nothing")"},
      {c + "GetCampaign", R"(name: "none")"},
      {c + "GetChannel", R"(name: "none")"},
      {c + "GetContactPolicy", R"(name: "none")"},
      {c + "SubmitCampaign", R"(name: "none")"},
      {c + "ApproveCampaign", R"(name: "none" definition_hash: "{hash}")"},
      {c + "RejectCampaign", R"(name: "none" comment: "no")"},
      {c + "StartCampaign", R"(name: "none")"},
      {c + "PauseCampaign", R"(name: "none")"},
      {c + "ResumeCampaign", R"(name: "none")"},
      {c + "CancelCampaign", R"(name: "none")"},
      {c + "SendProof", R"(campaign: "none")"},
      {c + "UploadAssignments", R"(campaign: "none")"},
      {c + "GetProgress", R"(campaign: "none")"},
      {c + "GetProgress", R"(campaign: "running" wave: "none")"},
      {c + "WatchProgress", R"(campaign: "none")"},
      {c + "ListContacts", R"(campaign: "none")"},
      {c + "ListContacts", kNobody},
      {c + "ExplainContact", absl::StrCat(kNobody, R"(campaign: "running")")},
      {c + "RecordOutcome", R"(contact_id: "000000000000000000000000000000ff"
         status: CONTACT_STATUS_DELIVERED)"},
      {c + "ListAuditEntries", R"(campaign: "none")"},
      {r + "GetReport", R"(campaign: "none")"},
      {r + "GetReport", R"(campaign: "running" wave: "none")"},
      {r + "GetReport", R"(campaign: "running" baseline_cell: "none")"},
      {r + "RenderReport", R"(report { campaign: "none" })"},
      {r + "ListResponses", R"(campaign: "none")"},
      {r + "ListResponses", kNobody},
  };
  for (const auto& [method, request] : rows) {
    all.push_back({"unknown name", method, request, code, "", ""});
  }
  return all;
}

std::vector<Wrong> StaleEtags() {
  const std::string c = kCampaigns;
  std::vector<Wrong> all;
  const std::pair<std::string, std::string> rows[] = {
      {absl::StrCat(kProfile, "ApplyBusinessUnit"), Unit(R"(display_name: "x" etag: "stale")")},
      {absl::StrCat(kSegmentation, "ApplySegment"),
       R"(segment { name: "buyers" expression: "count(purchase) >= 3" etag: "stale" })"},
      {absl::StrCat(kSegmentation, "DeleteSegment"), R"(name: "spare" etag: "stale")"},
      {absl::StrCat(kSegmentation, "ApplyRfmScheme"),
       R"(rfm_scheme { name: "333-monthly" business_unit: "shop" recency_months: [2, 4]
          frequency_window_months: 3 frequency_days: [2, 3] monetary_edges_minor: [100, 500]
          currency: "KRW" etag: "stale" })"},
      {absl::StrCat(kOffers, "ApplyOffer"), Offer(R"(content: "x" etag: "stale")")},
      {c + "ApplyChannel", R"(channel { name: "letters" consent_channel: "mail"
          file_drop { directory: "x" } } etag: "stale")"},
      {c + "ApplyContactPolicy",
       R"(contact_policy { name: "shop" business_unit: "shop" } etag: "stale")"},
      {c + "ApplyCampaign", R"(campaign { name: "draft" business_unit: "shop"
          response_window_us: 1000000 trigger { batch { waves { name: "w1" } } }
          audiences { name: "all" cells { name: "control" share_bp: 2000 is_control: true }
            cells { name: "treated" share_bp: 8000 channel: "letters" } } } etag: "stale")"},
      {c + "SubmitCampaign", R"(name: "draft" etag: "stale")"},
  };
  for (const auto& [method, request] : rows) {
    all.push_back({"stale etag", method, request, StatusCode::kAborted, "ETAG_MISMATCH", ""});
  }
  return all;
}

std::vector<Wrong> IllegalTransitions() {
  std::vector<Wrong> all;
  const std::pair<const char*, const char*> rows[] = {
      {"SubmitCampaign", R"(name: "running")"},
      {"SubmitCampaign", R"(name: "submitted")"},
      {"ApproveCampaign", R"(name: "draft" definition_hash: "{hash}")"},
      {"ApproveCampaign", R"(name: "running" definition_hash: "{hash}")"},
      {"RejectCampaign", R"(name: "draft" comment: "no")"},
      {"StartCampaign", R"(name: "draft")"},
      {"StartCampaign", R"(name: "submitted")"},
      {"StartCampaign", R"(name: "running")"},
      {"PauseCampaign", R"(name: "draft")"},
      {"PauseCampaign", R"(name: "paused")"},
      {"ResumeCampaign", R"(name: "running")"},
      {"UploadAssignments", R"(campaign: "running")"},
  };
  for (const auto& [method, request] : rows) {
    all.push_back({"illegal transition", absl::StrCat(kCampaigns, method), request,
                   StatusCode::kFailedPrecondition, "ILLEGAL_TRANSITION", ""});
  }
  const StatusCode precondition = StatusCode::kFailedPrecondition;
  const std::string c = kCampaigns;
  for (const auto& [method, merge] :
       {std::pair("ApproveMerge", "{merge3}"), std::pair("RejectMerge", "{merge3}"),
        std::pair("UndoMerge", "{merge1}")}) {
    all.push_back({"merge's state", absl::StrCat(kProfile, method),
                   absl::StrCat("name: \"", merge, "\""), precondition, "MERGE_STATE", ""});
  }
  all.push_back({"list missing", c + "SubmitCampaign", R"(name: "listed")", precondition,
                 "LIST_MISSING", ""});
  all.push_back(
      {"not what was submitted", c + "ApproveCampaign",
       absl::StrCat(R"(name: "submitted" definition_hash: ")", std::string(64, '0'), "\""),
       precondition, "APPROVAL_MISMATCH", ""});
  all.push_back({"another currency", absl::StrCat(kProfile, "ApplyBusinessUnit"),
                 R"(business_unit { name: "shop" currency: "USD" time_zone: "Asia/Seoul" })",
                 precondition, "CURRENCY_FIXED", ""});
  all.push_back({"segment of no unit", absl::StrCat(kSegmentation, "ApplySegment"),
                 R"(segment { name: "x" business_unit: "nowhere" expression: "count(visit) > 1" })",
                 precondition, "UNKNOWN_BUSINESS_UNIT", ""});
  return all;
}

// A value that no walk over the message can judge.
std::vector<Wrong> BadFields() {
  const std::string p = kProfile, s = kSegmentation, o = kOffers, c = kCampaigns, r = kResponses;
  const std::tuple<std::string, std::string, std::string> rows[] = {
      {p + "ApplyBusinessUnit",
       R"(business_unit { name: "new" currency: "ZZZ" time_zone: "Asia/Seoul" })",
       "business_unit.currency"},
      {p + "ApplyBusinessUnit",
       R"(business_unit { name: "new" currency: "KRW" time_zone: "Asia/Soul" })",
       "business_unit.time_zone"},
      {p + "ApplyBusinessUnit", Unit("quiet_hours { start_minute: 1440 }"),
       "business_unit.quiet_hours.start_minute"},
      {p + "GetCustomer", R"(customer { customer: "customers/xyz" })", "customer"},
      {p + "ListCustomers", "page_size: -1", "page_size"},
      {p + "ListCustomers", R"(page_token: "made up")", "page_token"},
      {p + "BatchResolveAddresses", R"(customers: "{customer}")", "kind"},
      {p + "GetMerge", R"(name: "merges/xyz")", "name"},
      {p + "GetErasure", R"(name: "erasures/xyz")", "name"},
      {p + "SetConsent", R"(customer { customer: "{customer}" } consent { channel: "email"
         purpose: CONSENT_PURPOSE_MARKETING granted: true })",
       "consent.evidence"},
      {p + "SetConsent", R"(customer { customer: "{customer}" })", "consent.channel"},
      {p + "SetRestriction", R"(customer { customer: "{customer}" })", "restriction"},
      {p + "SetConsent", R"(customer { customer: "{customer}" } request_id: "two words")",
       "request_id"},
      {s + "ApplySegment", R"(segment { name: "Bad Name" expression: "count(visit) > 1" })",
       "segment.name"},
      {s + "ApplySegment", R"(segment { name: "x" expression: "count(" })", "segment.expression"},
      {s + "ApplySegment", R"x(segment { name: "x" expression: "segment(\"x\")" })x",
       "segment.expression"},
      {s + "CheckExpression", R"(expression: "")", "expression"},
      {s + "CountAudience", R"(cuts: "1 = 1 AND")", "cuts[0]"},
      {s + "CountAudience", R"(as_of_time_us: 7000000000000000)", "as_of_time_us"},
      {s + "ApplyRfmScheme", R"(rfm_scheme { name: "grid" business_unit: "shop"
         recency_months: [3, 2] frequency_window_months: 3 frequency_days: [2, 3]
         monetary_edges_minor: [1, 5] currency: "KRW" })",
       "rfm_scheme.recency_months[1]"},
      {s + "ApplyRfmScheme", R"(rfm_scheme { name: "grid" business_unit: "shop"
         recency_months: [2, 3] frequency_window_months: 3 frequency_days: [2, 3]
         monetary_edges_minor: [1, 5] currency: "ZZZ" })",
       "rfm_scheme.currency"},
      {o + "ApplyOffer", Offer("unit_cost_micros: 2000000000000"), "offer.unit_cost_micros"},
      {o + "ApplyOffer", Offer("budget_minor: -1"), "offer.budget_minor"},
      {o + "ApplyOffer", Offer("margin_bp: 10001"), "offer.margin_bp"},
      {o + "ApplyOffer", Offer("cap { count: -1 }"), "offer.cap.count"},
      {o + "ApplyOffer", Offer("valid_start_time_us: 20 valid_end_time_us: 10"),
       "offer.valid_end_time_us"},
      {o + "Decide", R"(customer { customer: "{customer}" })", "business_unit"},
      {c + "ApplyChannel", R"(channel { name: "x" consent_channel: "mail"
         file_drop { directory: "../x" } })",
       "channel.file_drop.directory"},
      {c + "ApplyChannel", R"(channel { name: "x" consent_channel: "mail"
         webhook { url: "ftp://x" } })",
       "channel.webhook.url"},
      {c + "ApplyChannel", R"(channel { name: "x" consent_channel: "mail"
         webhook { url: "http://x" max_in_flight: -1 } })",
       "channel.webhook.max_in_flight"},
      {c + "ApplyContactPolicy", R"(contact_policy { name: "x" business_unit: "shop"
         caps { count: -1 window_us: 5 } })",
       "contact_policy.caps[0].count"},
      {c + "ApproveCampaign", R"(name: "submitted")", "definition_hash"},
      {c + "RejectCampaign", R"(name: "submitted")", "comment"},
      {c + "ListContacts", "", "campaign"},
      {c + "ListContacts", R"(campaign: "running" customer { customer: "{customer}" })",
       "campaign"},
      {c + "RecordOutcome", R"(contact_id: "no" status: CONTACT_STATUS_DELIVERED)", "contact_id"},
      {c + "RecordOutcome", R"(contact_id: "{contact}" status: CONTACT_STATUS_PLANNED)", "status"},
      {r + "GetReport", R"(campaign: "running" confidence: 1.5)", "confidence"},
      {r + "GetReport", R"(campaign: "running" assumptions { margin_bp: -1 })",
       "assumptions.margin_bp"},
      {r + "ListResponses", "", "campaign"},
      {"stream.v1.ClockService/AdvanceClock", "to_time_us: 1", "to_time_us"},
      {"stream.v1.ClockService/HoldClock", "hold_us: 10000001", "hold_us"},
      {"stream.v1.ClockService/HoldClock", "hold_us: -1", "hold_us"},
  };
  std::vector<Wrong> all;
  for (const auto& [method, request, field] : rows) {
    all.push_back({"bad " + field, method, request, StatusCode::kInvalidArgument, "", field});
  }
  return all;
}

class SemanticsTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { world_ = new World; }
  static void TearDownTestSuite() { delete world_; }

  void Refused(const std::vector<Wrong>& rows) {
    const auto before = world_->StateHashes();
    for (const Wrong& wrong : rows) {
      SCOPED_TRACE(absl::StrCat(wrong.name, ": ", wrong.method, " ", wrong.request));
      const RawAnswer answer = world_->Call(wrong.method, wrong.request);
      EXPECT_EQ(answer.status.code(), wrong.code) << answer.status;
      EXPECT_TRUE(answer.has_error_info);
      const ErrorDetail detail = DetailOf(answer.status);
      if (!wrong.reason.empty()) {
        EXPECT_EQ(detail.reason, wrong.reason);
      }
      if (wrong.field.empty()) continue;
      if (detail.fields.empty()) {
        ADD_FAILURE() << "names no field: " << answer.status;
        continue;
      }
      EXPECT_EQ(detail.fields[0].field, wrong.field) << answer.status;
    }
    world_->Settle();
    EXPECT_EQ(world_->StateHashes(), before);
  }

  static World* world_;
};
World* SemanticsTest::world_ = nullptr;

TEST_F(SemanticsTest, UnknownNames) { Refused(UnknownNames()); }
TEST_F(SemanticsTest, StaleEtags) { Refused(StaleEtags()); }
TEST_F(SemanticsTest, IllegalTransitions) { Refused(IllegalTransitions()); }
TEST_F(SemanticsTest, BadFields) { Refused(BadFields()); }

// What an empty request lacks is named. The others need nothing.
TEST_F(SemanticsTest, AnEmptyRequestIsToldWhatIsMissing) {
  const std::set<std::string> need_nothing = {
      "ListCustomers",    "ListMerges",     "ListErasures",
      "ListAuditEntries", "GetStats",       "ListBusinessUnits",
      "ListSegments",     "ListRfmSchemes", "CountAudience",
      "GetRfmGrid",       "ListOffers",     "BatchDecide",
      "ListCampaigns",    "ListChannels",   "ListContactPolicies",
      "PauseAll",         "ResumeAll",      "GetClock",
      "HoldClock"};
  const auto before = world_->StateHashes();
  for (const auto* method : AllMethods()) {
    if (need_nothing.count(std::string(method->name())) != 0) continue;
    const RawAnswer answer = world_->Call(*method, "");
    EXPECT_EQ(answer.status.code(), StatusCode::kInvalidArgument)
        << PathOf(*method) << ": " << answer.status;
    EXPECT_FALSE(DetailOf(answer.status).fields.empty()) << PathOf(*method);
  }
  EXPECT_EQ(world_->StateHashes(), before);
}

// A request id with another body is refused; with the same one, answered alike and done once.
TEST_F(SemanticsTest, ARequestIdNamesOneRequest) {
  const std::string method = absl::StrCat(kProfile, "ApplyBusinessUnit");
  const std::string id = R"( request_id: "only-once")";
  const RawAnswer first = world_->Call(method, Unit(R"(display_name: "첫째")") + id);
  ASSERT_TRUE(first.status.ok()) << first.status;
  const auto before = world_->StateHashes();
  const RawAnswer again = world_->Call(method, Unit(R"(display_name: "첫째")") + id);
  EXPECT_EQ(again.messages, first.messages);
  const RawAnswer other = world_->Call(method, Unit(R"(display_name: "둘째")") + id);
  EXPECT_EQ(other.status.code(), StatusCode::kFailedPrecondition);
  EXPECT_EQ(DetailOf(other.status).reason, "REQUEST_ID_REUSED");
  EXPECT_EQ(world_->StateHashes(), before);
}

TEST_F(SemanticsTest, WhoeverEditedLastDoesNotApprove) {
  const auto before = world_->StateHashes();
  const auto* method = MethodAt(absl::StrCat(kCampaigns, "ApproveCampaign"));
  // PLANNER authored it in this World; a token of that name with more roles would be refused, too.
  const auto request =
      RequestOf(*method, world_->Fill(R"(name: "submitted" definition_hash: "{hash}")"));
  const RawAnswer answer = CallRaw(world_->ChannelOf(rpc::Role::kPlanner), PathOf(*method),
                                   {request->SerializeAsString()});
  EXPECT_EQ(answer.status.code(), StatusCode::kPermissionDenied);
  EXPECT_EQ(world_->StateHashes(), before);
}

TEST_F(SemanticsTest, AnExpiredOfferIsNotChosen) {
  const RawAnswer answer = world_->Call(
      absl::StrCat(kOffers, "Decide"),
      R"(customer { customer: "{customer}" } business_unit: "shop" offers: "expired")");
  ASSERT_TRUE(answer.status.ok()) << answer.status;
  offer::v1::Decision decision;
  ASSERT_TRUE(decision.ParseFromString(answer.messages.at(0)));
  EXPECT_EQ(decision.offer(), "");
  ASSERT_EQ(decision.considered_size(), 1);
  EXPECT_TRUE(absl::StrContains(decision.considered(0).ShortDebugString(), "EXPIRED"))
      << decision.ShortDebugString();
}

// Several at a time, and still: results in the order of the items, one customer's items each after
// the one before it.
TEST_F(SemanticsTest, ABatchDecidesInOrderForEachCustomer) {
  const auto applied = world_->Call(absl::StrCat(kOffers, "ApplyOffer"), R"(offer { name: "once"
      business_unit: "shop" response_value_minor: 1 active: true
      cap { count: 1 window_us: 86400000000 } })");
  ASSERT_TRUE(applied.status.ok()) << applied.status;
  world_->Settle();
  constexpr int kItems = 60;
  std::string request;
  for (int i = 0; i < kItems; ++i) {
    const std::string who = i % 3 == 0 ? R"(customer { customer: "{customer}" } )" : kNobody;
    absl::StrAppend(&request, "requests { ", who, R"(business_unit: "shop" offers: "once" })");
  }
  const RawAnswer answer = world_->Call(absl::StrCat(kOffers, "BatchDecide"), request);
  ASSERT_TRUE(answer.status.ok()) << answer.status;
  offer::v1::BatchDecideResponse response;
  ASSERT_TRUE(response.ParseFromString(answer.messages.at(0)));
  ASSERT_EQ(response.results_size(), kItems);
  for (int i = 0; i < kItems; ++i) {
    const offer::v1::DecideResult& result = response.results(i);
    EXPECT_EQ(result.code(), i % 3 == 0 ? 0 : static_cast<int>(StatusCode::kNotFound)) << i;
    EXPECT_EQ(result.decision().offer(), i == 0 ? "once" : "") << i;
  }
}

// Over all partitions of a campaign, and over all contacts of a customer.
TEST_F(SemanticsTest, PagesOfContactsMakeTheWholeList) {
  const std::string method = absl::StrCat(kCampaigns, "ListContacts");
  const auto ids_of = [&](const std::string& request, std::string* token) {
    std::vector<std::string> ids;
    const RawAnswer answer = world_->Call(method, request);
    EXPECT_TRUE(answer.status.ok()) << answer.status;
    campaign::v1::ListContactsResponse response;
    if (answer.status.ok()) response.ParseFromString(answer.messages.at(0));
    for (const auto& contact : response.contacts()) ids.push_back(contact.contact_id());
    *token = response.next_page_token();
    return ids;
  };
  for (const char* list : {R"(campaign: "running" )", R"(customer { customer: "{customer}" } )"}) {
    SCOPED_TRACE(list);
    std::string token;
    const std::vector<std::string> all = ids_of(list, &token);
    EXPECT_EQ(token, "");
    ASSERT_GT(all.size(), 1u);
    std::vector<std::string> paged;
    do {
      const std::string rest =
          token.empty() ? "" : absl::StrCat(R"( page_token: ")", token, R"(")");
      const auto page = ids_of(absl::StrCat(list, "page_size: 1", rest), &token);
      ASSERT_EQ(page.size(), 1u);
      paged.push_back(page[0]);
    } while (!token.empty() && paged.size() <= all.size());
    EXPECT_EQ(paged, all);
  }
}

TEST_F(SemanticsTest, ADeadlineAlreadyPastChangesNothing) {
  const auto before = world_->StateHashes();
  for (const RpcRow& row : RpcTable()) {
    const RawAnswer answer =
        world_->Call(row.method, row.example, {.timeout_us = -kMicrosPerSecond});
    EXPECT_EQ(answer.status.code(), StatusCode::kDeadlineExceeded) << row.method;
  }
  world_->Settle();
  EXPECT_EQ(world_->StateHashes(), before);
}

// gRPC refuses it before any of our code sees it, so without details.
TEST_F(SemanticsTest, AMessageAboveTheLimitIsResourceExhausted) {
  const auto before = world_->StateHashes();
  const auto* method = MethodAt(absl::StrCat(kProfile, "TrackActivities"));
  const RawAnswer answer = world_->Call(*method, std::string(17 << 20, '\n'));
  EXPECT_EQ(answer.status.code(), StatusCode::kResourceExhausted) << answer.status;
  EXPECT_EQ(world_->StateHashes(), before);
}

TEST_F(SemanticsTest, OfAFieldGivenTwiceTheLastCounts) {
  const auto* method = MethodAt(absl::StrCat(kProfile, "GetBusinessUnit"));
  const std::string twice = RequestOf(*method, R"(name: "nowhere")")->SerializeAsString() +
                            RequestOf(*method, R"(name: "shop")")->SerializeAsString();
  EXPECT_TRUE(world_->Call(*method, twice).status.ok());
}

TEST_F(SemanticsTest, TextOfAnyScriptComesBackAsItWas) {
  for (const char* name : {"김단골 고객님", "זָכַר لغة عربية", "e\xCC\x81 a\xCC\x88\xCC\xA3",
                           "👩‍👩‍👧‍👦 🇰🇷", "日本語\tタブ\n改行"}) {
    SCOPED_TRACE(name);
    common::v1::BusinessUnit unit;
    unit.set_display_name(name);
    const std::string text = unit.ShortDebugString();
    const RawAnswer applied = world_->Call(absl::StrCat(kProfile, "ApplyBusinessUnit"), Unit(text));
    ASSERT_TRUE(applied.status.ok()) << applied.status;
    profile::v1::ApplyBusinessUnitResponse response;
    ASSERT_TRUE(response.ParseFromString(applied.messages.at(0)));
    EXPECT_EQ(response.business_unit().display_name(), name);
  }
}

TEST_F(SemanticsTest, ANameIsTheSameComposedOrNot) {
  const char* spellings[] = {"\xEA\xB0\x80", "\xE1\x84\x80\xE1\x85\xA1"};  // 가, as one and as two
  std::set<std::string> found;
  for (const char* spelling : spellings) {
    const std::string id =
        absl::StrCat(R"( { type: IDENTIFIER_TYPE_USER_ID value: "kim-)", spelling, R"(" })");
    const RawAnswer upserted = world_->Call(
        absl::StrCat(kProfile, "UpsertCustomers"),
        absl::StrCat(R"(upserts { message_id: "hangul-)", spelling, R"(" identifiers)", id, " }"));
    profile::v1::UpsertCustomersResponse response;
    ASSERT_TRUE(upserted.status.ok() && response.ParseFromString(upserted.messages.at(0)));
    EXPECT_EQ(response.accepted(), 1) << response.ShortDebugString();
    world_->Settle();
    const RawAnswer resolved = world_->Call(absl::StrCat(kProfile, "ResolveCustomer"),
                                            absl::StrCat("customer { identifier", id, " }"));
    ASSERT_TRUE(resolved.status.ok()) << resolved.status;
    found.insert(resolved.messages.at(0));
  }
  EXPECT_EQ(found.size(), 1u);
}

}  // namespace
}  // namespace dangol::integration
