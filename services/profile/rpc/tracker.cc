#include "services/profile/rpc/tracker.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "libs/base/mutex.h"
#include "libs/base/status.h"
#include "libs/rpc/request_check.h"
#include "services/profile/domain/identifier.h"
#include "services/profile/domain/validate.h"

namespace dangol::profile {
namespace {

constexpr uint32_t kAppendersMax = 16;
constexpr size_t kValueShownMax = 80;

absl::Status CheckSize(absl::string_view field, int items) {
  if (items > 0 && items <= kBatchItemsMax) return absl::OkStatus();
  return BadField(field, absl::StrCat(items), "items in one request",
                  absl::StrCat("send 1 to ", kBatchItemsMax));
}

template <typename Items>
std::vector<std::string> UnitNames(const Items& items) {
  std::vector<std::string> names;
  for (const auto& item : items) {
    const std::string& name = item.business_unit();
    if (!name.empty() && std::find(names.begin(), names.end(), name) == names.end()) {
      names.push_back(name);
    }
  }
  return names;
}

std::string Shown(std::string value) {
  if (value.size() > kValueShownMax || !IsUtf8(value)) value = Quote(value, kValueShownMax);
  return value;
}

Problem NoUnit(const std::string& name, const UnitCache& units) {
  const std::vector<std::string> names = units.Names();
  const std::string nearest = Nearest(name, names);
  return {"business_unit", name, "does not exist",
          !nearest.empty() ? absl::StrCat("did you mean ", nearest, "?")
          : names.empty()  ? "apply a business unit first"
                           : absl::StrCat("use one of ", absl::StrJoin(names, ", "))};
}

// "<value> <problem>; <fix>", as BadField writes it.
Problem ProblemOf(const absl::Status& status) {
  const FieldViolation violation = DetailOf(status).fields.at(0);
  const size_t cut = violation.description.rfind("; ");
  if (cut == std::string::npos) return {violation.field, "", violation.description, ""};
  return {violation.field, "", violation.description.substr(0, cut),
          violation.description.substr(cut + 2)};
}

void FillCurrency(const std::string& currency, event::v1::Activity* a) {
  if (a->has_purchase() && a->purchase().currency().empty()) {
    a->mutable_purchase()->set_currency(currency);
  } else if (a->has_return_() && a->return_().currency().empty()) {
    a->mutable_return_()->set_currency(currency);
  }
}

}  // namespace

// Where an accepted item came from, for the case that its append fails.
struct Tracker::Item {
  int64_t index = 0;
  std::string message_id;
};

struct Tracker::Batch {
  struct Group {
    std::vector<Gateway::KeyedBytes> records;
    std::vector<Item> items;
  };
  std::map<Partition, Group> groups;
  std::vector<v1::ItemError> errors;

