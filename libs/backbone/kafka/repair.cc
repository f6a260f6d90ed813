#include "libs/backbone/kafka/repair.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "libs/backbone/kafka/batch.h"
#include "libs/base/status.h"

namespace dangol::kafka {
namespace {

// Of one transaction: it must end before its time is over.
constexpr size_t kMostBytes = 8 << 20;
constexpr int kTries = 10;

void MoveInputs(const ClusterImage& image, Repair* repair) {
  for (auto& [topic, next] : repair->part.seal.next_offsets) {
    const TopicPartition tp{topic, repair->scope.partition};
    if (const uint64_t end = image.EndOffset(tp); next > end) {
      repair->losses.push_back(absl::StrCat("had read ", ToString(tp), " to offset ", next,
                                            ", which ends at ", end, " now"));
      next = end;
    }
    if (const uint64_t first = image.FirstOffset(tp); next < first) {
      repair->losses.push_back(absl::StrCat("had yet to read ", ToString(tp), " from offset ", next,
                                            " on, which begins at ", first, " now"));
      next = first;
    }
  }
}

void CompareWithPosition(const Replayed& replayed, const Position& position, Repair* repair) {
  const uint64_t cycle = replayed.last.cycle;
  if (replayed.unsealed > 0) {
    repair->losses.push_back(absl::StrCat("the end of a cycle after ", cycle, ": ",
                                          replayed.unsealed,
                                          " of its changes are there, and kept"));
  }
  if (cycle < position.cycle) {
    repair->losses.push_back(
        absl::StrCat("cycles ", cycle + 1, " to ", position.cycle,
                     " of its changelog: what they read is handled again, and what they emitted "
                     "and sent may be so again"));
  } else if (cycle > position.cycle) {
    repair->losses.push_back(absl::StrCat("its position: the group knows of cycle ", position.cycle,
                                          ", its changelog of ", cycle));
  } else if (cycle > 0 && replayed.fingerprint != position.fingerprint) {
    repair->losses.push_back(absl::StrCat("cycle ", cycle, " is not the one that was committed"));
  }
}

}  // namespace

absl::StatusOr<Repair> FindRepair(ClusterImage& image, Scope scope) {
  DANGOL_RETURN_IF_ERROR(image.ChangelogId(scope).status());
  DANGOL_ASSIGN_OR_RETURN(const Replayed replayed,
                          image.ReadScope(scope, [](const std::vector<Change>&, const Seal&) {}));
  const Position position = image.CommittedOf(scope).after;
  if (replayed.last.cycle == 0 && position.cycle > 0) {
    return Precondition("ALL_LOST", absl::StrCat(ToString(scope),
                                                 ": nothing is left of its changelog; restore a "
                                                 "snapshot (docs/operations.md)"));
  }
  Repair repair{scope, {}, {scope, replayed.last, {}, {}}, position.epoch + 1};
  CompareWithPosition(replayed, position, &repair);
  MoveInputs(image, &repair);
  repair.part.seal.cycle = std::max(replayed.last.cycle, position.cycle) + 1;
  return repair;
}

Operator::Operator(const Settings& settings) : settings_(settings), transactor_(settings_, 0) {}

absl::StatusOr<std::unique_ptr<Operator>> Operator::Open(const Settings& settings) {
  for (int s = 0; s < kServices; ++s) {
    const auto service = static_cast<Service>(s);
    DANGOL_ASSIGN_OR_RETURN(const int members, MembersOf(settings, service));
    if (members == 0) continue;
    return Precondition("SERVICES_RUN",
                        absl::StrCat(members, " instances of ", ServiceName(service),
                                     " run, or did a moment ago; stop all services, and wait for "
                                     "their sessions of 10 s to end"));
  }
  Settings own = settings;
  own.instance = "operator";
  std::unique_ptr<Operator> made(new Operator(own));
  DANGOL_RETURN_IF_ERROR(made->transactor_.Init());
  return made;
}

absl::Status Operator::Write(const ScopeCycle& part, uint64_t epoch) {
  BatchMaker maker(settings_);
  maker.Add(part, {part.seal.cycle, /*fingerprint=*/0, epoch}, part.seal.next_offsets);
  // Of nobody: the broker takes it, as the group has no members.
  const auto nobody = [this](Service service) {
    const std::string group = GroupOf(settings_, service);
    return GroupMetadata(rd_kafka_consumer_group_metadata_new(group.c_str()), Destroy());
  };
  return Commit(maker.Finish(nobody), part.scope, part.seal.cycle);
}

absl::Status Operator::WriteChanges(Scope scope, const std::vector<Change>& changes) {
  BatchMaker maker(settings_);
  maker.AddChanges(scope, changes);
  return Commit(maker.Finish(nullptr), scope, 0);
}

absl::Status Operator::Commit(const Batch& batch, Scope scope, uint64_t cycle) {
  absl::Status why;
  for (int tries = 0; tries < kTries; ++tries) {
    const Transactor::Result written = transactor_.Write(batch);
    if (written.outcome == Transactor::Outcome::kCommitted) return absl::OkStatus();
    why = written.why;
    if (written.outcome != Transactor::Outcome::kUnknown) continue;
    DANGOL_RETURN_IF_ERROR(transactor_.Init());  // now it is decided
    if (cycle == 0) continue;                    // the same values again do no harm
    DANGOL_ASSIGN_OR_RETURN(const bool there, IsAt(scope, cycle));
    if (there) return absl::OkStatus();
  }
  return absl::UnavailableError(absl::StrCat("writing ", ToString(scope), ": ", why.message()));
}

absl::StatusOr<bool> Operator::IsAt(Scope scope, uint64_t cycle) const {
  DANGOL_ASSIGN_OR_RETURN(const Client client, ConnectGroup(settings_, scope.service));
  DANGOL_ASSIGN_OR_RETURN(const auto positions,
                          PositionsOf(client.get(), LeaseTopicOf(settings_, scope.service),
                                      {scope.partition}, settings_.patience_us));
  return positions.at(scope.partition).cycle == cycle;
}

absl::StatusOr<std::unique_ptr<ClusterTarget>> ClusterTarget::Open(const Settings& settings,
                                                                   uint32_t partitions) {
  auto target = std::make_unique<ClusterTarget>();
  DANGOL_ASSIGN_OR_RETURN(target->operator_, Operator::Open(settings));
  DANGOL_ASSIGN_OR_RETURN(const auto image,
                          ClusterImage::Open(settings, ClusterImage::Cut::kOneMoment));
  if (image->partitions() != partitions) {
    return Precondition("PARTITION_COUNT",
                        absl::StrCat("the topics have ", image->partitions(), " partitions, not ",
                                     partitions, ": make others (dangol topics apply)"));
  }
  for (uint32_t p = 0; p < partitions; ++p) {
    const auto partition = static_cast<Partition>(p);
    bool empty = true;
    for (int t = 0; t < kTopics; ++t) {
      empty = empty && image->EndOffset({static_cast<Topic>(t), partition}) == 0;
    }
    for (int s = 0; s < kServices; ++s) {
      const Scope scope{static_cast<Service>(s), partition};
      empty = empty && image->ChangelogRange(scope).end <= 1;  // its id
    }
    if (!empty) {
      return Precondition("NOT_EMPTY",
                          absl::StrCat("the topics of ", settings.prefix,
                                       " hold something already; make others "
                                       "(dangol topics apply, with another --prefix)"));
    }
  }
  DANGOL_ASSIGN_OR_RETURN(target->appender_, Appender::Open(settings));
  return target;
}

absl::Status ClusterTarget::Append(TopicPartition to, std::vector<Record> records) {
  std::vector<Emit> emits;
  emits.reserve(records.size());
  for (Record& record : records) emits.push_back({to, std::move(record)});
  DANGOL_ASSIGN_OR_RETURN(const uint64_t ticket, appender_->Write(emits));
  return appender_->Await(ticket).status();
}

absl::Status ClusterTarget::Put(Checkpoint::Part part) {
  std::vector<Change> some;
  size_t bytes = 0;
  for (Change& change : part.changes) {
    bytes += change.key.size() + (change.value ? change.value->size() : 0);
    some.push_back(std::move(change));
    if (bytes < kMostBytes) continue;
    DANGOL_RETURN_IF_ERROR(operator_->WriteChanges(part.scope, some));
    some.clear();
    bytes = 0;
  }
  return operator_->Write({part.scope, std::move(part.seal), {}, std::move(some)}, /*epoch=*/0);
}

}  // namespace dangol::kafka
