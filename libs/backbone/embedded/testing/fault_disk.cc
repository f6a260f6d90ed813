#include "libs/backbone/embedded/testing/fault_disk.h"

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <string>
#include <utility>

namespace dangol::embedded {

using rocksdb::FileOptions;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

namespace {

IOStatus StatusOf(FaultDisk::Fault fault) {
  switch (fault) {
    case FaultDisk::Fault::kNone:
      return IOStatus::OK();
    case FaultDisk::Fault::kNoSpace:
      return IOStatus::NoSpace("injected", "No space left on device");
    case FaultDisk::Fault::kReadOnly:
      return IOStatus::IOError("injected", "Read-only file system");
    case FaultDisk::Fault::kIoError:
      break;
  }
  return IOStatus::IOError("injected", "Input/output error");
}

}  // namespace

class FaultFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  FaultFile(FaultDisk* disk, std::unique_ptr<rocksdb::FSWritableFile> file)
      : FSWritableFileOwnerWrapper(std::move(file)), disk_(disk) {}

  IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* dbg) override {
    bool torn = false;
    const FaultDisk::Fault fault = disk_->NextWrite(&torn);
    if (fault == FaultDisk::Fault::kNone) {
      return FSWritableFileOwnerWrapper::Append(data, options, dbg);
    }
    if (torn) {
      FSWritableFileOwnerWrapper::Append(Slice(data.data(), data.size() / 2), options, dbg)
          .PermitUncheckedError();
    }
    return StatusOf(fault);
  }
  IOStatus Append(const Slice& data, const IOOptions& options, const rocksdb::DataVerificationInfo&,
                  IODebugContext* dbg) override {
    return Append(data, options, dbg);
  }
  IOStatus Sync(const IOOptions& options, IODebugContext* dbg) override {
    disk_->AwaitSyncs();
    if (disk_->fail_syncs_) return StatusOf(FaultDisk::Fault::kIoError);
    const IOStatus status = Next();
    return status.ok() ? FSWritableFileOwnerWrapper::Sync(options, dbg) : status;
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* dbg) override {
    return Sync(options, dbg);
  }
  IOStatus Truncate(uint64_t size, const IOOptions& options, IODebugContext* dbg) override {
    const IOStatus status = Next();
    return status.ok() ? FSWritableFileOwnerWrapper::Truncate(size, options, dbg) : status;
  }
  IOStatus Allocate(uint64_t, uint64_t, const IOOptions&, IODebugContext*) override {
    return IOStatus::OK();
  }

 private:
  IOStatus Next() {
    bool torn = false;
    return StatusOf(disk_->NextWrite(&torn));
  }
  FaultDisk* const disk_;
};

class FaultReader final : public rocksdb::FSRandomAccessFileOwnerWrapper {
 public:
  FaultReader(FaultDisk* disk, std::unique_ptr<rocksdb::FSRandomAccessFile> file)
      : FSRandomAccessFileOwnerWrapper(std::move(file)), disk_(disk) {}

  IOStatus Read(uint64_t offset, size_t n, const IOOptions& options, Slice* result, char* scratch,
                IODebugContext* dbg) const override {
    if (disk_->NextReadFails()) return StatusOf(FaultDisk::Fault::kIoError);
    return FSRandomAccessFileOwnerWrapper::Read(offset, n, options, result, scratch, dbg);
  }
  IOStatus MultiRead(rocksdb::FSReadRequest* requests, size_t count, const IOOptions& options,
                     IODebugContext* dbg) override {
    if (disk_->NextReadFails()) return StatusOf(FaultDisk::Fault::kIoError);
    return FSRandomAccessFileOwnerWrapper::MultiRead(requests, count, options, dbg);
  }

 private:
  FaultDisk* const disk_;
};

class FaultFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  explicit FaultFileSystem(FaultDisk* disk)
      : FileSystemWrapper(rocksdb::FileSystem::Default()), disk_(disk) {}
  const char* Name() const override { return "FaultFileSystem"; }

  IOStatus NewWritableFile(const std::string& name, const FileOptions& options,
                           std::unique_ptr<rocksdb::FSWritableFile>* file,
                           IODebugContext* dbg) override {
    IOStatus status = Next();
    if (status.ok()) status = target_->NewWritableFile(name, options, file, dbg);
    if (status.ok()) *file = std::make_unique<FaultFile>(disk_, std::move(*file));
    return status;
  }
  IOStatus ReopenWritableFile(const std::string& name, const FileOptions& options,
                              std::unique_ptr<rocksdb::FSWritableFile>* file,
                              IODebugContext* dbg) override {
    IOStatus status = Next();
    if (status.ok()) status = target_->ReopenWritableFile(name, options, file, dbg);
    if (status.ok()) *file = std::make_unique<FaultFile>(disk_, std::move(*file));
    return status;
  }
  IOStatus ReuseWritableFile(const std::string& name, const std::string& old,
                             const FileOptions& options,
                             std::unique_ptr<rocksdb::FSWritableFile>* file,
                             IODebugContext* dbg) override {
    IOStatus status = Next();
    if (status.ok()) status = target_->ReuseWritableFile(name, old, options, file, dbg);
    if (status.ok()) *file = std::make_unique<FaultFile>(disk_, std::move(*file));
    return status;
  }
  IOStatus NewRandomAccessFile(const std::string& name, const FileOptions& options,
                               std::unique_ptr<rocksdb::FSRandomAccessFile>* file,
                               IODebugContext* dbg) override {
    IOStatus status = target_->NewRandomAccessFile(name, options, file, dbg);
    if (status.ok()) *file = std::make_unique<FaultReader>(disk_, std::move(*file));
    return status;
  }
  IOStatus DeleteFile(const std::string& name, const IOOptions& options,
                      IODebugContext* dbg) override {
    const IOStatus status = Next();
    return status.ok() ? target_->DeleteFile(name, options, dbg) : status;
  }
  IOStatus RenameFile(const std::string& from, const std::string& to, const IOOptions& options,
                      IODebugContext* dbg) override {
    const IOStatus status = Next();
    return status.ok() ? target_->RenameFile(from, to, options, dbg) : status;
  }
  IOStatus LinkFile(const std::string& from, const std::string& to, const IOOptions& options,
                    IODebugContext* dbg) override {
    const IOStatus status = Next();
    return status.ok() ? target_->LinkFile(from, to, options, dbg) : status;
  }

 private:
  IOStatus Next() {
    bool torn = false;
    return StatusOf(disk_->NextWrite(&torn));
  }
  FaultDisk* const disk_;
};

FaultDisk::FaultDisk() : env_(rocksdb::NewCompositeEnv(std::make_shared<FaultFileSystem>(this))) {}
FaultDisk::~FaultDisk() = default;

void FaultDisk::FailWrites(Fault fault, uint64_t more) {
  until_fault_ = static_cast<int64_t>(more);
  fault_ = fault;
}

FaultDisk::Fault FaultDisk::NextWrite(bool* torn) {
  ++writes_;
  const Fault fault = fault_;
  if (fault == Fault::kNone) return fault;
  const int64_t left = until_fault_--;
  if (left > 0) return Fault::kNone;
  *torn = left == 0 && fault != Fault::kReadOnly;
  ++refused_;
  return fault;
}

bool FaultDisk::NextReadFails() {
  return failing_reads_.load() > 0 && failing_reads_.fetch_sub(1) > 0;
}

void FaultDisk::HoldSyncs(bool hold) {
  MutexLock lock(mu_);
  held_ = hold;
  let_go_.notify_all();
}

void FaultDisk::AwaitSyncs() {
  MutexLock lock(mu_);
  ++waiting_syncs_;
  let_go_.wait(lock, [&] { return !held_; });
  --waiting_syncs_;
}

}  // namespace dangol::embedded