  void Reject(const Item& item, const Problem& p) {
    v1::ItemError& error = errors.emplace_back();
    error.set_index(item.index);
    error.set_code(static_cast<int>(absl::StatusCode::kInvalidArgument));
    error.set_field(p.field);
    error.set_value(Shown(p.value));
    error.set_problem(p.problem);
    error.set_fix(p.fix);
    error.set_message_id(Shown(item.message_id));
  }
  void Fail(const Item& item, const absl::Status& status) {
    v1::ItemError& error = errors.emplace_back();
    error.set_index(item.index);
    error.set_code(static_cast<int>(status.code()));
    error.set_problem(std::string(status.message()));
    error.set_fix("retry later, as it is");
    error.set_message_id(item.message_id);
  }
};

Tracker::Tracker(Gateway& gateway, UnitCache& units) : gateway_(gateway), units_(units) {
  const uint32_t n = std::min(gateway.partitions(), kAppendersMax);
  for (uint32_t i = 0; i < n; ++i) {
    appenders_.push_back(std::make_unique<Executor>());
    appenders_.back()->Start();
  }
}

Tracker::~Tracker() = default;

absl::StatusOr<TrackResult> Tracker::Track(
    google::protobuf::RepeatedPtrField<event::v1::Activity> activities, int64_t first_index,
    Micros deadline) {
  DANGOL_RETURN_IF_ERROR(CheckSize("activities", activities.size()));
  DANGOL_RETURN_IF_ERROR(units_.Know(UnitNames(activities), deadline));
  const Micros latest = gateway_.Now() + kAheadMax;
  Batch batch;
  for (event::v1::Activity& activity : activities) {
    AddActivity(std::move(activity), first_index++, latest, &batch);
  }
  return AppendAll(std::move(batch));
}

absl::StatusOr<TrackResult> Tracker::Upsert(
    google::protobuf::RepeatedPtrField<event::v1::CustomerUpsert> upserts, Micros deadline) {
  DANGOL_RETURN_IF_ERROR(CheckSize("upserts", upserts.size()));
  DANGOL_RETURN_IF_ERROR(units_.Know(UnitNames(upserts), deadline));
  const Micros now = gateway_.Now();
  Batch batch;
  int64_t index = 0;
  for (event::v1::CustomerUpsert& upsert : upserts) {
    AddUpsert(std::move(upsert), index++, now, &batch);
  }
  return AppendAll(std::move(batch));
}

void Tracker::AddActivity(event::v1::Activity activity, int64_t index, Micros latest,
                          Batch* batch) {
  Item item{index, activity.message_id()};
  if (auto p = CheckActivity(activity, latest)) return batch->Reject(item, *p);
  const auto unit = units_.Find(activity.business_unit());
  if (!unit) return batch->Reject(item, NoUnit(activity.business_unit(), units_));
  if (auto p = NormaliseAll(unit->phone_region, activity.mutable_identifiers())) {
    return batch->Reject(item, *p);
  }
  FillCurrency(unit->currency, &activity);
  event::v1::IngestEvent event;
  event.mutable_activity()->Swap(&activity);
  Route(std::move(event), std::move(item), batch);
}

void Tracker::AddUpsert(event::v1::CustomerUpsert upsert, int64_t index, Micros now, Batch* batch) {
  Item item{index, upsert.message_id()};
  if (auto p = CheckUpsert(upsert, now + kAheadMax)) return batch->Reject(item, *p);
  // Facts are rarer than activities: the general check is quick enough for them.
  if (absl::Status s = rpc::CheckRequest(upsert); !s.ok()) {
    return batch->Reject(item, ProblemOf(s));
  }
  std::string region = units_.default_region();
  if (!upsert.business_unit().empty()) {
    const auto unit = units_.Find(upsert.business_unit());
    if (!unit) return batch->Reject(item, NoUnit(upsert.business_unit(), units_));
    region = unit->phone_region;
  }
  if (auto p = NormaliseAll(region, upsert.mutable_identifiers())) return batch->Reject(item, *p);
  if (upsert.observed_time_us() == 0) upsert.set_observed_time_us(now);
  event::v1::IngestEvent event;
  event.mutable_upsert()->Swap(&upsert);
  Route(std::move(event), std::move(item), batch);
}

void Tracker::Route(event::v1::IngestEvent event, Item item, Batch* batch) {
  std::string key = TextOf(event.has_activity() ? event.activity().identifiers(0)
                                                : event.upsert().identifiers(0));
  Batch::Group& group = batch->groups[PartitionOf(dangol::SlotOf(key), gateway_.partitions())];
  group.records.push_back({std::move(key), event.SerializeAsString()});
  group.items.push_back(std::move(item));
}

TrackResult Tracker::AppendAll(Batch batch) {
  Mutex mu;
  CondVar done;
  size_t waiting = batch.groups.size();
  std::map<Partition, absl::Status> answers;
  for (auto& [partition, group] : batch.groups) {
    appenders_[partition % appenders_.size()]->Post([&, p = partition, g = &group] {
      absl::Status status = gateway_.Append(Topic::kIngest, p, std::move(g->records)).status();
      MutexLock lock(mu);
      answers[p] = std::move(status);
      if (--waiting == 0) done.notify_one();
    });
  }
  {
    MutexLock lock(mu);
    done.wait(lock, [&] { return waiting == 0; });
  }
  TrackResult result;
  for (const auto& [partition, group] : batch.groups) {
    if (answers[partition].ok()) {
      result.accepted += static_cast<int64_t>(group.items.size());
    } else {
      for (const Item& item : group.items) batch.Fail(item, answers[partition]);
    }
  }
  std::sort(batch.errors.begin(), batch.errors.end(),
            [](const auto& a, const auto& b) { return a.index() < b.index(); });
  result.errors = std::move(batch.errors);
  return result;
}

}  // namespace dangol::profile
