#include "services/dangold/mark_unknown.h"

#include <set>
#include <string>

#include "dangol/campaign/v1/state.pb.h"
#include "dangol/event/v1/contact.pb.h"
#include "libs/base/status.h"
#include "libs/stream/tables.h"
#include "services/campaign/domain/contact_event.h"
#include "services/campaign/domain/contact_id.h"
#include "services/dangold/verify.h"

namespace dangol {
namespace {

constexpr char kDetail[] = "the log lost what became of it";

absl::StatusOr<std::set<std::string>> ShownAsBegun(Log& log, Partition partition) {
  std::set<std::string> shown;
  DANGOL_RETURN_IF_ERROR(
      ForEachStored(log, {Topic::kContact, partition}, [&](const StoredRecord& stored) {
        event::v1::ContactEvent event;
        if (event.ParseFromString(stored.record.value) && event.counts_as_contact()) {
          shown.insert(event.contact_id());
        }
      }));
  return shown;
}

event::v1::ContactEvent Unknown(const std::string& id, const campaign::v1::ContactRecord& record) {
  event::v1::ContactEvent event = campaign::ContactEventOf(id, record);
  event.set_status(event::v1::CONTACT_STATUS_UNKNOWN);
  event.set_detail(kDetail);
  return event;
}

}  // namespace

absl::StatusOr<std::vector<Emit>> UnknownContacts(Kept kept, Scope scope) {
  DANGOL_ASSIGN_OR_RETURN(const std::set<std::string> shown,
                          ShownAsBegun(kept.log, scope.partition));
  DANGOL_ASSIGN_OR_RETURN(const std::unique_ptr<LoadedScope> loaded,
                          LoadedScope::Load(scope, kept));
  std::vector<Emit> emits;
  ForEachRecord<campaign::v1::ContactRecord>(
      *loaded, Table::kIndex, "c", [&](absl::string_view raw, const auto& record) {
        const std::string id = campaign::ContactIdOfRaw(raw);
        if (!record.counts_as_contact() || shown.count(id) > 0) return;
        emits.push_back({{Topic::kContact, scope.partition},
                         {EncodeKey(record.customer_id()), Unknown(id, record).SerializeAsString(),
                          loaded->now(), 0}});
      });
  return emits;
}

absl::StatusOr<uint64_t> MarkUnknown(EmbeddedLog& log, const std::vector<Scope>& scopes) {
  uint64_t marked = 0;
  for (const Scope scope : scopes) {
    if (scope.service != Service::kCampaign) continue;
    DANGOL_ASSIGN_OR_RETURN(std::vector<Emit> emits, UnknownContacts(log, scope));
    if (emits.empty()) continue;
    DANGOL_ASSIGN_OR_RETURN(const std::unique_ptr<LoadedScope> loaded,
                            LoadedScope::Load(scope, log));
    ScopeCycle part{scope, loaded->state().seal(), std::move(emits), {}};
    ++part.seal.cycle;
    marked += part.emits.size();
    DANGOL_ASSIGN_OR_RETURN(const CommitResult done, log.Commit({part}));
    DANGOL_RETURN_IF_ERROR(log.AwaitDurable(done.ticket));
  }
  return marked;
}

}  // namespace dangol
