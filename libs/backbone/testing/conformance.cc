#include "libs/backbone/testing/conformance.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <map>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "libs/backbone/embedded/embedded_log.h"
#include "libs/backbone/testing/sim_log.h"
#include "libs/base/mutex.h"

namespace dangol {
namespace {

class SimBackbone final : public BackboneUnderTest {
 public:
  SimBackbone(uint64_t seed, bool faulty)
      : log_(std::make_unique<SimLog>(SimLog::Options{kTestPartitions, seed, Faults(faulty)})),
        store_(seed) {}
  Log& log() override { return *log_; }
  CheckpointStore& store() override { return store_; }
  void Reopen() override { log_ = log_->NewInstance(); }
  void Crash() override {
    log_->CrashLosingUnsynced();
    Reopen();
  }
  void AwaitDurable(uint64_t ticket) override {
    while (log_->DurableTicket() < ticket) log_->Step();
  }
  Log* GiveAway(Scope scope) override {
    if (other_ == nullptr) other_ = log_->NewInstance();
    EXPECT_TRUE(other_->Own(scope.service).ok());
    log_->TransferTo(scope, *other_);
    return other_.get();
  }

 private:
  static SimLog::Faults Faults(bool faulty) {
    SimLog::Faults faults;
    if (!faulty) return faults;
    faults.commit_unavailable = 0.2;
    faults.lagging_sync = true;
    faults.sync_chance = 0.2;
    return faults;
  }
  std::unique_ptr<SimLog> log_;
  std::unique_ptr<SimLog> other_;
  SimCheckpoints store_;
};

// What RocksDB's manifests say is in the directory: their names and sizes.
std::map<std::string, uint64_t> Manifests(const std::filesystem::path& dir) {
  std::map<std::string, uint64_t> manifests;
  for (const auto& entry : std::filesystem::directory_iterator(dir)) {
    const std::string name = entry.path().filename().string();
    std::error_code gone;
    if (absl::StartsWith(name, "MANIFEST")) manifests[name] = entry.file_size(gone);
  }
  return manifests;
}

// A copy file by file is what one instant left only if no manifest was written meanwhile: files
// that one names are deleted only after a later write to it.
bool CopyBetweenManifestWrites(const std::filesystem::path& from, const std::filesystem::path& to) {
  const auto before = Manifests(from);
  std::filesystem::create_directories(to);
  // First what was acknowledged, then the log: the other way round the copy would have lost the end
  // of the log.
  std::error_code none;
  std::filesystem::copy_file(from / "durable", to / "durable", none);
  for (const auto& entry : std::filesystem::directory_iterator(from)) {
    std::error_code gone;
    if (entry.is_regular_file(gone) && entry.path().filename() != "durable") {
      std::filesystem::copy_file(entry.path(), to / entry.path().filename(), gone);
    }
  }
  return Manifests(from) == before;
}

class EmbeddedBackbone final : public BackboneUnderTest {
 public:
  EmbeddedBackbone() {
    static int count = 0;
    root_ = std::filesystem::path(testing::TempDir()) /
            absl::StrCat("dangol_backbone_", getpid(), "_", ++count);
    Open();
  }
  ~EmbeddedBackbone() override {
    log_.reset();
    std::filesystem::remove_all(root_);
  }
  Log& log() override { return *log_; }
  CheckpointStore& store() override { return log_->checkpoints(); }
  void Reopen() override {
    log_.reset();
    Open();
  }
  // What the files say now is what a killed process leaves.
  void Crash() override {
    const std::filesystem::path before = Dir();
    ++generation_;
    while (!CopyBetweenManifestWrites(before, Dir())) std::filesystem::remove_all(Dir());
    log_.reset();
    std::filesystem::remove_all(before);
    Open();
  }
  void AwaitDurable(uint64_t ticket) override {
    Mutex mu;
    CondVar durable;
    log_->SetWakeup([&] {
      MutexLock lock(mu);
      durable.notify_all();
    });
    {
      MutexLock lock(mu);
      durable.wait(lock, [&] { return log_->DurableTicket() >= ticket; });
    }
    log_->SetWakeup(nullptr);
  }
  Log* GiveAway(Scope) override { return nullptr; }

 private:
  std::filesystem::path Dir() const { return root_ / absl::StrCat(generation_); }
  void Open() {
    EmbeddedLog::Options options;
    options.partitions = kTestPartitions;
    options.tail_cache_bytes = 2048;  // so that reads meet the disk too
    absl::StatusOr<std::unique_ptr<EmbeddedLog>> log = EmbeddedLog::Open(Dir().string(), options);
    ASSERT_TRUE(log.ok()) << log.status();
    log_ = *std::move(log);
  }
  std::filesystem::path root_;
  int generation_ = 0;
  std::unique_ptr<EmbeddedLog> log_;
};

}  // namespace

std::vector<Backbone> Backbones() {
  return {
      {"Sim",
       [](uint64_t seed, bool faulty) { return std::make_unique<SimBackbone>(seed, faulty); }, true,
       50},
      {"Embedded", [](uint64_t, bool) { return std::make_unique<EmbeddedBackbone>(); }, false, 2},
  };
}

Record MakeRecord(std::string key, std::string value) {
  return {std::move(key), std::move(value), -17, 3};
}
Change MakePut(Table table, std::string key, std::string value) {
  return {table, std::move(key), std::move(value)};
}
Change MakeDelete(Table table, std::string key) { return {table, std::move(key), std::nullopt}; }

ScopeCycle MakePart(Scope scope, uint64_t cycle, std::vector<Emit> emits,
                    std::vector<Change> changes) {
  Seal seal{cycle, static_cast<Micros>(1000 * cycle), {{Topic::kIngest, cycle}}};
  return {scope, std::move(seal), std::move(emits), std::move(changes)};
}

std::vector<std::string> ValuesOf(Log& log, TopicPartition tp) {
  std::vector<StoredRecord> records;
  for (uint64_t from = log.FirstOffset(tp); from < log.EndOffset(tp);) {
    const size_t before = records.size();
    const absl::Status read = log.Read(tp, from, 3, 1 << 20, &records);
    EXPECT_TRUE(read.ok()) << read;
    if (!read.ok() || records.size() == before) break;
    EXPECT_EQ(records[before].offset, from);
    from = records.back().offset + 1;
  }
  std::vector<std::string> values;
  for (StoredRecord& stored : records) values.push_back(std::move(stored.record.value));
  return values;
}

void OwnAll(Log& log) {
  for (int s = 0; s < kServices; ++s) {
    const absl::StatusOr<Ownership> owned = log.Own(static_cast<Service>(s));
    ASSERT_TRUE(owned.ok()) << owned.status();
  }
}

CommitResult CommitUntilOk(Log& log, const Cycle& cycle) {
  absl::StatusOr<CommitResult> result = log.Commit(cycle);
  for (int n = 0; n < 1000 && absl::IsUnavailable(result.status()); ++n) result = log.Commit(cycle);
  EXPECT_TRUE(result.ok()) << result.status();
  return result.ok() ? *std::move(result) : CommitResult{};
}

}  // namespace dangol
