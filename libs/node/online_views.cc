#include "libs/node/online_views.h"

#include <optional>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "libs/base/clock.h"
#include "libs/base/status.h"
#include "libs/obs/log.h"
#include "libs/stream/merge.h"

namespace dangol::node {
namespace {

// Records of a portion: the worker stands still while their views are built, a few milliseconds.
constexpr size_t kPortion = 256;
constexpr Micros kAskAgain = kMicrosPerSecond;

// One record as it is now; nullopt: it is gone.
struct Row {
  Table table;
  std::string key;
  std::optional<std::string> value;
};

// The changes that a set of records makes: of each customer once.
class Building {
 public:
  Building(const online::ViewBuilder& builder, StateView& state,
           std::vector<online::Change>* changes)
      : builder_(builder), state_(state), changes_(changes) {}

  void Customer(CustomerId id) {
    if (id != 0 && done_.insert(id).second) builder_.view(state_, id, changes_);
  }
  void Index(absl::string_view key, std::optional<absl::string_view> value) {
    if (builder_.index) builder_.index(key, value, changes_);
  }
  void CustomerOfIndex(absl::string_view key) {
    if (builder_.customer_of_index) Customer(builder_.customer_of_index(key));
  }

 private:
  const online::ViewBuilder& builder_;
  StateView& state_;
  std::vector<online::Change>* const changes_;
  absl::flat_hash_set<CustomerId> done_;
};

// In the order of a rewrite. Of those who are gone a row of table meta is left for ever.
constexpr Table kTablesShown[] = {Table::kCustomer, Table::kIndex, Table::kMeta};

}  // namespace

OnlineViews::OnlineViews(std::unique_ptr<online::ViewWriter> writer, online::ViewBuilder builder,
                         ChangelogId changelog_id)
    : builder_(std::move(builder)),
      changelog_id_(std::move(changelog_id)),
      writer_(std::move(writer)),
      rewriter_(writer_.get()) {}

absl::StatusOr<std::unique_ptr<OnlineViews>> OnlineViews::Create(online::Settings settings,
                                                                 online::WriterOptions options,
                                                                 online::ViewBuilder builder,
                                                                 ChangelogId changelog_id,
                                                                 MetricsSink* metrics) {
  DANGOL_ASSIGN_OR_RETURN(auto writer,
                          online::ViewWriter::Create(std::move(settings), options, metrics));
  return std::unique_ptr<OnlineViews>(
      new OnlineViews(std::move(writer), std::move(builder), std::move(changelog_id)));
}

void OnlineViews::Open(Scope scope) {
  auto id = changelog_id_(scope);
  MutexLock lock(mu_);
  if (id.ok()) {
    unopened_.erase(scope);
    writer_->Open(scope, *std::move(id));
  } else {
    obs::Log(obs::Level::kWarning, "online store: a scope has to wait for its changelog's id",
             {{"scope", ToString(scope)}, {"why", id.status().ToString()}});
    unopened_[scope] = SteadyMicros() + kAskAgain;
  }
  unopened_count_ = unopened_.size();
}

void OnlineViews::OpenAgain(Scope scope) {
  {
    MutexLock lock(mu_);
    const auto it = unopened_.find(scope);
    if (it == unopened_.end() || it->second > SteadyMicros()) return;
  }
  Open(scope);
}

void OnlineViews::Gained(const DurableScope& scope) { Open(scope.scope()); }

void OnlineViews::Lost(Scope scope) {
  writer_->Close(scope);
  MutexLock lock(mu_);
  unopened_.erase(scope);
  unopened_count_ = unopened_.size();
}

void OnlineViews::Committed(const DurableScope& scope, const std::vector<dangol::Change>& changes) {
  std::vector<online::Change> views;
  Building building(builder_, scope.view(), &views);
  for (const dangol::Change& change : changes) {
    if (change.table == Table::kCustomer) {
      building.Customer(DecodeKey(change.key));
    } else if (change.table == Table::kIndex) {
      building.CustomerOfIndex(change.key);
      building.Index(change.key, change.value);
    }
  }
  writer_->Put(scope.scope(), scope.cycle(), std::move(views));
}

bool OnlineViews::Work(const DurableScope& scope) {
  if (unopened_count_ > 0) OpenAgain(scope.scope());
  return rewriter_.RewriteSome(scope.scope(), scope.cycle(),
                               [&](uint64_t since, std::string* cursor, auto* changes) {
                                 return ScanSome(scope, since, cursor, changes);
                               });
}

// The cursor is the next record: the place of its table in kTablesShown, then its key.
bool OnlineViews::ScanSome(const DurableScope& scope, uint64_t since, std::string* cursor,
                           std::vector<online::Change>* changes) const {
  // Looked up only after the scan, which must not meet changes of what is in memory.
  std::vector<Row> rows;
  bool more = false;
  size_t place = cursor->empty() ? 0 : static_cast<size_t>((*cursor)[0]);
  std::string from = cursor->empty() ? "" : cursor->substr(1);
  for (; place < std::size(kTablesShown) && !more; ++place, from.clear()) {
    const Table table = kTablesShown[place];
    if (table == Table::kIndex && !builder_.index) continue;
    scope.ScanChanged(table, from, since, [&](absl::string_view key, auto value) {
      more = rows.size() == kPortion;
      if (more) {
        *cursor = absl::StrCat(std::string(1, static_cast<char>(place)), key);
      } else {
        rows.push_back({table, std::string(key), std::nullopt});
        if (table == Table::kIndex && value) rows.back().value.emplace(*value);
      }
      return !more;
    });
  }
  Building building(builder_, scope.view(), changes);
  for (const Row& row : rows) {
    if (row.table == Table::kCustomer) {
      building.Customer(DecodeKey(row.key));
    } else if (row.table == Table::kMeta) {
      building.Customer(GoneCustomer(row.key));
    } else {
      // A rewrite of all comes by each customer's own record.
      if (since > 0) building.CustomerOfIndex(row.key);
      building.Index(row.key, row.value);
    }
  }
  return more;
}

}  // namespace dangol::node
