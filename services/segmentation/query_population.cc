// Questions about all customers: each looks at every record of the partition once.
#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "dangol/segmentation/v1/segmentation_service.pb.h"
#include "libs/base/status.h"
#include "services/segmentation/domain/evaluate.h"
#include "services/segmentation/query.h"
#include "services/segmentation/tables.h"

namespace dangol::segmentation {
namespace {

// Calls `fn` for every customer of the partition.
absl::Status ForEachCustomer(StateView& state,
                             const std::function<void(const Customer& customer)>& fn) {
  absl::Status status;
  state.Scan(Table::kCustomer, "", [&](absl::string_view, absl::string_view value) {
    auto customer = DecodeCustomer(value);
    if (!customer.ok()) {
      status = customer.status();
      return false;
    }
    fn(*customer);
    return true;
  });
  return status;
}

struct Cut {
  const Segment* segment = nullptr;                // or
  std::unique_ptr<const expr::Compiled> compiled;  // …
  int64_t count = 0;
};

absl::StatusOr<std::vector<Cut>> CutsOf(const Catalogue& catalogue, const expr::Schema& schema,
                                        const v1::CountAudienceRequest& request) {
  std::vector<Cut> cuts;
  for (const std::string& name : request.segments()) {
    const Segment* segment = catalogue.FindSegment(name);
    if (segment == nullptr) return NotFound("segment", name);
    cuts.emplace_back().segment = segment;
  }
  for (int i = 0; i < request.cuts_size(); ++i) {
    auto compiled = expr::Compile(request.cuts(i), schema);
    if (!compiled.ok()) {
      ErrorDetail detail = DetailOf(compiled.status());
      detail.fields = {{absl::StrCat("cuts[", i, "]"), std::string(compiled.status().message())}};
      return WithDetail(compiled.status(), std::move(detail));
    }
    cuts.emplace_back().compiled = *std::move(compiled);
  }
  return cuts;
}

bool Passes(const Cut& cut, const Evaluation& evaluation, const BusinessUnit& unit) {
  return cut.segment != nullptr ? evaluation.IsMember(cut.segment->name)
                                : evaluation.Test(*cut.compiled, unit);
}

std::string CanonicalOf(const Cut& cut) {
  return cut.segment != nullptr ? absl::StrCat("segment(\"", cut.segment->name, "\")")
                                : cut.compiled->Canonical();
}

void Describe(const std::vector<Cut>& cuts, v1::CountAudienceResponse* response) {
  for (const Cut& cut : cuts) {
    v1::CutCount* out = response->add_cuts();
    out->set_expression(CanonicalOf(cut));
    out->set_count(cut.count);
    if (cut.compiled == nullptr) continue;
    for (const std::string& warning : cut.compiled->warnings()) response->add_warnings(warning);
  }
}

}  // namespace

absl::Status CountPartition(Asked asked, const v1::CountAudienceRequest& request,
                            v1::CountAudienceResponse* response) {
  DANGOL_ASSIGN_OR_RETURN(const BusinessUnit* unit,
                          asked.catalogue.UnitOrOnly(request.business_unit()));
  const expr::Schema schema = SchemaFor(asked, *unit);
  DANGOL_ASSIGN_OR_RETURN(std::vector<Cut> cuts, CutsOf(asked.catalogue, schema, request));
  int64_t population = 0;
  int64_t total = 0;
  DANGOL_RETURN_IF_ERROR(ForEachCustomer(asked.state, [&](const Customer& customer) {
    const Evaluation evaluation(customer, asked.catalogue, asked.instant());
    ++population;
    for (Cut& cut : cuts) {
      if (!Passes(cut, evaluation, *unit)) return;
      ++cut.count;
    }
    ++total;
  }));
  Describe(cuts, response);
  response->set_population(population);
  response->set_total(total);
  response->set_as_of_time_us(asked.instant());
  return absl::OkStatus();
}

namespace {

using Cell = std::tuple<int, int, int>;

void WriteCells(const std::map<Cell, int64_t>& counts,
                google::protobuf::RepeatedPtrField<v1::RfmCell>* cells) {
  for (const auto& [cell, count] : counts) {
    v1::RfmCell* out = cells->Add();
    out->set_recency_class(std::get<0>(cell));
    out->set_frequency_class(std::get<1>(cell));
    out->set_monetary_class(std::get<2>(cell));
    out->set_count(count);
  }
}

// Every cell that the scheme has.
void TouchCells(const RfmRules& rules, std::map<Cell, int64_t>* cells,
                std::map<Cell, int64_t>* recency_frequency) {
  for (int r = 1; r <= rules.r_classes(); ++r) {
    for (int f = 1; f <= rules.f_classes(); ++f) {
      (*recency_frequency)[{r, f, 0}] += 0;
      for (int m = 1; m <= rules.m_classes(); ++m) (*cells)[{r, f, m}] += 0;
    }
  }
}

}  // namespace

absl::Status GridOfPartition(Asked asked, absl::string_view scheme, absl::string_view business_unit,
                             v1::RfmGrid* grid) {
  DANGOL_ASSIGN_OR_RETURN(const BusinessUnit* unit, asked.catalogue.UnitOrOnly(business_unit));
  const RfmRules* rules = asked.catalogue.FindScheme(scheme, unit->name);
  if (rules == nullptr) return NotFound("RFM scheme", scheme);
  std::map<Cell, int64_t> cells, recency_frequency;
  TouchCells(*rules, &cells, &recency_frequency);
  int64_t without = 0;
  int64_t foreign = 0;
  const Micros at = asked.instant();
  DANGOL_RETURN_IF_ERROR(ForEachCustomer(asked.state, [&](const Customer& customer) {
    const Purchases purchases = PurchasesBefore(customer.ledger, unit->name, unit->currency, at);
    const Rfm rfm = ComputeRfm(*rules, purchases, at, unit->zone);
    if (rfm.r == 0) {
      ++without;
      return;
    }
    ++cells[{rfm.r, rfm.f, rfm.m}];
    ++recency_frequency[{rfm.r, rfm.f, 0}];
    foreign += rfm.foreign;
  }));
  grid->set_scheme(rules->name);
  grid->set_business_unit(unit->name);
  if (rules->m_classes() == 0) {
    grid->add_warnings(absl::StrCat("RFM scheme ", Quote(rules->name), " has no monetary edges in ",
                                    unit->currency, ", the currency of business unit ",
                                    Quote(unit->name), ": there are no M classes"));
  }
  grid->set_as_of_time_us(at);
  grid->set_without_purchase(without);
  grid->set_foreign_currency(foreign);
  WriteCells(cells, grid->mutable_cells());
  WriteCells(recency_frequency, grid->mutable_recency_frequency());
  return absl::OkStatus();
}

}  // namespace dangol::segmentation
