#include "libs/online/view_reader.h"

#include <map>

#include "absl/strings/str_cat.h"
#include "libs/base/clock.h"
#include "libs/base/status.h"
#include "libs/online/keys.h"
#include "libs/online/view_codec.h"

namespace dangol::online {
namespace {

constexpr absl::string_view kUnread = "unread";  // the metric's word for a store that fails

Found Unread(const absl::Status& status) {
  Found found;
  found.miss = absl::StrCat(kUnread, ": ", status.message());
  return found;
}

bool Newer(const Version& wanted, const Version& found) {
  return found.log != wanted.log || found.offset < wanted.offset;
}

absl::string_view ResultOf(const Found& found) {
  if (found.kind == Found::Kind::kValue) return "hit";
  if (found.kind == Found::Kind::kDeleted) return "deleted";
  return absl::string_view(found.miss).substr(0, found.miss.find(':'));
}

}  // namespace

absl::StatusOr<std::unique_ptr<ViewReader>> ViewReader::Create(Settings settings, int connections,
                                                               MetricsSink* metrics) {
  if (connections < 1 || connections > 1024)
    return BadField("online.connections", absl::StrCat(connections), "is out of range",
                    "use 1 to 1024");
  DANGOL_ASSIGN_OR_RETURN(auto store, Store::Create(std::move(settings)));
  return std::unique_ptr<ViewReader>(new ViewReader(std::move(store), connections, metrics));
}

ViewReader::ViewReader(std::shared_ptr<Store> store, int connections, MetricsSink* metrics)
    : prefix_(store->settings.prefix), pool_(store, connections), metrics_(metrics) {}

Found ViewReader::Get(View view, CustomerId customer, const std::optional<Version>& min_version,
                      Micros timeout_us) {
  return BatchGet({{view, customer, min_version}}, timeout_us).front();
}

Found ViewReader::Resolve(absl::string_view identifier, Micros timeout_us) {
  return BatchResolve({std::string(identifier)}, timeout_us).front();
}

std::vector<Found> ViewReader::BatchGet(absl::Span<const ViewQuery> queries, Micros timeout_us) {
  std::vector<std::string> keys;
  for (const ViewQuery& query : queries)
    keys.push_back(ViewKey(prefix_, query.view, query.customer));
  std::vector<Found> found = Read(keys, timeout_us);
  for (size_t i = 0; i < found.size(); ++i) {
    const std::optional<Version>& wanted = queries[i].min_version;
    if (found[i].kind == Found::Kind::kMiss || !wanted || !Newer(*wanted, found[i].version))
      continue;
    found[i] = Found();
    found[i].miss = "older";
  }
  Count(found);
  return found;
}

std::vector<Found> ViewReader::BatchResolve(absl::Span<const std::string> identifiers,
                                            Micros timeout_us) {
  std::vector<std::string> keys;
  for (const std::string& identifier : identifiers)
    keys.push_back(IdentifierKey(prefix_, identifier));
  std::vector<Found> found = Read(keys, timeout_us);
  Count(found);
  return found;
}

std::vector<Found> ViewReader::Read(const std::vector<std::string>& keys, Micros timeout_us) {
  const Micros deadline = SteadyMicros() + timeout_us;
  std::vector<Found> found;
  found.reserve(keys.size());
  absl::Status failure;
  if (auto client = pool_.Borrow(timeout_us); client.ok()) {
    std::vector<Command> commands;
    for (const std::string& key : keys) commands.push_back(ReadCommand(key));
    for (const auto& reply : (*client)->Call(commands, deadline - SteadyMicros())) {
      failure.Update(reply.status());
      found.push_back(reply.ok() ? Decode(*reply) : Unread(reply.status()));
    }
  } else {
    failure = client.status();
    found.assign(keys.size(), Unread(failure));
  }
  MutexLock lock(mu_);
  failure_ = failure;
  return found;
}

void ViewReader::Count(const std::vector<Found>& found) {
  std::map<absl::string_view, int> counts;
  for (const Found& one : found) ++counts[ResultOf(one)];
  for (const auto& [result, count] : counts)
    metrics_->Add("dangol_online_reads_total", {{{"result", result}}}, count);
}

absl::Status ViewReader::LastFailure() const {
  MutexLock lock(mu_);
  return failure_;
}

}  // namespace dangol::online
