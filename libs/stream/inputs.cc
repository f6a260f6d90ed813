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
    inputs_.push_back({tp, next, next, {}, 0});
  }
}

bool Inputs::Snapshot() {
  at_end_ = true;
  for (Input& input : inputs_) {
    input.end = std::max(input.next, log_->EndOffset(input.from));
    at_end_ = at_end_ && input.next == input.end;
  }
  return !at_end_;
}

uint64_t Inputs::Lag() const {
  uint64_t lag = 0;
  for (const Input& input : inputs_) lag += input.end - input.next;
  return lag;
}

bool Inputs::AtLogEnd() const {
  return std::all_of(inputs_.begin(), inputs_.end(), [this](const Input& input) {
    return input.next >= log_->EndOffset(input.from);
  });
}

absl::Status Inputs::Fill(Input& input) {
  input.buffer.clear();
  input.head = 0;
  const size_t most = std::min<uint64_t>(kReadRecords, input.end - input.next);
  absl::Status status = log_->Read(input.from, input.next, most, kReadBytes, &input.buffer);
  if (!status.ok()) return status;
  if (input.buffer.empty() || input.buffer.front().offset != input.next) {
    return absl::OutOfRangeError(
        absl::StrCat(ToString(input.from), ": record ", input.next, " is missing"));
  }
  return absl::OkStatus();
}

absl::Status Inputs::Peek(Head* head) {
  head->stored = nullptr;
  current_ = SIZE_MAX;
  for (size_t i = 0; i < inputs_.size(); ++i) {
    Input& input = inputs_[i];
    if (input.next >= input.end) continue;
    if (input.head == input.buffer.size()) {
      if (absl::Status status = Fill(input); !status.ok()) return status;
    }
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
  ++input.next;
  ++input.head;
  preferred_ = SIZE_MAX;
  at_end_ =
      std::all_of(inputs_.begin(), inputs_.end(), [](const Input& i) { return i.next >= i.end; });
}

void Inputs::FillOffsets(Seal* seal) const {
  for (const Input& input : inputs_) seal->next_offsets[input.from.topic] = input.next;
}

}  // namespace dangol
