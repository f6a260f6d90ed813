"""The defects: name, what is broken, which tests shall notice (each is tried until one does), where, and
the text that becomes another. Text and not line numbers: it must stand in its file exactly once."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Mutant:
    name: str
    what: str
    tests: tuple
    file: str
    old: str
    new: str


LOG = "libs/backbone/embedded/embedded_log.cc"
SIM_LOG = "libs/backbone/testing/sim_log.cc"
STATE = "libs/backbone/state.cc"
WORKER = "libs/stream/worker.cc"
RUNNER = "libs/stream/scope_runner.cc"
SENDS = "services/campaign/sends.cc"
CONTACTS = "services/campaign/contacts.cc"
POLICY = "services/campaign/domain/contact_policy.cc"

MUTANTS = [
    # backbone
    Mutant("zombie-cycle", "the embedded log writes a commit that is not the scope's next",
           ("backbone_test",), LOG,
           "if (part.seal.cycle == end.cycle + 1) {",
           "if (part.seal.cycle != end.cycle) {"),
    Mutant("zombie-owner", "the fence is skipped: a commit is taken from whoever sends it",
           ("backbone_test", "simulation_test"), SIM_LOG,
           "if (owner == owners_.end() || owner->second != id) {",
           "if (owner == owners_.end() && id < 0) {"),
    Mutant("checkpoint-forgets-deletions", "a checkpoint leaves out tombstones",
           ("backbone_test", "simulation_test"), STATE,
           "      Change change{static_cast<Table>(t), key, std::nullopt};\n",
           "      if (!entry.live) continue;\n"
           "      Change change{static_cast<Table>(t), key, std::nullopt};\n"),
    Mutant("checkpoint-takes-all", "what changed while a checkpoint was written counts as written",
           ("backbone_test", "simulation_test"), STATE,
           "      if (entry.dirty_cycle > cycle) return false;\n",
           "      if (entry.dirty_cycle > std::max(cycle, entry.dirty_cycle)) return false;\n"),
    # stream
    Mutant("send-before-durable", "sends and replies leave before their commit is durable",
           ("stream_test", "simulation_test"), WORKER,
           "while (!held_.empty() && held_.front().ticket <= durable) {",
           "while (!held_.empty() && held_.front().ticket <= std::max(durable, ~uint64_t{0})) {"),
    Mutant("reply-before-durable", "a command is answered once it is committed",
           ("stream_test", "simulation_test"), WORKER,
           "  current_.ticket = result.ticket;\n",
           "  current_.ticket = result.ticket;\n"
           "  for (Release& release : current_.releases) {\n"
           "    for (const Reply& r : release.replies) env_->waiters->Resolve(release.scope, r);\n"
           "  }\n"),
    Mutant("offset-first", "a seal says that everything looked at has been handled",
           ("stream_test", "simulation_test"), "libs/stream/inputs.cc",
           "seal->next_offsets[input.from.topic] = input.next;",
           "seal->next_offsets[input.from.topic] = input.end;"),
    Mutant("checkpoint-undurable", "a checkpoint holds cycles that a power cut takes back",
           ("stream_test", "simulation_test"), "libs/stream/checkpointer.cc",
           "    if (env_->log->DurableTicket() < flight_->ticket) return false;\n", ""),
    Mutant("timer-twice", "a timer that is due fires twice",
           ("stream_test", "simulation_test"), RUNNER,
           "  return context_->EndEvent(processor_->OnTimer(timer, *context_));",
           "  processor_->OnTimer(timer, *context_).IgnoreError();\n"
           "  return context_->EndEvent(processor_->OnTimer(timer, *context_));"),
    Mutant("allotment-released-twice", "what is refunded is given back and kept",
           ("stream_test",), "libs/stream/allotment.cc",
           "    Ask(ctx, name, 0, amount);\n  } else {\n",
           "    Ask(ctx, name, 0, amount);\n  }\n  {\n"),
    Mutant("request-repeated", "a command asked again is carried out again",
           ("stream_test", "simulation_test"), "libs/stream/scope_inbox.cc",
           "if (auto known = StoredOutcome(*context_, caller, hash)) {",
           "if (auto known = StoredOutcome(*context_, caller, hash); known && !known) {"),
    # profile
    Mutant("dedup-forgotten", "profile does not know a message id again",
           ("profile_test", "simulation_test"), "services/profile/acceptance.cc",
           "  if (SeenRecently(*history, hash, ctx.now())) return false;\n", ""),
    # campaign
    Mutant("resend-unknown", "what may be delivered is sent again, though the receiver cannot tell",
           ("campaign_test", "simulation_test"), SENDS,
           "channel != nullptr && channel->webhook().idempotent() &&",
           "channel != nullptr &&"),
    Mutant("outcome-of-another-attempt", "an outcome settles whatever attempt is under way",
           ("campaign_test", "simulation_test"), SENDS,
           "if (record.stage() != v1::CONTACT_STAGE_ATTEMPTING || outcome.attempt() != record.attempt()) {",
           "if (record.stage() != v1::CONTACT_STAGE_ATTEMPTING) {"),
    Mutant("failure-uses-cap", "a send that definitely failed counts as a contact",
           ("campaign_test", "simulation_test"), SENDS,
           "  if (!record.ambiguous()) Uncount(open",
           "  if (record.ambiguous() && !record.ambiguous()) Uncount(open"),
    Mutant("cap-off-by-one", "one contact more than the cap allows",
           ("campaign_test", "simulation_test"), POLICY,
           "panel->Add(v1::CHECK_KIND_CAP, made < cap.count(),",
           "panel->Add(v1::CHECK_KIND_CAP, made <= cap.count(),"),
    Mutant("cap-window-short", "caps count half their window",
           ("campaign_test", "simulation_test"), POLICY,
           "recent.time_us() > in.now - cap.window_us() &&",
           "recent.time_us() > in.now - cap.window_us() / 2 &&"),
    Mutant("night-ignored", "marketing at night needs no consent",
           ("campaign_test",), POLICY,
           "const bool allowed = end == 0 ||", "const bool allowed = end >= 0 ||"),
    Mutant("consent-withdrawn", "a consent that was withdrawn still holds",
           ("campaign_test", "simulation_test"), POLICY,
           "if (mark.purpose() == purpose && mark.channel() == channel) return mark.granted();",
           "if (mark.purpose() == purpose && mark.channel() == channel) return true;"),
    Mutant("twin-contacted", "the held-out twin is sent the message",
           ("campaign_test", "simulation_test"), CONTACTS,
           "if (!record.is_twin()) return AttemptOrReserve(open, my_turn, ctx);",
           "return AttemptOrReserve(open, my_turn, ctx);"),
    Mutant("stage-counted-twice", "a contact that moves on stays in its old stage's count",
           ("campaign_test", "simulation_test"), "services/campaign/domain/waterfall.cc",
           "Bump(-1, from, from_reason, counts);", "Bump(0, from, from_reason, counts);"),
    # calls between instances
    Mutant("forwarded-twice", "a command without a request id is another one when it is passed on again",
           ("stream_test",), "libs/stream/calls.cc",
           "if (caller.request_id.empty()) {\n    caller.request_id = absl::StrCat(\"of\"",
           "if (false) {\n    caller.request_id = absl::StrCat(\"of\""),
    # response
    Mutant("window-off-by-one", "a response window holds its last instant, too",
           ("response_test",), "services/response/domain/match.cc",
           "result.within_window = at < exposure->window_end_us();",
           "result.within_window = at <= exposure->window_end_us();"),
    Mutant("variance-n", "the variance is divided by n, not n - 1",
           ("stats_test",), "libs/stats/moments.cc",
           "squared_deviations() / static_cast<double>(n - 1)",
           "squared_deviations() / static_cast<double>(n)"),
    Mutant("sample-ratio-inverted", "the sample-ratio alarm rings when all is well",
           ("stats_test",), "libs/stats/sample_ratio.cc",
           "result.mismatch = result.p_value < kSampleRatioAlarm;",
           "result.mismatch = result.p_value > kSampleRatioAlarm;"),
]
