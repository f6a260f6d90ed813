#include "tests/integration/rpc_table.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "dangol/campaign/v1/campaign_service.pb.h"
#include "dangol/offer/v1/offer_service.pb.h"
#include "dangol/profile/v1/profile_service.pb.h"
#include "dangol/response/v1/response_service.pb.h"
#include "dangol/segmentation/v1/segmentation_service.pb.h"
#include "dangol/stream/v1/clock_service.pb.h"
#include "google/protobuf/descriptor.h"

namespace dangol::integration {
namespace {

using rpc::Role;

constexpr char kUser[] = R"(customer { identifier { type: IDENTIFIER_TYPE_USER_ID value: "u1" } })";

std::string Of(const std::string& rest) { return absl::StrCat(kUser, " ", rest); }

constexpr char kCampaign[] = R"(
  campaign {
    name: "fresh" display_name: "가을 단골" business_unit: "shop" response_window_us: 864000000000
    purpose: CONSENT_PURPOSE_SERVICE
    trigger { batch { waves { name: "w1" } } }
    audiences {
      name: "all" segment: "buyers"
      cells { name: "control" share_bp: 2000 is_control: true }
      cells { name: "treated" share_bp: 8000 channel: "letters" offers: "coupon" content: "안녕" }
    }
    assignment { hash { salt: "s" salt_version: 1 } }
    metrics { name: "bought" measure: METRIC_MEASURE_SHARE activity_kind: "purchase" }
  })";

std::vector<RpcRow> ProfileRows() {
  const std::string p = "profile.v1.ProfileService/";
  const std::string activity = R"(activities {
    message_id: "new-1" source: "pos" business_unit: "shop" occurred_time_us: {now}
    identifiers { type: IDENTIFIER_TYPE_USER_ID value: "u1" } store: "명동" channel: "store"
    purchase { net_minor: 1000 gross_minor: 1000 quantity: 1 lines { sku: "A1" net_minor: 1000 } } })";
  return {
      {p + "TrackActivities", Role::kTracker, activity, true},
      {p + "StreamActivities", Role::kTracker, activity, true},
      {p + "UpsertCustomers", Role::kTracker, R"(upserts {
         message_id: "new-2" source: "crm" business_unit: "shop"
         identifiers { type: IDENTIFIER_TYPE_USER_ID value: "u1" }
         traits { key: "name" value { text: "김단골" } } })",
       true},
      {p + "GetCustomer", Role::kReader, kUser},
      {p + "ListCustomers", Role::kReader, "page_size: 2"},
      {p + "ResolveCustomer", Role::kReader, Of(R"(business_unit: "shop")")},
      {p + "BatchResolveAddresses", Role::kOperator,
       R"(customers: "{customer}" kind: CONTACT_ADDRESS_KIND_USER_ID)"},
      {p + "ListTimeline", Role::kReader, kUser},
      {p + "ListMerges", Role::kReader, "state: MERGE_STATE_PROPOSED"},
      {p + "GetMerge", Role::kReader, R"(name: "{merge1}")"},
      {p + "ApproveMerge", Role::kOperator,
       R"(name: "{merge1}" reason: "같은 사람" request_id: "merge-1")"},
      {p + "RejectMerge", Role::kOperator,
       R"(name: "{merge2}" reason: "a family" request_id: "merge-2")"},
      {p + "UndoMerge", Role::kOperator,
       R"(name: "{merge3}" reason: "wrong" request_id: "merge-3")"},
      {p + "EraseCustomer", Role::kOperator,
       R"(customer { identifier { type: IDENTIFIER_TYPE_USER_ID value: "u10" } }
          reason: "request 7" request_id: "erase-1")"},
      {p + "GetErasure", Role::kReader, R"(name: "{erasure}")"},
      {p + "ListErasures", Role::kReader, ""},
      {p + "ExportCustomer", Role::kOperator, kUser},
      {p + "SetConsent", Role::kTracker,
       Of(R"(consent { channel: "email" purpose: CONSENT_PURPOSE_MARKETING granted: true
             evidence: "form 7" } request_id: "consent-1")")},
      {p + "SetRestriction", Role::kOperator,
       Of(R"(restriction { do_not_serve: true reason: "asked" } request_id: "restrict-1")")},
      {p + "GetStats", Role::kReader, ""},
      {p + "ApplyBusinessUnit", Role::kPlanner,
       R"(business_unit { name: "outlet" display_name: "아울렛" currency: "KRW"
          time_zone: "Asia/Seoul" phone_region: "KR" } request_id: "unit-1")"},
      {p + "GetBusinessUnit", Role::kReader, R"(name: "shop")"},
      {p + "ListBusinessUnits", Role::kReader, ""},
  };
}

