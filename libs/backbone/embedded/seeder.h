// Makes a directory of an embedded log that begins where another log stands.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/backbone/copy.h"
#include "libs/backbone/embedded/embedded_log.h"

namespace dangol {

// One thread. The directory has its name once it is complete; until then it is "<dir>.part".
class Seeder final : public CopyTarget {
 public:
  // FAILED_PRECONDITION: something is there already.
  static absl::StatusOr<std::unique_ptr<Seeder>> Open(const std::string& dir, uint32_t partitions);
  ~Seeder() override;  // not finished: what was written is removed

  absl::Status Append(TopicPartition to, std::vector<Record> records) override;
  absl::Status Put(Checkpoint::Part part) override;
  // `of`: what it is a copy of, in words, as CopyOf tells.
  absl::Status Finish(absl::string_view of);

 private:
  Seeder(std::string dir, std::unique_ptr<EmbeddedLog> log);
  absl::Status WriteEnds(absl::string_view of);

  const std::string dir_, part_;
  std::unique_ptr<EmbeddedLog> log_;
  std::vector<std::pair<Scope, Seal>> seals_;
};

// What the directory was copied of and still stands for: nothing of it may act on the outside.
// Empty: it is nobody's copy.
absl::StatusOr<std::string> CopyOf(EmbeddedLog& log);
// From now on it stands for itself.
absl::Status NoCopyAnyMore(EmbeddedLog& log);

}  // namespace dangol
