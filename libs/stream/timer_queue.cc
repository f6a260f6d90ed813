#include "libs/stream/timer_queue.h"

#include "absl/strings/str_cat.h"

namespace dangol {

std::string TimerKey(uint32_t kind, absl::string_view subject) {
  std::string key = EncodeKey(kind).substr(4);
  key.append(subject.data(), subject.size());
  return key;
}

std::string TimerValue(const Timer& timer) {
  return absl::StrCat(EncodeKey(static_cast<uint64_t>(timer.at)), timer.data);
}

Timer DecodeTimer(absl::string_view key, absl::string_view value) {
  Timer timer;
  if (key.size() < 4 || value.size() < 8) return timer;  // cut short: a kind that nobody has
  timer.kind =
      static_cast<uint32_t>(DecodeKey(absl::StrCat(std::string(4, '\0'), key.substr(0, 4))));
  timer.subject = std::string(key.substr(4));
  timer.at = TimerAt(value);
  timer.data = std::string(value.substr(8));
  return timer;
}

void TimerQueue::Due(Micros now, size_t limit, std::vector<std::string>* keys) const {
  for (auto it = order_.begin(); it != order_.end() && it->first <= now; ++it) {
    if (keys->size() >= limit) return;
    keys->push_back(it->second);
  }
}

}  // namespace dangol
