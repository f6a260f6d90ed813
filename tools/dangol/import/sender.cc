#include "tools/dangol/import/sender.h"

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
  return {item.row, error.field(), error.value(), std::move(reason)};
}

bool MayPass(const profile::v1::ItemError& error) {
  const auto code = static_cast<absl::StatusCode>(error.code());
  return code == absl::StatusCode::kResourceExhausted || code == absl::StatusCode::kUnavailable;
}

Sender::Sender(client::Connection& connection, OnRejected on_rejected)
    : on_rejected_(std::move(on_rejected)) {
  upserts_.line = UpsertLine(connection);
  activities_.line = ActivityLine(connection);
}

void Sender::Collect(Line& line) {
  BatchLine::Results results = line.line->Take();
  accepted_ += results.accepted;
  for (const ItemRejected& rejected : results.rejected) on_rejected_(rejected);
  for (Item& item : results.again) line.batch.push_back(std::move(item));
}

absl::Status Sender::SendBatch(Line& line) {
  Batch batch = std::exchange(line.batch, {});
  DANGOL_RETURN_IF_ERROR(line.line->Send(std::move(batch)));
  Collect(line);
  return absl::OkStatus();
}

absl::Status Sender::Send(Item item) {
  Line& line = item.event.has_upsert() ? upserts_ : activities_;
  line.batch.push_back(std::move(item));
  return line.batch.size() < kBatch ? absl::OkStatus() : SendBatch(line);
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
  return FlushLine(activities_);
}

}  // namespace dangol::import
