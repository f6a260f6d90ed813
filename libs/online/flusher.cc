#include "libs/online/flusher.h"

#include "absl/strings/str_cat.h"
#include "libs/base/rng.h"
#include "libs/base/status.h"
#include "libs/online/store_report.h"

namespace dangol::online {
namespace {

// Refused for ever, whatever is done about the server.
bool IsRefused(const absl::Status& status) { return absl::IsInvalidArgument(status); }

}  // namespace

Flusher::Flusher(std::shared_ptr<Store> store, Micros tombstone_expiry_us)
    : store_(std::move(store)),
      expiry_s_(absl::StrCat(tombstone_expiry_us / kMicrosPerSecond)),
      client_(store_),
      marks_(&client_, store_->settings.prefix, store_->settings.call_timeout_us) {}

absl::Status Flusher::Look() {
  client_.ForgetSlots();
  DANGOL_ASSIGN_OR_RETURN(masters_, ReadMasters(client_, store_->settings.call_timeout_us));
  looked_connects_ = client_.connects();
  return absl::OkStatus();
}

absl::StatusOr<std::optional<Mark>> Flusher::ReadMark(Scope scope) {
  return marks_.Read(scope, masters_);
}

absl::StatusOr<std::string> Flusher::BeginMark(Scope scope, absl::string_view log) {
  const std::string token = absl::StrCat(absl::Hex(DeviceRandom(), absl::kZeroPad16));
  DANGOL_RETURN_IF_ERROR(marks_.Begin(scope, masters_, log, token));
  return token;
}

absl::StatusOr<bool> Flusher::Advance(Scope scope, const Mark& mark) {
  return marks_.Advance(scope, masters_, mark);
}

Flusher::Written Flusher::Write(absl::string_view log, std::vector<Entry> entries) {
  Written written;
  for (size_t begin = 0, count = 0; begin < entries.size(); begin += count) {
    count = SliceAt(entries, begin);
    const absl::Span<Entry> slice = absl::MakeSpan(entries).subspan(begin, count);
    if (written.why.ok()) {
      WriteSlice(log, slice, written);
    } else {  // the rest is not tried against a server in trouble
      for (Entry& entry : slice) written.unwritten.push_back(std::move(entry));
    }
  }
  return written;
}

size_t Flusher::SliceAt(const std::vector<Entry>& entries, size_t begin) {
  size_t count = 1;
  size_t bytes = entries[begin].bytes();
  while (begin + count < entries.size() && count < kSliceEntries && bytes < kSliceBytes)
    bytes += entries[begin + count++].bytes();
  return count;
}

void Flusher::WriteSlice(absl::string_view log, absl::Span<Entry> slice, Written& written) {
  std::vector<std::string> offsets;
  offsets.reserve(slice.size());
  std::vector<Command> commands;
  commands.reserve(slice.size());
  for (const Entry& entry : slice) {
    offsets.push_back(absl::StrCat(entry.offset));
    commands.push_back(WriteCommand(entry, log, offsets.back(), expiry_s_));
  }
  const auto replies = client_.Call(commands, store_->settings.call_timeout_us);
  for (size_t i = 0; i < replies.size(); ++i) {
    if (replies[i].ok()) {
      ++(replies[i]->integer == 1 ? written.written : written.as_new);
    } else if (IsRefused(replies[i].status())) {
      ++written.refused;
      written.why_refused = replies[i].status();
    } else {
      written.why = replies[i].status();
      written.unwritten.push_back(std::move(slice[i]));
    }
  }
}

absl::StatusOr<std::vector<std::string>> Flusher::Describe() {
  return DescribeStore(client_, store_->settings.call_timeout_us);
}

}  // namespace dangol::online
