#include "libs/node/prometheus_sink.h"

#include <map>
#include <string>

namespace dangol {
namespace {

obs::Labels LabelsOf(MetricLabels labels) {
  obs::Labels named;
  for (const MetricLabel& label : labels) {
    named[std::string(label.name)] = std::string(label.value);
  }
  return named;
}

// What the scopes, the runtime and the services count. docs/configuration.md tells which to watch.
const std::map<std::string, std::string, std::less<>>& Helps() {
  static const auto* const helps = new std::map<std::string, std::string, std::less<>>{
      {"dangol_calls_forwarded_total", "Questions and commands passed on to another instance."},
      {"dangol_campaign_contacts_total", "Contacts, by the status that they reached."},
      {"dangol_campaign_decisions_unmatched_total", "Decisions for a contact that is not waiting."},
      {"dangol_campaign_outcomes_ignored_total", "Second outcomes of a settled attempt."},
      {"dangol_campaign_outcomes_unmatched_total", "Outcomes of a contact that is not known."},
      {"dangol_campaign_reflexive_total", "Activities that would have triggered themselves."},
      {"dangol_checkpoint_failures_total", "Checkpoints that failed."},
      {"dangol_checkpoint_pause_seconds",
       "Time that a worker stands still for a step of a checkpoint; each has two."},
      {"dangol_checkpoint_seconds", "Time that a checkpoint takes."},
      {"dangol_clamped_times_total", "Activities dated so far ahead that they count as of now."},
      {"dangol_clock_ahead_total", "Internal records from a clock more than a second ahead."},
      {"dangol_commit_retries_total", "Commits that were tried again."},
      {"dangol_commit_seconds", "Time from the end of a cycle to its durability."},
      {"dangol_customers_erased_total", "Customers erased."},
      {"dangol_customers_merged_total", "Customers merged into another."},
      {"dangol_cycles_total", "Cycles committed."},
      {"dangol_dead_letters_total", "Events set aside, by the reason."},
      {"dangol_duplicates_total", "Activities taken for repeats, by kind."},
      {"dangol_effect_outcomes_ignored_total", "Outcomes of effects that nothing waits for."},
      {"dangol_event_latency_seconds", "From a record's emit to its handling, on a live clock."},
      {"dangol_events_forwarded_total", "Events of merged customers sent on."},
      {"dangol_events_of_erased_total", "Events of erased customers, dropped."},
      {"dangol_events_total", "Events handled."},
      {"dangol_facts_dropped_total", "Facts older than what is known."},
      {"dangol_hand_overs_of_erased_total", "Merges into a customer who is erased."},
      {"dangol_identifiers_dropped_total", "Identifiers beyond what a customer may own."},
      {"dangol_lag_records", "Records not yet handled."},
      {"dangol_merge_proposals_total", "Pairs of customers that may be one."},
      {"dangol_foreign_events_total",
       "Events that other producers wrote to ingest, and that are good."},
      {"dangol_misplaced_events_total", "Events in a partition that is not their customer's."},
      {"dangol_online_as_new_total", "Views not written: the store had them."},
      {"dangol_online_dropped_total", "Views forgotten for want of memory; a rewrite follows."},
      {"dangol_online_failures_total", "Attempts to write to the online store that failed."},
      {"dangol_online_queue_bytes", "Views that wait to be written to the online store."},
      {"dangol_online_refused_total", "Views that the online store refuses for good."},
      {"dangol_online_rewrites_total", "Rewrites of a scope's views: of all, or since its mark."},
      {"dangol_online_scopes_behind", "Scopes whose views are being rewritten or not checked."},
      {"dangol_online_unchanged_total", "Views not sent: the store has what they would show."},
      {"dangol_online_up", "1: the last attempt to write to the online store succeeded."},
      {"dangol_online_write_seconds", "Time to write a scope's batch to the online store."},
      {"dangol_online_written_total", "Views written to the online store."},
      {"dangol_own_failures_total", "Attempts to own a scope that failed."},
      {"dangol_response_activities_total", "Activities that a campaign's window may hold."},
      {"dangol_response_activity_latency_micros_total",
       "From the server's receipt of those to their measurement, all services between, summed."},
      {"dangol_response_foreign_currency_total",
       "Purchases in another currency than the report's."},
      {"dangol_response_outcome_too_late_total", "Outcomes after their exposure was closed."},
      {"dangol_response_recent_dropped_total", "Recent activities beyond what is remembered."},
      {"dangol_response_unknown_campaign_total", "Contacts of a campaign that is not known."},
      {"dangol_scopes_halted_total", "Scopes that stopped; the log says why."},
      {"dangol_segmentation_ledger_rows_dropped_total", "Activities beyond what a ledger holds."},
      {"dangol_segmentation_segments_not_compiled_total", "Segments that do not compile here."},
      {"dangol_stage_bytes_total", "Changes and emits of a service, before compression."},
      {"dangol_stage_cpu_seconds_total",
       "Processor time of the workers, by service and for commits."},
      {"dangol_trim_failures_total", "Trims of the log that failed."},
  };
  return *helps;
}

std::string HelpOf(absl::string_view name) {
  const auto it = Helps().find(std::string(name));
  return it == Helps().end() ? "Counted by a service; see its README." : it->second;
}

}  // namespace

PrometheusSink::PrometheusSink(obs::Metrics* metrics) : metrics_(metrics) {
  for (const char* service : {"profile", "segmentation", "offer", "campaign", "response"}) {
    const MetricLabel label[] = {{"service", service}};
    Add("dangol_events_total", label, 0);
    Add("dangol_dead_letters_total", label, 0);
    const std::string latency = "dangol_event_latency_seconds";
    metrics_->GetHistogram(latency, HelpOf(latency), LabelsOf(label));
  }
  Add("dangol_duplicates_total", {{{"service", "profile"}}}, 0);
  Add("dangol_campaign_contacts_total", {{{"service", "campaign"}}}, 0);
}

void PrometheusSink::Add(absl::string_view counter, MetricLabels labels, double delta) {
  metrics_->GetCounter(std::string(counter), HelpOf(counter), LabelsOf(labels)).Add(delta);
}

void PrometheusSink::Set(absl::string_view gauge, MetricLabels labels, double value) {
  metrics_->GetGauge(std::string(gauge), HelpOf(gauge), LabelsOf(labels)).Set(value);
}

void PrometheusSink::Observe(absl::string_view histogram, MetricLabels labels, double value) {
  metrics_->GetHistogram(std::string(histogram), HelpOf(histogram), LabelsOf(labels))
      .Observe(value);
}

}  // namespace dangol