std::vector<RpcRow> SegmentationRows() {
  const std::string p = "segmentation.v1.SegmentationService/";
  return {
      {p + "ApplySegment", Role::kPlanner,
       R"(segment { name: "loyal" display_name: "단골" business_unit: "shop"
          expression: "count(purchase) >= 2" } request_id: "segment-1")"},
      {p + "GetSegment", Role::kReader, R"(name: "buyers")"},
      {p + "ListSegments", Role::kReader, R"(business_unit: "shop")"},
      {p + "DeleteSegment", Role::kPlanner, R"(name: "spare" request_id: "delete-1")"},
      {p + "ApplyRfmScheme", Role::kPlanner,
       R"(rfm_scheme { name: "grid" business_unit: "shop" recency_months: [2, 3]
          frequency_window_months: 3 frequency_days: [2, 3] monetary_edges_minor: [100, 500]
          currency: "KRW" } request_id: "scheme-1")"},
      {p + "GetRfmScheme", Role::kReader, R"(name: "333-monthly")"},
      {p + "ListRfmSchemes", Role::kReader, ""},
      {p + "CountAudience", Role::kReader,
       R"(business_unit: "shop" segments: "buyers" cuts: "count(purchase) >= 1")"},
      {p + "ListMembers", Role::kReader, R"(segment: "buyers")"},
      {p + "ExplainMembership", Role::kReader, Of(R"(segment: "buyers")")},
      {p + "GetFeatures", Role::kReader, Of(R"(business_unit: "shop")")},
      {p + "GetRfmGrid", Role::kReader, R"(business_unit: "shop")"},
      {p + "ExportCustomer", Role::kOperator, kUser},
      {p + "CheckExpression", Role::kReader,
       R"(business_unit: "shop" expression: "count(purchase) >= 1")"},
  };
}

std::vector<RpcRow> OfferRows() {
  const std::string p = "offer.v1.OfferService/";
  return {
      {p + "ApplyOffer", Role::kPlanner,
       R"(offer { name: "gift" business_unit: "shop" nature: OFFER_NATURE_BENEFIT
          unit_cost_micros: 1000000 response_value_minor: 100 budget_minor: 1000000 active: true
          content: "선물" } request_id: "offer-1")"},
      {p + "GetOffer", Role::kReader, R"(name: "coupon")"},
      {p + "ListOffers", Role::kReader, ""},
      {p + "Decide", Role::kTracker,
       Of(R"(business_unit: "shop" offers: "coupon" request_id: "decide-1")")},
      {p + "BatchDecide", Role::kTracker,
       absl::StrCat("requests { ",
                    Of(R"(business_unit: "shop" offers: "coupon" request_id: "decide-2")"), " }"),
       true},
      {p + "GetBudget", Role::kReader, R"(offer: "coupon")"},
      {p + "GetPosterior", Role::kReader, R"(offer: "coupon")"},
      {p + "ExportCustomer", Role::kOperator, kUser},
  };
}

