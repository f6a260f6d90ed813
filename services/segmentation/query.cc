#include "services/segmentation/query.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "dangol/segmentation/v1/segmentation_service.pb.h"
#include "libs/base/calendar.h"
#include "libs/base/names.h"
#include "libs/base/status.h"
#include "services/segmentation/domain/evaluate.h"
#include "services/segmentation/tables.h"
#include "services/segmentation/traits.h"

namespace dangol::segmentation {
namespace {

absl::StatusOr<Customer> LoadCustomer(StateView& state, CustomerId id) {
  const std::string* bytes = state.Get(Table::kCustomer, EncodeKey(id));
  if (bytes == nullptr) return NotFound("customer", CustomerName(id));
  return DecodeCustomer(*bytes);
}

int64_t OrZero(Micros t) { return t == kNever ? 0 : t; }

const Membership* FindMembership(const Customer& customer, uint32_t id) {
  for (const Membership& membership : customer.memberships) {
    if (membership.segment_id == id) return &membership;
  }
  return nullptr;
}

int64_t CountBefore(const Ledger& ledger, absl::string_view unit, absl::string_view kind,
                    Micros at) {
  const Series* series = ledger.Find(unit, kind);
  if (series == nullptr) return 0;
  int64_t n = 0;
  for (const expr::Activity& row : series->rows) n += row.time < at;
  return n;
}

void AddPurchases(const Purchases& purchases, const BusinessUnit& unit, Micros at,
                  v1::CustomerFeatures* features) {
  int64_t net = 0;
  for (const PurchaseRow& row : purchases.rows) net += row.foreign ? 0 : row.net;
  features->set_net_minor(net);
  if (purchases.empty()) return;
  const absl::CivilDay today = DayOf(at, unit.zone);
  features->set_first_purchase_time_us(purchases.first());
  features->set_last_purchase_time_us(purchases.last());
  features->set_months_since_first(CompletedMonths(DayOf(purchases.first(), unit.zone), today));
  features->set_months_since_last(CompletedMonths(DayOf(purchases.last(), unit.zone), today));
}

void AddRfm(const RfmRules& rules, const Purchases& purchases, const BusinessUnit& unit, Micros at,
            v1::CustomerFeatures* features) {
  const Rfm rfm = ComputeRfm(rules, purchases, at, unit.zone);
  v1::RfmFeatures* out = features->add_rfm();
  out->set_scheme(rules.name);
  out->set_scheme_version(rules.version);
  out->set_recency_class(rfm.r);
  out->set_frequency_class(rfm.f);
  out->set_monetary_class(rfm.m);
  out->set_frequency_days(rfm.days);
  if (rfm.orders > 0) {
    out->set_mean_order_minor(static_cast<double>(rfm.sum_minor) / rfm.orders);
  }
  out->set_until_time_us(OrZero(rfm.until));
  if (rfm.foreign) {
    out->set_warning(
        absl::StrCat("no M class: a purchase in the window is not in ", unit.currency));
  } else if (rules.m_classes() == 0) {
    out->set_warning("no M class: the scheme has no edges in this business unit's currency");
  }
}

}  // namespace

absl::Status ExplainMembership(Asked asked, CustomerId id, absl::string_view name,
                               v1::ExplainMembershipResponse* response) {
  const Segment* segment = asked.catalogue.FindSegment(name);
  if (segment == nullptr) return NotFound("segment", name);
  DANGOL_ASSIGN_OR_RETURN(const Customer customer, LoadCustomer(asked.state, id));
  response->set_customer(CustomerName(id));
  response->set_segment(segment->name);
  response->set_segment_version(segment->version);
  response->set_as_of_time_us(asked.instant());
  if (const Membership* membership = FindMembership(customer, segment->id)) {
    response->set_is_member(true);
    response->set_since_time_us(membership->since);
  }
  if (segment->compiled == nullptr) return absl::OkStatus();
  response->set_expression(segment->compiled->Canonical());
  const Evaluation evaluation(customer, asked.catalogue, asked.instant());
  const View& view = evaluation.ViewOf(*segment->unit);
  const absl::TimeZone zone = segment->unit->zone;
  response->set_next_change_time_us(
      OrZero(segment->compiled->NextChange(view, asked.instant(), zone)));
  for (const expr::LeafResult& leaf : segment->compiled->Explain(view, asked.instant(), zone)) {
    v1::ExplainedLeaf* out = response->add_leaves();
    out->set_text(leaf.text);
    out->set_value(leaf.value);
    out->set_result(leaf.result);
  }
  return absl::OkStatus();
}

absl::Status GetFeatures(Asked asked, CustomerId id, absl::string_view business_unit,
                         v1::CustomerFeatures* features) {
  DANGOL_ASSIGN_OR_RETURN(const BusinessUnit* unit, asked.catalogue.UnitOrOnly(business_unit));
  DANGOL_ASSIGN_OR_RETURN(const Customer customer, LoadCustomer(asked.state, id));
  const Micros at = asked.instant();
  const Evaluation evaluation(customer, asked.catalogue, at);
  features->set_customer(CustomerName(id));
  features->set_business_unit(unit->name);
  features->set_currency(unit->currency);
  features->set_as_of_time_us(at);
  const expr::Stage stage = evaluation.ViewOf(*unit).LifecycleStage(at, unit->zone);
  features->set_stage(std::string(stage.name));
  features->set_stage_until_time_us(OrZero(stage.until));
  features->set_purchases(CountBefore(customer.ledger, unit->name, "purchase", at));
  features->set_returns(CountBefore(customer.ledger, unit->name, "return", at));
  features->set_visits(CountBefore(customer.ledger, unit->name, "visit", at));
  const Purchases purchases = PurchasesBefore(customer.ledger, unit->name, unit->currency, at);
  AddPurchases(purchases, *unit, at, features);
  for (const RfmRules* rules : asked.catalogue.SchemesOf(unit->name)) {
    AddRfm(*rules, purchases, *unit, at, features);
  }
  for (size_t i = 0; i < asked.catalogue.segments().size(); ++i) {
    if (evaluation.IsMember(i)) features->add_segments(asked.catalogue.segments()[i].name);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> ListMembers(Asked asked, absl::string_view name,
                                        absl::string_view from_key, int limit,
                                        v1::ListMembersResponse* response) {
  const Segment* segment = asked.catalogue.FindSegment(name);
  if (segment == nullptr) return NotFound("segment", name);
  std::string next;
  Customer customer;
  asked.state.Scan(Table::kCustomer, from_key, [&](absl::string_view key, absl::string_view value) {
    if (!DecodeWithoutFacts(value, &customer).ok()) return true;
    const Membership* membership = FindMembership(customer, segment->id);
    if (membership == nullptr) return true;
    if (limit == 0) {
      next = std::string(key);
      return false;
    }
    --limit;
    v1::Member* member = response->add_members();
    member->set_customer(CustomerName(DecodeKey(key)));
    member->set_since_time_us(membership->since);
    return true;
  });
  return next;
}

expr::Schema SchemaFor(Asked asked, const BusinessUnit& unit) {
  if (asked.traits != nullptr) return asked.catalogue.SchemaOf(unit, *asked.traits);
  KnownTraits traits;
  AddTraits(asked.state, &traits);
  return asked.catalogue.SchemaOf(unit, traits);
}

absl::Status CheckExpression(Asked asked, const v1::CheckExpressionRequest& request,
                             v1::CheckExpressionResponse* response) {
  DANGOL_ASSIGN_OR_RETURN(const BusinessUnit* unit,
                          asked.catalogue.UnitOrOnly(request.business_unit()));
  DANGOL_ASSIGN_OR_RETURN(auto compiled,
                          expr::Compile(request.expression(), SchemaFor(asked, *unit)));
  response->set_canonical(compiled->Canonical());
  for (const std::string& warning : compiled->warnings()) response->add_warnings(warning);
  for (const std::string& name : compiled->references().segments) response->add_segments(name);
  for (const std::string& name : compiled->references().rfm_schemes) {
    response->add_rfm_schemes(name);
  }
  return absl::OkStatus();
}

void AddTraitWarnings(Asked asked, v1::ApplySegmentResponse* response) {
  // Ahead of the catalogue, as the command was.
  const Catalogue applied = BuildApplied(asked.state);
  const BusinessUnit* unit = applied.FindUnit(response->segment().business_unit());
  if (unit == nullptr || asked.traits == nullptr) return;
  const auto compiled =
      expr::Compile(response->segment().expression(), applied.SchemaOf(*unit, *asked.traits));
  // It compiled without the traits: what is wrong now is the type of one, which may yet change.
  const std::vector<std::string> warnings =
      compiled.ok() ? (*compiled)->warnings()
                    : std::vector<std::string>{std::string(compiled.status().message())};
  for (const std::string& warning : warnings) {
    const auto& said = response->warnings();
    if (std::find(said.begin(), said.end(), warning) == said.end()) response->add_warnings(warning);
  }
}

namespace {

template <typename Resource>
std::vector<Resource> Applied(StateView& state, absl::string_view prefix, absl::string_view after,
                              int limit, const std::function<bool(const Resource&)>& wanted) {
  std::vector<Resource> found;
  const auto add = [&](absl::string_view name, absl::string_view value) {
    if (name <= after) return true;
    Resource resource;
    resource.ParseFromArray(value.data(), static_cast<int>(value.size()));
    if (wanted(resource)) found.push_back(std::move(resource));
    return found.size() < static_cast<size_t>(limit);
  };
  ScanShared(state, prefix, after, add);
  return found;
}

}  // namespace

std::vector<v1::Segment> AppliedSegments(StateView& state, absl::string_view business_unit,
                                         absl::string_view after, int limit) {
  return Applied<v1::Segment>(state, kDefSegment, after, limit, [&](const v1::Segment& segment) {
    return business_unit.empty() || segment.business_unit() == business_unit;
  });
}

std::vector<v1::RfmScheme> AppliedSchemes(StateView& state, absl::string_view after, int limit) {
  return Applied<v1::RfmScheme>(state, kDefScheme, after, limit,
                                [](const v1::RfmScheme&) { return true; });
}

absl::StatusOr<v1::Segment> AppliedSegment(StateView& state, absl::string_view name) {
  v1::Segment segment;
  if (LoadShared(state, absl::StrCat(kDefSegment, name), &segment)) return segment;
  return NotFound("segment", name);
}

absl::StatusOr<v1::RfmScheme> AppliedScheme(StateView& state, absl::string_view name) {
  v1::RfmScheme scheme;
  if (LoadShared(state, absl::StrCat(kDefScheme, name), &scheme)) return scheme;
  if (name == kPresetScheme) return PresetScheme("");
  return NotFound("RFM scheme", name);
}

void FillStatus(Asked asked, v1::SegmentStatus* status) {
  const Segment* segment = asked.catalogue.FindSegment(status->segment().name());
  const bool behind = segment == nullptr || segment->version != status->segment().version();
  status->set_size(segment == nullptr ? 0 : LoadSize(asked.state, segment->id));
  status->set_evaluating(behind || LoadJob(asked.state).running());
}

}  // namespace dangol::segmentation
