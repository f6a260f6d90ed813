#include "tools/dangol/import/sender.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "dangol/profile/v1/profile_service.pb.h"
#include "libs/base/clock.h"
#include "libs/base/status.h"

namespace dangol::import {
namespace {

constexpr Micros kPatience = 2 * kMicrosPerMinute;

}  // namespace

ItemRejected RejectedOf(const Item& item, const profile::v1::ItemError& error) {
  std::string reason = error.problem();
  if (!error.fix().empty()) absl::StrAppend(&reason, "; ", error.fix());
  return {item.row, error.field(), error.value(), std::move(reason), item.origin};
}

bool MayPass(const profile::v1::ItemError& error) {
  const auto code = static_cast<absl::StatusCode>(error.code());
  return code == absl::StatusCode::kResourceExhausted || code == absl::StatusCode::kUnavailable;
}

Sender::Sender(client::Connection& connection, OnRejected on_rejected)
    : Sender(UpsertLine(connection), ActivityLine(connection), std::move(on_rejected)) {}

Sender::Sender(std::unique_ptr<BatchLine> upserts, std::unique_ptr<BatchLine> activities,
               OnRejected on_rejected)
    : on_rejected_(std::move(on_rejected)) {
  upserts_.line = std::move(upserts);
  activities_.line = std::move(activities);
}

void Sender::Collect(Line& line) {
  BatchLine::Results results = line.line->Take();
  accepted_ += results.accepted;
  for (const ItemRejected& rejected : results.rejected) {
    on_rejected_(rejected);
    if (&line == &upserts_) held_.erase(rejected.row);
  }
  for (Item& item : results.again) line.batch.push_back(std::move(item));
}

absl::Status Sender::SendBatch(Line& line) {
  Batch batch = std::exchange(line.batch, {});
  // A row's items stay together and what is repeated comes back: it may be more than one request.
  while (batch.size() > kBatch) {
    line.batch.push_back(std::move(batch.back()));
    batch.pop_back();
  }
  DANGOL_RETURN_IF_ERROR(line.line->Send(std::move(batch)));
  Collect(line);
  return absl::OkStatus();
}

absl::Status Sender::Add(Line& line, Item item) {
  line.batch.push_back(std::move(item));
  return line.batch.size() < kBatch ? absl::OkStatus() : SendBatch(line);
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
      DANGOL_RETURN_IF_ERROR(Add(activities_, std::move(item)));
    }
  }
  if (upserts_.batch.size() < kBatch) return absl::OkStatus();
  DANGOL_RETURN_IF_ERROR(SendBatch(upserts_));
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
    for (Item& item : row->second) DANGOL_RETURN_IF_ERROR(Add(activities_, std::move(item)));
    row = held_.erase(row);
  }
  return absl::OkStatus();
}

absl::Status Sender::FlushLine(Line& line) {
  Micros progress = SteadyMicros();
  int64_t accepted = accepted_;
  while (true) {
    if (!line.batch.empty()) DANGOL_RETURN_IF_ERROR(SendBatch(line));
    DANGOL_RETURN_IF_ERROR(line.line->Drain());
    Collect(line);
    if (line.batch.empty()) return absl::OkStatus();
    if (std::exchange(accepted, accepted_) != accepted_) progress = SteadyMicros();
    if (SteadyMicros() - progress > kPatience) {
      return absl::UnavailableError("the server has refused items as overloaded for two minutes");
    }
    absl::SleepFor(absl::Milliseconds(200));  // the server asked for time
  }
}

absl::Status Sender::Flush() {
  DANGOL_RETURN_IF_ERROR(FlushLine(upserts_));
  DANGOL_RETURN_IF_ERROR(SendHeld());
  return FlushLine(activities_);
}

}  // namespace dangol::import
