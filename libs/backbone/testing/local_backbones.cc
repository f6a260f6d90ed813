#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <map>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "libs/backbone/embedded/embedded_log.h"
#include "libs/backbone/testing/conformance.h"
#include "libs/backbone/testing/sim_log.h"
#include "libs/base/mutex.h"

// The logs that need no server.
namespace dangol {
namespace {

class SimBackbone final : public BackboneUnderTest {
 public:
  SimBackbone(uint64_t seed, bool faulty, double gaps)
      : log_(
            std::make_unique<SimLog>(SimLog::Options{kTestPartitions, seed, Faults(faulty), gaps})),
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
    EXPECT_TRUE(other_->Own(scope.service).ok());
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

void AwaitShown(Log&, const ScopeCycle&) {}  // at once

std::vector<Backbone> Backbones() {
  const auto sim = [](double gaps) {
    return [gaps](uint64_t seed, bool faulty) {
      return std::make_unique<SimBackbone>(seed, faulty, gaps);
    };
  };
  Backbone dense{.name = "Sim", .make = sim(0), .has_faults = true, .random_runs = 50};
  Backbone gaps{
      .name = "SimGaps", .dense = false, .make = sim(0.5), .has_faults = true, .random_runs = 50};
  Backbone embedded{.name = "Embedded",
                    .make = [](uint64_t, bool) { return std::make_unique<EmbeddedBackbone>(); },
                    .has_instances = false,
                    .random_runs = 2};
  return {dense, gaps, embedded};
}

}  // namespace dangol
