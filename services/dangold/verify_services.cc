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
void ForEachLoaded(EmbeddedLog& log, Service service, const Fn& fn) {
  for (uint32_t p = 0; p < log.partitions(); ++p) {
    auto loaded = LoadedScope::Load({service, static_cast<Partition>(p)}, log);
    if (loaded.ok()) fn(**loaded);
  }
}

// Every event of a topic, in order of partition and offset. VerifyLog says what cannot be read.
template <typename Event, typename Fn>
void ForEachEvent(EmbeddedLog& log, Topic topic, Check* check, const Fn& fn) {
  for (uint32_t p = 0; p < log.partitions(); ++p) {
    const TopicPartition tp{topic, static_cast<Partition>(p)};
    ForEachStored(log, tp, [&](const StoredRecord& stored) {
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
void CheckRecordsWith(EmbeddedLog& log, Service service, Check* check, const Fn& readable) {
  ForEachLoaded(log, service, [&](LoadedScope& scope) {
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
void CheckRecords(EmbeddedLog& log, Service service, Check* check) {
  CheckRecordsWith(log, service, check, [](absl::string_view value) {
    return Message().ParseFromArray(value.data(), static_cast<int>(value.size()));
  });
}

Check CheckCustomers(EmbeddedLog& log) {
  Check check{"every customer's records are readable", 0, "records", {}, 0};
  CheckRecords<profile::v1::CustomerRecord>(log, Service::kProfile, &check);
  CheckRecordsWith(log, Service::kSegmentation, &check, [](absl::string_view value) {
    return segmentation::DecodeCustomer(value).ok();
  });
  CheckRecords<offer::v1::CustomerRecord>(log, Service::kOffer, &check);
  CheckRecords<campaign::v1::CustomerRecord>(log, Service::kCampaign, &check);
  CheckRecords<response::v1::CustomerRecord>(log, Service::kResponse, &check);
  return check;
}

Check CheckSizes(EmbeddedLog& log) {
  Check check{"segments have as many members as they count", 0, "memberships", {}, 0};
  ForEachLoaded(log, Service::kSegmentation, [&](LoadedScope& scope) {
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

bool AnyErased(EmbeddedLog& log) {
  Check unread;
  bool any = false;
  ForEachEvent<event::v1::CustomerEvent>(
      log, Topic::kCustomer, &unread, [&](const auto& event) { any = any || event.has_erased(); });
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

Check CheckWaterfalls(EmbeddedLog& log) {
  Check check{"the waterfall ties to the contacts", 0, "contacts", {}, 0};
  const bool erased = AnyErased(log);
  ForEachLoaded(log, Service::kCampaign,
                [&](LoadedScope& scope) { CheckCells(scope, erased, &check); });
  return check;
}

Check CheckDecisions(EmbeddedLog& log) {
  Check check{"one decision for a contact, with its propensity", 0, "decisions", {}, 0};
  std::set<std::string> decided;
  ForEachEvent<event::v1::DecisionEvent>(log, Topic::kDecision, &check, [&](const auto& decision) {
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

Contacts ReadContacts(EmbeddedLog& log) {
  Contacts contacts;
  std::set<std::pair<std::string, int32_t>> attempts;
  ForEachEvent<event::v1::ContactEvent>(
      log, Topic::kContact, &contacts.check, [&](const auto& event) {
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

Check CheckSums(EmbeddedLog& log, const Contacts& contacts) {
  Check check{"no more units measured than contacts and twins made", 0, "sums", {}, 0};
  std::map<std::string, int64_t> made, units;
  for (const auto& [id, contact] : contacts.last) {
    if (!Measured(contact) || contact.is_proof()) continue;
    ++made[absl::StrCat(contact.campaign(), "/", contact.wave(), "/", contact.audience(), "/",
                        contact.cell())];
  }
  ForEachLoaded(log, Service::kResponse, [&](LoadedScope& scope) {
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

std::vector<Check> VerifyServices(EmbeddedLog& log) {
  std::vector<Check> checks = {CheckCustomers(log), CheckSizes(log), CheckWaterfalls(log),
                               CheckDecisions(log)};
  Contacts contacts = ReadContacts(log);
  checks.push_back(CheckSums(log, contacts));
  checks.push_back(CheckContacts(std::move(contacts)));
  return checks;
}

}  // namespace dangol
