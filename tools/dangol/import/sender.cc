#include "tools/dangol/import/sender.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "dangol/profile/v1/profile_service.pb.h"
#include "libs/base/calendar.h"
#include "libs/base/clock.h"
#include "libs/base/status.h"

namespace dangol::import {

void BatchLine::Results::Refuse(Item item, const profile::v1::ItemError& error) {
  std::string reason = error.problem();
  if (!error.fix().empty()) absl::StrAppend(&reason, "; ", error.fix());
  const auto code = static_cast<absl::StatusCode>(error.code());
  if (code == absl::StatusCode::kResourceExhausted || code == absl::StatusCode::kUnavailable) {
    again.push_back(std::move(item));
    busy = std::move(reason);
  } else {
    rejected.push_back(
        {item.row, error.field(), error.value(), std::move(reason), std::move(item.origin)});
  }
}

Sender::Sender(client::Connection& connection, OnRejected on_rejected)
    : Sender(UpsertLine(connection), ActivityLine(connection), std::move(on_rejected)) {}

Sender::Sender(std::unique_ptr<BatchLine> upserts, std::unique_ptr<BatchLine> activities,
               OnRejected on_rejected, Patience patience)
    : on_rejected_(std::move(on_rejected)), patience_(patience) {
  upserts_.line = std::move(upserts);
  activities_.line = std::move(activities);
}

absl::Status Sender::Collect(Line& line) {
  BatchLine::Results results = line.line->Take();
  accepted_ += results.accepted;
  if (results.accepted > 0) line.busy_since_us = 0;
  for (const ItemRejected& rejected : results.rejected) {
    on_rejected_(rejected);
    if (&line == &upserts_) held_.erase(rejected.row);
  }
  if (results.again.empty()) return absl::OkStatus();
  for (Item& item : results.again) line.batch.push_back(std::move(item));
  const Micros now = SteadyMicros();
  if (line.busy_since_us == 0) line.busy_since_us = now;
  if (now - line.busy_since_us >= patience_.give_up_us) {
    return absl::UnavailableError(absl::StrCat("the server has taken no item for ",
                                               FormatDuration(patience_.give_up_us), ": ",
                                               results.busy));
  }
  absl::SleepFor(absl::Microseconds(patience_.pause_us));
  return absl::OkStatus();
}

absl::Status Sender::SendBatch(Line& line) {
  Batch batch = std::exchange(line.batch, {});
  // A row's items stay together and what is repeated comes back: it may be more than one request.
  while (batch.size() > kBatch) {
    line.batch.push_back(std::move(batch.back()));
    batch.pop_back();
  }
  DANGOL_RETURN_IF_ERROR(line.line->Send(std::move(batch)));
  return Collect(line);
}

absl::Status Sender::SendFull(Line& line) {
  while (line.batch.size() >= kBatch) DANGOL_RETURN_IF_ERROR(SendBatch(line));
  return absl::OkStatus();
}

absl::Status Sender::SendRow(Batch items) {
  const bool facts = std::any_of(items.begin(), items.end(),
                                 [](const Item& item) { return item.event.has_upsert(); });
  // Held first: an upsert's answer settles what is held already.
  for (Item& item : items) {
    if (facts && !item.event.has_upsert()) held_[item.row].push_back(std::move(item));
  }
  for (Item& item : items) {
    if (item.event.has_upsert()) {
      upserts_.batch.push_back(std::move(item));
    } else if (!facts) {
      activities_.batch.push_back(std::move(item));
    }
  }
  if (upserts_.batch.size() < kBatch) return SendFull(activities_);
  DANGOL_RETURN_IF_ERROR(SendFull(upserts_));
  return SendHeld();
}

absl::Status Sender::SendHeld() {
  std::set<int64_t> open;
  for (const Item& item : upserts_.batch) open.insert(item.row);
  for (auto row = held_.begin(); row != held_.end();) {
    if (open.count(row->first) != 0) {
      ++row;
      continue;
    }
    for (Item& item : row->second) activities_.batch.push_back(std::move(item));
    row = held_.erase(row);
    DANGOL_RETURN_IF_ERROR(SendFull(activities_));
  }
  return absl::OkStatus();
}

absl::Status Sender::FlushLine(Line& line) {
  do {
    if (!line.batch.empty()) DANGOL_RETURN_IF_ERROR(SendBatch(line));
    DANGOL_RETURN_IF_ERROR(line.line->Drain());
    DANGOL_RETURN_IF_ERROR(Collect(line));
  } while (!line.batch.empty());
  return absl::OkStatus();
}

absl::Status Sender::Flush() {
  DANGOL_RETURN_IF_ERROR(FlushLine(upserts_));
  DANGOL_RETURN_IF_ERROR(SendHeld());
  return FlushLine(activities_);
}

}  // namespace dangol::import