std::vector<RpcRow> CampaignRows() {
  const std::string p = "campaign.v1.CampaignService/";
  return {
      {p + "ApplyCampaign", Role::kPlanner, absl::StrCat(kCampaign, R"( request_id: "camp-1")")},
      {p + "GetCampaign", Role::kReader, R"(name: "running")"},
      {p + "ListCampaigns", Role::kReader, ""},
      {p + "ApplyChannel", Role::kOperator,
       R"(channel { name: "mailer" consent_channel: "mail" cost_micros: 1000000
          address: ADDRESS_KIND_USER_ID file_drop { directory: "mailer" } } request_id: "chan-1")"},
      {p + "GetChannel", Role::kReader, R"(name: "letters")"},
      {p + "ListChannels", Role::kReader, ""},
      {p + "ApplyContactPolicy", Role::kPlanner,
       R"(contact_policy { name: "shop" business_unit: "shop"
          caps { count: 3 window_us: 2592000000000 } } request_id: "policy-1")"},
      {p + "GetContactPolicy", Role::kReader, R"(name: "shop")"},
      {p + "ListContactPolicies", Role::kReader, ""},
      {p + "SubmitCampaign", Role::kPlanner, R"(name: "draft" request_id: "submit-1")"},
      {p + "ApproveCampaign", Role::kApprover,
       R"(name: "submitted" definition_hash: "{hash}" comment: "네" request_id: "approve-1")"},
      {p + "RejectCampaign", Role::kApprover,
       R"(name: "submitted2" comment: "no" request_id: "reject-1")"},
      {p + "StartCampaign", Role::kOperator, R"(name: "approved" request_id: "start-1")"},
      {p + "PauseCampaign", Role::kOperator, R"(name: "waiting" request_id: "pause-1")"},
      {p + "ResumeCampaign", Role::kOperator, R"(name: "paused" request_id: "resume-1")"},
      {p + "CancelCampaign", Role::kOperator, R"(name: "draft2" request_id: "cancel-1")"},
      {p + "PauseAll", Role::kOperator, R"(comment: "stop" request_id: "pauseall-1")"},
      {p + "ResumeAll", Role::kOperator, R"(request_id: "resumeall-1")"},
      {p + "SendProof", Role::kPlanner, R"(campaign: "seeded" request_id: "proof-1")"},
      {p + "UploadAssignments", Role::kPlanner,
       R"(campaign: "listed" rows { customer { identifier { type: IDENTIFIER_TYPE_USER_ID
          value: "u1" } } cell: "treated" })"},
      {p + "GetProgress", Role::kReader, R"(campaign: "running")"},
      {p + "WatchProgress", Role::kReader, R"(campaign: "running" wave: "w1")"},
      {p + "ListContacts", Role::kReader, R"(campaign: "running")"},
      {p + "ExplainContact", Role::kReader, Of(R"(campaign: "running")")},
      {p + "RecordOutcome", Role::kTracker,
       R"(contact_id: "{contact}" status: CONTACT_STATUS_DELIVERED request_id: "outcome-1")"},
      {p + "ListAuditEntries", Role::kReader, R"(campaign: "running")"},
      {p + "ExportCustomer", Role::kOperator, kUser},
  };
}

std::vector<RpcRow> OtherRows() {
  const std::string p = "response.v1.ResponseService/";
  return {
      {p + "GetReport", Role::kReader, R"(campaign: "running" assumptions { margin_bp: 3000 })"},
      {p + "RenderReport", Role::kReader,
       R"(report { campaign: "running" } waterfall { label: "선택" count: 10 }
          true_lifts { cell: "treated" metric: "bought" difference: 0.1 } title: "보고서")"},
      {p + "ListResponses", Role::kReader, R"(campaign: "running")"},
      {p + "ExportCustomer", Role::kOperator, kUser},
      {"stream.v1.ClockService/GetClock", Role::kReader, ""},
      {"stream.v1.ClockService/AdvanceClock", Role::kOperator, "to_time_us: {now}"},
      {"stream.v1.ClockService/HoldClock", Role::kOperator, "hold_us: 1000"},
  };
}

}  // namespace

const std::vector<RpcRow>& RpcTable() {
  static const auto& table = *[] {
    auto* all = new std::vector<RpcRow>;
    for (auto rows :
         {ProfileRows(), SegmentationRows(), OfferRows(), CampaignRows(), OtherRows()}) {
      all->insert(all->end(), rows.begin(), rows.end());
    }
    return all;
  }();
  return table;
}

const RpcRow* FindRow(const google::protobuf::MethodDescriptor& method) {
  const std::string path = PathOf(method);
  for (const RpcRow& row : RpcTable()) {
    if (path == absl::StrCat("/dangol.", row.method)) return &row;
  }
  return nullptr;
}

std::vector<const google::protobuf::MethodDescriptor*> AllMethods() {
  const google::protobuf::FileDescriptor* files[] = {
      profile::v1::GetStatsRequest::descriptor()->file(),
      segmentation::v1::GetSegmentRequest::descriptor()->file(),
      offer::v1::GetOfferRequest::descriptor()->file(),
      campaign::v1::GetCampaignRequest::descriptor()->file(),
      response::v1::GetReportRequest::descriptor()->file(),
      stream::v1::GetClockRequest::descriptor()->file(),
  };
  std::vector<const google::protobuf::MethodDescriptor*> all;
  for (const auto* file : files) {
    for (int i = 0; i < file->service_count(); ++i) {
      for (int j = 0; j < file->service(i)->method_count(); ++j) {
        all.push_back(file->service(i)->method(j));
      }
    }
  }
  return all;
}

std::string PathOf(const google::protobuf::MethodDescriptor& method) {
  return absl::StrCat("/", std::string(method.service()->full_name()), "/",
                      std::string(method.name()));
}

}  // namespace dangol::integration
