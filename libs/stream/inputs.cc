#include "libs/stream/inputs.h"

#include <algorithm>
#include <tuple>

#include "absl/strings/str_cat.h"

namespace dangol {
namespace {

constexpr size_t kReadRecords = 1024;
constexpr size_t kReadBytes = 256 << 10;

auto OrderOf(TopicPartition from, const StoredRecord& r) {
  return std::make_tuple(r.record.emit_time, from.topic, r.offset);
}

}  // namespace

Inputs::Inputs(Log* log, const std::vector<TopicPartition>& from, const Seal& seal) : log_(log) {
  for (TopicPartition tp : from) {
    auto it = seal.next_offsets.find(tp.topic);
    const uint64_t next = it == seal.next_offsets.end() ? log->FirstOffset(tp) : it->second;
    inputs_.push_back({tp, next, next, next, {}, 0, next});
  }
}

bool Inputs::Snapshot() {
  at_end_ = true;
  for (Input& input : inputs_) {
    input.end = std::max(input.next, Look(input).here);
    at_end_ = at_end_ && input.next == input.end;
  }
  return !at_end_;
}

Log::Ahead Inputs::Look(Input& input) {
  const Log::Ahead ahead = log_->LookAhead(input.from, input.read_on);
  input.far_end = std::max(input.next, ahead.end);
  return ahead;
}

void Inputs::LookAhead() {
  for (Input& input : inputs_) Look(input);
}

uint64_t Inputs::Lag() const {
  uint64_t lag = 0;
  for (const Input& input : inputs_) lag += input.far_end - std::min(input.next, input.far_end);
  return lag;
}

bool Inputs::AtLogEnd() const {
  return std::all_of(inputs_.begin(), inputs_.end(), [this](const Input& input) {
    return input.next >= log_->EndOffset(input.from);
  });
}

void Inputs::FindHead(Input& input) {
  input.next = input.empty() ? input.read_on : input.buffer[input.head].offset;
}

absl::Status Inputs::Fill(Input& input) {
  while (input.empty() && input.next < input.end) {
    input.buffer.clear();
    input.head = 0;
    const size_t most = std::min<uint64_t>(kReadRecords, input.end - input.next);
    const auto read_on = log_->Read(input.from, input.next, most, kReadBytes, &input.buffer);
    if (!read_on.ok()) return read_on.status();
    if (*read_on <= input.next) {
      return absl::OutOfRangeError(
          absl::StrCat(ToString(input.from), ": record ", input.next, " is missing"));
    }
    input.read_on = *read_on;
    FindHead(input);
  }
  return absl::OkStatus();
}

absl::Status Inputs::Peek(Head* head) {
  head->stored = nullptr;
  current_ = SIZE_MAX;
  for (size_t i = 0; i < inputs_.size(); ++i) {
    Input& input = inputs_[i];
    if (absl::Status status = Fill(input); !status.ok()) return status;
    if (input.next >= input.end) continue;  // read, or for the next round
    StoredRecord& candidate = input.buffer[input.head];
    if (i == preferred_ || head->stored == nullptr ||
        OrderOf(input.from, candidate) < OrderOf(head->from, *head->stored)) {
      *head = {input.from, &candidate};
      current_ = i;
    }
    if (i == preferred_) break;
  }
  at_end_ = head->stored == nullptr;
  return absl::OkStatus();
}

void Inputs::Prefer(Topic topic) {
  for (size_t i = 0; i < inputs_.size(); ++i) {
    if (inputs_[i].from.topic == topic) preferred_ = i;
  }
}

void Inputs::Pop() {
  Input& input = inputs_[current_];
  ++input.head;
  FindHead(input);
  preferred_ = SIZE_MAX;
  at_end_ =
      std::all_of(inputs_.begin(), inputs_.end(), [](const Input& i) { return i.next >= i.end; });
}

void Inputs::FillOffsets(Seal* seal) const {
  for (const Input& input : inputs_) seal->next_offsets[input.from.topic] = input.next;
}

bool Inputs::Beyond(const Seal& seal) const {
  return std::any_of(inputs_.begin(), inputs_.end(), [&](const Input& input) {
    const auto it = seal.next_offsets.find(input.from.topic);
    return it != seal.next_offsets.end() && input.next > it->second;
  });
}

}  // namespace dangol
