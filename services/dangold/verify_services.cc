// Verification of what the five services keep.
#include <map>
#include <set>
#include <tuple>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "dangol/campaign/v1/campaign_service.pb.h"
#include "dangol/campaign/v1/state.pb.h"
#include "dangol/event/v1/contact.pb.h"
#include "dangol/event/v1/customer.pb.h"
#include "dangol/event/v1/decision.pb.h"
#include "dangol/offer/v1/state.pb.h"
#include "dangol/profile/v1/state.pb.h"
#include "dangol/response/v1/state.pb.h"
#include "dangol/segmentation/v1/state.pb.h"
#include "libs/stats/moments.h"
#include "libs/stream/tables.h"
#include "services/campaign/domain/waterfall.h"
#include "services/dangold/verify.h"
#include "services/segmentation/domain/customer.h"
#include "services/segmentation/tables.h"

namespace dangol {
namespace {

template <typename Fn>
void ForEachLoaded(Kept kept, Service service, const Fn& fn) {
  for (uint32_t p = 0; p < kept.log.partitions(); ++p) {
    auto loaded = LoadedScope::Load({service, static_cast<Partition>(p)}, kept);
    if (loaded.ok()) fn(**loaded);
  }
}

// Every event of a topic, in order of partition and offset. VerifyLog says what cannot be read.
template <typename Event, typename Fn>
void ForEachEvent(Kept kept, Topic topic, Check* check, const Fn& fn) {
  for (uint32_t p = 0; p < kept.log.partitions(); ++p) {
    const TopicPartition tp{topic, static_cast<Partition>(p)};
    ForEachStored(kept.log, tp, [&](const StoredRecord& stored) {
      Event event;
      ++check->looked_at;
      if (event.ParseFromString(stored.record.value)) {
        fn(event);
      } else {
        check->Found(absl::StrCat(ToString(tp), ": record ", stored.offset, " is unreadable"));
      }
    }).IgnoreError();
  }
}

// `readable(value)` for every customer's record of a service.
template <typename Fn>
void CheckRecordsWith(Kept kept, Service service, Check* check, const Fn& readable) {
  ForEachLoaded(kept, service, [&](LoadedScope& scope) {
    scope.Scan(Table::kCustomer, "", [&](absl::string_view key, absl::string_view value) {
      ++check->looked_at;
      if (!readable(value)) {
        check->Found(absl::StrCat(ToString(scope.scope()), ": customer ", absl::Hex(DecodeKey(key)),
                                  " is unreadable"));
      }
      return true;
    });
  });
}

template <typename Message>
void CheckRecords(Kept kept, Service service, Check* check) {
  CheckRecordsWith(kept, service, check, [](absl::string_view value) {
    return Message().ParseFromArray(value.data(), static_cast<int>(value.size()));
  });
}

Check CheckCustomers(Kept kept) {
  Check check{"every customer's records are readable", 0, "records", {}, 0};
  CheckRecords<profile::v1::CustomerRecord>(kept, Service::kProfile, &check);
  CheckRecordsWith(kept, Service::kSegmentation, &check, [](absl::string_view value) {
    return segmentation::DecodeCustomer(value).ok();
  });
  CheckRecords<offer::v1::CustomerRecord>(kept, Service::kOffer, &check);
  CheckRecords<campaign::v1::CustomerRecord>(kept, Service::kCampaign, &check);
  CheckRecords<response::v1::CustomerRecord>(kept, Service::kResponse, &check);
  return check;
}

Check CheckSizes(Kept kept) {
  Check check{"segments have as many members as they count", 0, "memberships", {}, 0};
  ForEachLoaded(kept, Service::kSegmentation, [&](LoadedScope& scope) {
    std::map<uint32_t, int64_t> members;
    scope.Scan(Table::kCustomer, "", [&](absl::string_view, absl::string_view value) {
      const auto customer = segmentation::DecodeCustomer(value);
      if (!customer.ok()) return true;  // told above
      for (const auto& membership : customer->memberships) ++members[membership.segment_id];
      return true;
    });
    for (const auto& [id, count] : members) {
      check.looked_at += static_cast<uint64_t>(count);
      const int64_t size = segmentation::LoadSize(scope, id);
      if (size == count) continue;
      check.Found(absl::StrCat(ToString(scope.scope()), ": segment ", id, " counts ", size,
                               " members and has ", count));
    }
  });
  return check;
}

bool AnyErased(Kept kept) {
  Check unread;
  bool any = false;
  ForEachEvent<event::v1::CustomerEvent>(
      kept, Topic::kCustomer, &unread, [&](const auto& event) { any = any || event.has_erased(); });
  return any;
}

using Stages = std::map<int, int64_t>;

// Contacts by cell and stage, as counted and as there are. An erased customer's contacts are gone
// and stay counted.
void CheckCells(LoadedScope& scope, bool erased, Check* check) {
  std::map<std::string, Stages> counted, found;
  std::map<std::string, campaign::v1::Waterfall> audiences;
  ForEachRecord<campaign::v1::CellCounts>(
      scope, Table::kShared, "count/", [&](absl::string_view key, const auto& counts) {
        campaign::AddCounts(counts, &audiences[std::string(key.substr(0, key.rfind('/')))]);
        for (const auto& [stage, n] : counts.stages()) {
          if (n != 0) counted[std::string(key)][stage] += n;
        }
      });
  ForEachRecord<campaign::v1::ContactRecord>(
      scope, Table::kIndex, "c", [&](absl::string_view, const auto& contact) {
        ++check->looked_at;
        if (contact.is_proof()) return;
        ++found[absl::StrCat(contact.campaign(), "/", contact.wave(), "/", contact.audience(), "/",
                             contact.cell())][contact.stage()];
      });
  const std::string where = ToString(scope.scope());
  for (const auto& [key, waterfall] : audiences) {
    if (campaign::Ties(waterfall)) continue;
    check->Found(absl::StrCat(where, ": ", key, ": ", waterfall.ShortDebugString()));
  }
  for (const auto& [key, stages] : found) {
    for (const auto& [stage, n] : stages) {
      const int64_t count = counted[key][stage];
      if (count == n || (erased && count > n)) continue;
      check->Found(absl::StrCat(where, ": ", key, ", stage ", stage, ": counts ", count,
                                " contacts and has ", n));
    }
  }
}

Check CheckWaterfalls(Kept kept) {
  Check check{"the waterfall ties to the contacts", 0, "contacts", {}, 0};
  const bool erased = AnyErased(kept);
  ForEachLoaded(kept, Service::kCampaign,
                [&](LoadedScope& scope) { CheckCells(scope, erased, &check); });
  return check;
}

Check CheckDecisions(Kept kept) {
  Check check{"one decision for a contact, with its propensity", 0, "decisions", {}, 0};
  std::set<std::string> decided;
  ForEachEvent<event::v1::DecisionEvent>(kept, Topic::kDecision, &check, [&](const auto& decision) {
    if (!decision.contact_id().empty() && !decided.insert(decision.contact_id()).second) {
      check.Found(absl::StrCat("decided again: ", decision.contact_id()));
    }
    const double p = decision.propensity();
    if (!decision.offer().empty() && !(p > 0 && p <= 1)) {
      check.Found(absl::StrCat(decision.decision_id(), ": propensity ", p));
    }
  });
  return check;
}

bool Measured(const event::v1::ContactEvent& contact) {
  return contact.counts_as_contact() ||
         (contact.is_holdout_twin() && contact.status() == event::v1::CONTACT_STATUS_PLANNED);
}

// The last event of each contact, and what its events say about it.
struct Contacts {
  std::map<std::string, event::v1::ContactEvent> last;
  Check check{"no contact twice; no held-out customer contacted", 0, "contact events", {}, 0};
};

Contacts ReadContacts(Kept kept) {
  Contacts contacts;
  std::set<std::pair<std::string, int32_t>> attempts;
  ForEachEvent<event::v1::ContactEvent>(
      kept, Topic::kContact, &contacts.check, [&](const auto& event) {
        if (event.contact_id().empty()) return;
        if (event.status() == event::v1::CONTACT_STATUS_ATTEMPTING &&
            !attempts.emplace(event.contact_id(), event.attempt()).second) {
          contacts.check.Found(
              absl::StrCat("attempt ", event.attempt(), " made twice: ", event.contact_id()));
        }
        contacts.last[event.contact_id()] = event;
      });
  return contacts;
}

Check CheckContacts(Contacts contacts) {
  std::map<std::tuple<std::string, std::string, uint64_t>, std::string> once, held_out;
  for (const auto& [id, contact] : contacts.last) {
    if (contact.is_proof() || contact.wave() == "trigger") continue;
    const auto key = std::make_tuple(contact.campaign(), contact.wave(), contact.customer_id());
    if (contact.is_holdout_twin()) held_out[key] = id;
    if (!contact.counts_as_contact()) continue;
    const auto [other, fresh] = once.emplace(key, id);
    if (!fresh) contacts.check.Found(absl::StrCat("contacted twice: ", id, " and ", other->second));
  }
  for (const auto& [key, id] : once) {
    if (held_out.count(key) > 0) {
      contacts.check.Found(absl::StrCat("held out and contacted: ", id));
    }
  }
  return std::move(contacts.check);
}

Check CheckSums(Kept kept, const Contacts& contacts) {
  Check check{"no more units measured than contacts and twins made", 0, "sums", {}, 0};
  std::map<std::string, int64_t> made, units;
  for (const auto& [id, contact] : contacts.last) {
    if (!Measured(contact) || contact.is_proof()) continue;
    ++made[absl::StrCat(contact.campaign(), "/", contact.wave(), "/", contact.audience(), "/",
                        contact.cell())];
  }
  ForEachLoaded(kept, Service::kResponse, [&](LoadedScope& scope) {
    ForEachRecord<response::v1::CellSums>(
        scope, Table::kShared, "sums/", [&](absl::string_view key, const auto& cell) {
          int64_t most = 0;
          for (const auto& metric : cell.metrics()) {
            ++check.looked_at;
            const auto sums = stats::Sums::Decode(metric.sums());
            if (!sums.ok()) check.Found(absl::StrCat(key, " ", metric.name(), ": unreadable"));
            if (sums.ok()) most = std::max(most, static_cast<int64_t>(sums->n));
          }
          units[std::string(key)] += most;
        });
  });
  for (const auto& [key, n] : units) {
    if (n > made[key]) check.Found(absl::StrCat(key, ": ", n, " measured, ", made[key], " made"));
  }
  return check;
}

}  // namespace

std::vector<Check> VerifyServices(Kept kept) {
  std::vector<Check> checks = {CheckCustomers(kept), CheckSizes(kept), CheckWaterfalls(kept),
                               CheckDecisions(kept)};
  Contacts contacts = ReadContacts(kept);
  checks.push_back(CheckSums(kept, contacts));
  checks.push_back(CheckContacts(std::move(contacts)));
  return checks;
}

}  // namespace dangol
