#include "libs/backbone/kafka/input_readers.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/backbone/kafka/message_codec.h"
#include "libs/base/clock.h"
#include "libs/base/status.h"

namespace dangol::kafka {
namespace {

// A worker looks at all of its inputs every second.
constexpr Micros kUnused = 10 * kMicrosPerSecond;

}  // namespace

InputReaders::InputReaders(const Settings& settings, std::function<void()> arrived)
    : settings_(settings), arrived_(std::move(arrived)) {}

// What Kafka calls the end counts marks of transactions: the end that was reached is behind them.
uint64_t InputReaders::Input::Behind() const {
  const auto& buffered = reader->buffered();
  const uint64_t behind = buffered.empty() ? next : buffered.back()->offset + uint64_t{1};
  if (reader->reached_end() < 0) return behind;
  return std::max(behind, static_cast<uint64_t>(reader->reached_end()));
}

std::shared_ptr<InputReaders::Readers> InputReaders::ReadersOf(TopicPartition tp) {
  MutexLock lock(mu_);
  std::shared_ptr<Readers>& readers = readers_[tp];
  if (readers == nullptr) readers = std::make_shared<Readers>();
  return readers;
}

absl::StatusOr<rd_kafka_t*> InputReaders::ClientOf(size_t index) {
  MutexLock lock(mu_);
  while (clients_.size() <= index) {
    DANGOL_ASSIGN_OR_RETURN(Client client, ConnectReader(settings_, /*committed_only=*/true));
    clients_.push_back(std::move(client));
  }
  return clients_[index].get();
}

absl::StatusOr<InputReaders::Input> InputReaders::MakeInput(TopicPartition tp,
                                                            const Readers& readers) {
  Input input;
  const auto taken = [&](const Input& other) { return other.client == input.client; };
  while (std::any_of(readers.inputs.begin(), readers.inputs.end(), taken)) ++input.client;
  DANGOL_ASSIGN_OR_RETURN(rd_kafka_t* const client, ClientOf(input.client));
  input.reader = std::make_unique<PartitionReader>(client, NameOf(settings_, tp.topic),
                                                   tp.partition, arrived_);
  return input;
}

absl::StatusOr<InputReaders::Input*> InputReaders::InputAt(TopicPartition tp, uint64_t from,
                                                           bool follow, Readers* readers) {
  Input* found = nullptr;
  bool there = false;
  for (Input& input : readers->inputs) {
    there = input.next == from;
    if (there || (!follow && !input.followed)) found = &input;
    if (there) break;
  }
  if (found == nullptr) {
    DANGOL_ASSIGN_OR_RETURN(Input made, MakeInput(tp, *readers));
    readers->inputs.push_back(std::move(made));
    found = &readers->inputs.back();
  }
  if (!there) {
    found->next = from;
    found->lost = found->reader->Start(static_cast<int64_t>(from));
  }
  found->used = SteadyMicros();
  found->followed = found->followed || follow;
  return found;
}

absl::StatusOr<uint64_t> InputReaders::Read(TopicPartition tp, uint64_t from, size_t max_records,
                                            size_t max_bytes, std::vector<StoredRecord>* out) {
  const std::shared_ptr<Readers> readers = ReadersOf(tp);
  MutexLock lock(readers->mu);
  DANGOL_ASSIGN_OR_RETURN(Input* const input, InputAt(tp, from, /*follow=*/false, readers.get()));
  if (input->lost.ok()) input->lost = input->reader->Fill(settings_.patience_us);
  if (!input->lost.ok()) {
    const absl::Status lost = input->lost;
    readers->inputs.erase(readers->inputs.begin() + (input - readers->inputs.data()));
    return lost;
  }
  auto& buffered = input->reader->buffered();
  if (buffered.empty() && input->reader->reached_end() < 0) {
    return absl::UnavailableError(absl::StrCat(ToString(tp), ": no answer"));
  }
  const size_t most = std::max<size_t>(max_records, 1);
  size_t bytes = 0;
  for (size_t n = 0; n < most && !buffered.empty(); ++n) {
    bytes += buffered.front()->len + buffered.front()->key_len;
    if (n > 0 && bytes > max_bytes) break;
    out->push_back(ToRecord(tp.topic, *buffered.front()));
    input->next = out->back().offset + 1;
    buffered.pop_front();
  }
  input->next = buffered.empty() ? input->Behind() : buffered.front()->offset;
  return input->next;
}

Log::Ahead InputReaders::LookAhead(TopicPartition tp, uint64_t from) {
  const std::shared_ptr<Readers> readers = ReadersOf(tp);
  MutexLock lock(readers->mu);
  const absl::StatusOr<Input*> input = InputAt(tp, from, /*follow=*/true, readers.get());
  if (!input.ok()) return {from, from};
  if ((*input)->lost.ok()) (*input)->lost = (*input)->reader->Fill(0);
  if (!(*input)->lost.ok()) return {from + 1, from + 1};  // Read says why
  const uint64_t here = (*input)->Behind();
  return {here, std::max(here, (*input)->reader->known_end())};
}

void InputReaders::Prune() {
  std::vector<std::shared_ptr<Readers>> all;
  {
    MutexLock lock(mu_);
    for (const auto& [tp, readers] : readers_) all.push_back(readers);
  }
  const Micros oldest = SteadyMicros() - kUnused;
  for (const auto& readers : all) {
    MutexLock lock(readers->mu);
    std::erase_if(readers->inputs, [oldest](const Input& input) { return input.used < oldest; });
  }
}

}  // namespace dangol::kafka
