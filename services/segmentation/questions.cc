#include "services/segmentation/questions.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "libs/base/status.h"
#include "services/segmentation/processor.h"
#include "services/segmentation/query.h"
#include "services/segmentation/traits.h"

namespace dangol::segmentation {
namespace {

using google::protobuf::Empty;

Asked AskedOf(const Processor& processor, StateView& state, Micros at) {
  return {static_cast<const SegmentationProcessor&>(processor).catalogue(), state, at};
}

KnownTraits TraitsOf(const v1::KnownTraits& traits) {
  KnownTraits known;
  for (const auto& [name, type] : traits.types()) {
    known[name] = static_cast<expr::ValueType>(type);
  }
  return known;
}

absl::Status AnswerExplain(CustomerId id, const v1::ExplainRequest& request, Processor& processor,
                           StateView& state, v1::ExplainMembershipResponse* answer) {
  return ExplainMembership(AskedOf(processor, state, request.at_time_us()), id, request.segment(),
                           answer);
}

absl::Status AnswerFeatures(CustomerId id, const v1::FeaturesRequest& request, Processor& processor,
                            StateView& state, v1::CustomerFeatures* answer) {
  return GetFeatures(AskedOf(processor, state, request.at_time_us()), id, request.business_unit(),
                     answer);
}

absl::Status AnswerExport(CustomerId id, const Empty&, Processor& processor, StateView& state,
                          v1::ExportCustomerResponse* answer) {
  return ExportCustomer(AskedOf(processor, state, 0), id, answer);
}

absl::Status AnswerCount(const v1::CountRequest& request, Processor& processor, StateView& state,
                         v1::CountAudienceResponse* answer) {
  const KnownTraits traits = TraitsOf(request.traits());
  Asked asked = AskedOf(processor, state, request.at_time_us());
  asked.traits = &traits;
  return CountPartition(asked, request.request(), answer);
}

absl::Status AnswerGrid(const v1::GridRequest& request, Processor& processor, StateView& state,
                        v1::RfmGrid* answer) {
  return GridOfPartition(AskedOf(processor, state, request.at_time_us()), request.scheme(),
                         request.business_unit(), answer);
}

absl::Status AnswerMembers(const v1::MembersRequest& request, Processor& processor,
                           StateView& state, v1::MembersAnswer* answer) {
  v1::ListMembersResponse page;
  DANGOL_ASSIGN_OR_RETURN(
      *answer->mutable_next_key(),
      ListMembers(AskedOf(processor, state, 0), request.segment(), request.from_key(),
                  static_cast<int>(request.limit()), &page));
  answer->mutable_members()->Swap(page.mutable_members());
  return absl::OkStatus();
}

absl::Status AnswerTraits(const Empty&, Processor&, StateView& state, v1::KnownTraits* answer) {
  KnownTraits known;
  AddTraits(state, &known);
  for (const auto& [name, type] : known) {
    (*answer->mutable_types())[name] = static_cast<uint32_t>(type);
  }
  return absl::OkStatus();
}

absl::Status AnswerStatus(const v1::ListSegmentsResponse& request, Processor& processor,
                          StateView& state, v1::ListSegmentsResponse* answer) {
  *answer = request;
  for (v1::SegmentStatus& status : *answer->mutable_segments()) {
    FillStatus(AskedOf(processor, state, 0), &status);
  }
  return absl::OkStatus();
}

absl::Status AnswerSegment(const v1::GetSegmentRequest& request, Processor&, StateView& state,
                           v1::Segment* answer) {
  DANGOL_ASSIGN_OR_RETURN(*answer, AppliedSegment(state, request.name()));
  return absl::OkStatus();
}

absl::Status AnswerScheme(const v1::GetRfmSchemeRequest& request, Processor&, StateView& state,
                          v1::RfmScheme* answer) {
  DANGOL_ASSIGN_OR_RETURN(*answer, AppliedScheme(state, request.name()));
  return absl::OkStatus();
}

absl::Status AnswerSegments(const v1::AppliedRequest& request, Processor&, StateView& state,
                            v1::ListSegmentsResponse* answer) {
  for (v1::Segment& segment : AppliedSegments(state, request.business_unit(), request.after(),
                                              static_cast<int>(request.limit()))) {
    *answer->add_segments()->mutable_segment() = std::move(segment);
  }
  return absl::OkStatus();
}

absl::Status AnswerSchemes(const v1::AppliedRequest& request, Processor&, StateView& state,
                           v1::ListRfmSchemesResponse* answer) {
  for (v1::RfmScheme& scheme :
       AppliedSchemes(state, request.after(), static_cast<int>(request.limit()))) {
    *answer->add_rfm_schemes() = std::move(scheme);
  }
  return absl::OkStatus();
}

absl::Status AnswerCheck(const v1::CheckRequest& request, Processor& processor, StateView& state,
                         v1::CheckExpressionResponse* answer) {
  const KnownTraits traits = TraitsOf(request.traits());
  Asked asked = AskedOf(processor, state, 0);
  asked.traits = &traits;
  return CheckExpression(asked, request.request(), answer);
}

absl::Status AnswerWarnings(const v1::WarningsRequest& request, Processor& processor,
                            StateView& state, v1::ApplySegmentResponse* answer) {
  const KnownTraits traits = TraitsOf(request.traits());
  Asked asked = AskedOf(processor, state, 0);
  asked.traits = &traits;
  *answer = request.applied();
  AddTraitWarnings(asked, answer);
  return absl::OkStatus();
}

}  // namespace

const CustomerQuestion<v1::ExplainRequest, v1::ExplainMembershipResponse> kExplain = {
    "segmentation.Explain", AnswerExplain};
const CustomerQuestion<v1::FeaturesRequest, v1::CustomerFeatures> kFeatures = {
    "segmentation.Features", AnswerFeatures};
const CustomerQuestion<Empty, v1::ExportCustomerResponse> kExport = {"segmentation.Export",
                                                                     AnswerExport};
const Question<v1::CountRequest, v1::CountAudienceResponse> kCount = {"segmentation.Count",
                                                                      AnswerCount};
const Question<v1::GridRequest, v1::RfmGrid> kGrid = {"segmentation.Grid", AnswerGrid};
const Question<v1::MembersRequest, v1::MembersAnswer> kMembers = {"segmentation.Members",
                                                                  AnswerMembers};
const Question<Empty, v1::KnownTraits> kTraits = {"segmentation.Traits", AnswerTraits};
const Question<v1::ListSegmentsResponse, v1::ListSegmentsResponse> kStatus = {"segmentation.Status",
                                                                              AnswerStatus};
const Question<v1::GetSegmentRequest, v1::Segment> kSegmentApplied = {"segmentation.Segment",
                                                                      AnswerSegment};
const Question<v1::GetRfmSchemeRequest, v1::RfmScheme> kSchemeApplied = {"segmentation.Scheme",
                                                                         AnswerScheme};
const Question<v1::AppliedRequest, v1::ListSegmentsResponse> kSegments = {"segmentation.Segments",
                                                                          AnswerSegments};
const Question<v1::AppliedRequest, v1::ListRfmSchemesResponse> kSchemes = {"segmentation.Schemes",
                                                                           AnswerSchemes};
const Question<v1::CheckRequest, v1::CheckExpressionResponse> kCheck = {"segmentation.Check",
                                                                        AnswerCheck};
const Question<v1::WarningsRequest, v1::ApplySegmentResponse> kWarnings = {"segmentation.Warnings",
                                                                           AnswerWarnings};

std::vector<RawQuestion> Questions() {
  return {Raw(kExplain),  Raw(kFeatures), Raw(kExport), Raw(kCount),          Raw(kGrid),
          Raw(kMembers),  Raw(kTraits),   Raw(kStatus), Raw(kSegmentApplied), Raw(kSchemeApplied),
          Raw(kSegments), Raw(kSchemes),  Raw(kCheck),  Raw(kWarnings)};
}

// Texts and warnings are the first partition's: the others' are the same.
void AddCounts(const v1::CountAudienceResponse& part, v1::CountAudienceResponse* sum) {
  if (sum->cuts().empty()) {
    *sum->mutable_warnings() = part.warnings();
    for (const v1::CutCount& cut : part.cuts()) sum->add_cuts()->set_expression(cut.expression());
  }
  for (int i = 0; i < part.cuts_size(); ++i) {
    v1::CutCount* cut = sum->mutable_cuts(i);
    cut->set_count(cut->count() + part.cuts(i).count());
  }
  sum->set_population(sum->population() + part.population());
  sum->set_total(sum->total() + part.total());
  sum->set_as_of_time_us(std::max(sum->as_of_time_us(), part.as_of_time_us()));
}

namespace {

using Cells = google::protobuf::RepeatedPtrField<v1::RfmCell>;

void AddCells(const Cells& part, Cells* sum) {
  std::map<std::tuple<int, int, int>, v1::RfmCell> cells;
  for (const Cells* from : {&part, const_cast<const Cells*>(sum)}) {
    for (const v1::RfmCell& cell : *from) {
      v1::RfmCell& at =
          cells[{cell.recency_class(), cell.frequency_class(), cell.monetary_class()}];
      const int64_t count = at.count() + cell.count();
      at = cell;
      at.set_count(count);
    }
  }
  sum->Clear();
  for (auto& [key, cell] : cells) *sum->Add() = std::move(cell);
}

}  // namespace

void AddGrid(const v1::RfmGrid& part, v1::RfmGrid* sum) {
  sum->set_scheme(part.scheme());
  sum->set_business_unit(part.business_unit());
  if (sum->warnings().empty()) *sum->mutable_warnings() = part.warnings();
  sum->set_as_of_time_us(std::max(sum->as_of_time_us(), part.as_of_time_us()));
  sum->set_without_purchase(sum->without_purchase() + part.without_purchase());
  sum->set_foreign_currency(sum->foreign_currency() + part.foreign_currency());
  AddCells(part.cells(), sum->mutable_cells());
  AddCells(part.recency_frequency(), sum->mutable_recency_frequency());
}

void AddTraits(const v1::KnownTraits& part, v1::KnownTraits* sum) {
  KnownTraits known = TraitsOf(*sum);
  for (const auto& [name, type] : TraitsOf(part)) AddTrait(name, type, &known);
  for (const auto& [name, type] : known) {
    (*sum->mutable_types())[name] = static_cast<uint32_t>(type);
  }
}

void AddStatuses(const v1::ListSegmentsResponse& part, v1::ListSegmentsResponse* sum) {
  for (int i = 0; i < part.segments_size(); ++i) {
    v1::SegmentStatus* status = sum->mutable_segments(i);
    status->set_size(status->size() + part.segments(i).size());
    status->set_evaluating(status->evaluating() || part.segments(i).evaluating());
  }
}

}  // namespace dangol::segmentation
