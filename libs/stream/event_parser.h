// Parses the messages of one event after another into memory that is used again, and tells what is
// in a message without parsing it.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>

#include "absl/strings/string_view.h"
#include "google/protobuf/arena.h"

namespace dangol {

// Not thread-safe: a processor has its own.
class EventParser {
 public:
  // nullptr: undecodable. The message, which the caller may change, lives until the next call.
  template <typename Message>
  Message* Parse(absl::string_view bytes) {
    arena_.Reset();
    auto* message = google::protobuf::Arena::CreateMessage<Message>(&arena_);
    return message->ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) ? message
                                                                                 : nullptr;
  }

 private:
  static constexpr size_t kFirstBlock = 16 << 10;
  google::protobuf::ArenaOptions Options() {
    google::protobuf::ArenaOptions options;
    options.initial_block = block_.get();
    options.initial_block_size = kFirstBlock;
    return options;
  }

  const std::unique_ptr<char[]> block_{new char[kFirstBlock]};
  google::protobuf::Arena arena_{Options()};
};

// The top-level fields of a serialized message, in the order in which they stand.
class FieldReader {
 public:
  enum class Wire { kVarint, kFixed64, kBytes, kFixed32 };

  explicit FieldReader(absl::string_view message) : rest_(message) {}

  // False at the end, and at bytes that are no message: then ok() is false, too.
  bool Next();
  bool ok() const { return ok_; }
  uint64_t number() const { return number_; }
  Wire wire() const { return wire_; }
  uint64_t varint() const { return varint_; }         // of kVarint
  absl::string_view bytes() const { return bytes_; }  // of the others

 private:
  absl::string_view rest_;
  bool ok_ = true;
  uint64_t number_ = 0;
  Wire wire_ = Wire::kVarint;
  uint64_t varint_ = 0;
  absl::string_view bytes_;
};

// Whether the serialized message may hold one of these top-level fields: false only if it holds
// none, true also for bytes that are no message. For an early "this is none of ours", before
// parsing.
bool MayHoldField(absl::string_view message, std::initializer_list<uint32_t> numbers);
inline bool MayHoldField(absl::string_view message, uint32_t number) {
  return MayHoldField(message, {number});
}

}  // namespace dangol
