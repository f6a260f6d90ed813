// The scopes' owner towards the online store: what a commit changed goes there, and what the store
// lost is written again between cycles.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/base/mutex.h"
#include "libs/online/view_builder.h"
#include "libs/online/view_rewriter.h"
#include "libs/online/view_writer.h"
#include "libs/stream/observer.h"

namespace dangol::node {

// Thread-safe. It waits for the store nowhere; for the log, where a scope's changelog id is not
// known yet. Version of a view: (changelog id, DurableScope::cycle).
class OnlineViews final : public ScopeObserver {
 public:
  // Random, and another one for a changelog that was made anew. An error: asked again later.
  using ChangelogId = std::function<absl::StatusOr<std::string>(Scope)>;

  // Errors are ViewWriter::Create's. `metrics` outlives it. The store need not be there.
  static absl::StatusOr<std::unique_ptr<OnlineViews>> Create(online::Settings settings,
                                                             online::WriterOptions options,
                                                             online::ViewBuilder builder,
                                                             ChangelogId changelog_id,
                                                             MetricsSink* metrics);

  void Gained(const DurableScope& scope) override;
  void Lost(Scope scope) override;
  void Committed(const DurableScope& scope, const std::vector<dangol::Change>& changes) override;
  bool Work(const DurableScope& scope) override;

  online::Health Health() const { return writer_->Health(); }
  // What an operator should know of the server that was found; empty: none was yet.
  std::vector<std::string> Report() const { return writer_->Report(); }

 private:
  OnlineViews(std::unique_ptr<online::ViewWriter> writer, online::ViewBuilder builder,
              ChangelogId changelog_id);
  void Open(Scope scope);
  void OpenAgain(Scope scope);
  bool ScanSome(const DurableScope& scope, uint64_t since, std::string* cursor,
                std::vector<online::Change>* changes) const;

  const online::ViewBuilder builder_;
  const ChangelogId changelog_id_;
  const std::unique_ptr<online::ViewWriter> writer_;
  online::ViewRewriter rewriter_;

  Mutex mu_;
  std::map<Scope, Micros> unopened_;  // guarded by mu_: when to ask for their ids again
  std::atomic<size_t> unopened_count_{0};
};

}  // namespace dangol::node
