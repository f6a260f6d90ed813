// How a Runtime is set up. None of it may change while it runs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>

#include "absl/strings/string_view.h"
#include "libs/backbone/state.h"
#include "libs/base/types.h"
#include "libs/stream/effects.h"
#include "libs/stream/metrics.h"

namespace dangol {

class Peers;
class ScopeObserver;

enum class Drive {
  kThreads,  // worker threads run by themselves after Start()
  kManual,   // no threads: the caller steps with RunOnce(); no real time is waited for
};

struct RuntimeOptions {
  Drive drive = Drive::kThreads;
  // Worker threads; 0: as many as cores. Virtual time and manual drive always use one.
  int workers = 0;

  // Virtual time: the wall never enters a scope's time; AdvanceTo moves it. Embedded and simulated
  // logs only. The clock starts at the greatest of virtual_start and what the scopes have seen.
  bool virtual_time = false;
  Micros virtual_start = 0;
  // Between two stops of virtual time, at least; 0: it stops at each timer. Timers are late by less
  // than this, as they may be on a live clock, and those between two stops fire together.
  Micros virtual_step = 0;

  // A cycle ends with whichever comes first, or when the inputs are idle.
  size_t cycle_max_events = 4096;
  size_t cycle_max_bytes = 1 << 20;
  // Of computing at one go. 0: no bound. Manual drive and virtual time have none.
  Micros cycle_max_time = 0;
  // What a worker computed waits this long for more before it is committed, unless something of it
  // leaves the scopes (an emit, a reply, an effect), a caller asks, or the cycle is full. For logs
  // whose commits are dear. 0: it never waits. Manual drive has no time: it waits until nothing
  // more is there.
  Micros commit_delay = 0;

  // A worker's checkpoint is cut after this much changelog or time, whichever comes first; its
  // first after a part of the time, by chance. Manual drive has no time: it counts cycles.
  size_t checkpoint_bytes = 256u << 20;
  Micros checkpoint_interval = 30 * kMicrosPerSecond;
  uint64_t checkpoint_cycles_manual = 64;

  // Append is refused with RESOURCE_EXHAUSTED while the records not yet handled, over all services
  // of this process, are more than this.
  uint64_t lag_limit_records = 1'000'000;

  // A greater record or state value fails the event that makes it. Records from outside may be half
  // of it, so that what wraps them (a dead letter) fits.
  size_t max_record_bytes = 4 << 20;

  // Records of days topics are kept this long (of the system's time) and until all services of this
  // process have read them. Off where another process runs services that read the same log.
  bool trim_topics = true;
  Micros days_retention = 7 * kMicrosPerDay;
  // Between two looks at what can be trimmed, and at ownership.
  Micros trim_interval = 10 * kMicrosPerMinute;
  Micros own_interval = kMicrosPerSecond;

  // An event is taken for the cause of crashes after this many tries of its batch and as many of it
  // alone: it becomes a dead letter if it is from outside, or halts its scope. A test that kills
  // processes all the time sets it high.
  int crash_attempts = 3;

  // How long the outcome of a request id answers again, in the scope's time. At least a day.
  Micros outcome_retention = kMicrosPerDay;

  State::Options state;

  // Who performs a service's effects. Not owned. Effects of a service that is not here are done as
  // kFailed.
  std::map<Service, EffectPerformer*> performers;
  // Who is asked about scopes that are owned elsewhere. Not owned; null: nobody.
  Peers* peers = nullptr;
  // Who follows what becomes durable (observer.h); null: nobody, and nothing waits for it.
  ScopeObserver* observer = nullptr;
  // Not owned; null: nothing is counted.
  MetricsSink* metrics = nullptr;
  // Called once for what an operator must see: a halted scope and why. Any thread.
  std::function<void(absl::string_view)> alarm;
};

// For a log whose commit costs the same for one event as for a thousand: a transaction of Kafka.
inline void CommitSeldom(RuntimeOptions* options) {
  options->cycle_max_events = 64 << 10;
  options->cycle_max_bytes = 8 << 20;
  options->cycle_max_time = 25 * kMicrosPerMilli;
  options->commit_delay = 200 * kMicrosPerMilli;
}

// Timer kinds from here on are the runtime's own.
inline constexpr uint32_t kRuntimeTimerKinds = 0xF0000000;

}  // namespace dangol
