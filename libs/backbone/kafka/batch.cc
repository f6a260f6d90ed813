#include "libs/backbone/kafka/batch.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace dangol::kafka {

void* SealTag(const ScopeCycle& part) { return const_cast<ScopeCycle*>(&part); }

void BatchMaker::AddEmits(const ScopeCycle& part) {
  const std::string* source = Keep(absl::StrCat("/", settings_.prefix, "/", ToString(part.scope)));
  int count = 0;
  for (const Emit& emit : part.emits) {
    // The same when the cycle is offered again.
    const std::string* id = Keep(absl::StrCat(part.seal.cycle, "-", ++count));
    batch_.messages.push_back({NameOfTopic(emit.to.topic), emit.to.partition, emit.record.key,
                               emit.record.value, &emit.record, nullptr,
                               EventAttributes{emit.to.topic, *source, *id}});
  }
}

void BatchMaker::AddChanges(Scope scope, const std::vector<Change>& changes) {
  const std::string* changelog = Keep(ChangelogOf(settings_, scope.service));
  for (const Change& change : changes) {
    Outgoing message{changelog, scope.partition, *Keep(ChangeKey(change))};
    if (change.value) message.value = *change.value;
    batch_.messages.push_back(message);
  }
}

void BatchMaker::Add(const ScopeCycle& part, Position position,
                     const absl::btree_map<Topic, uint64_t>& moved) {
  AddEmits(part);
  AddChanges(part.scope, part.changes);
  const std::string* seal = Keep(EncodeSealRecord({part.seal, position.fingerprint}));
  batch_.messages.push_back({Keep(ChangelogOf(settings_, part.scope.service)), part.scope.partition,
                             SealKey(), *seal, nullptr, SealTag(part)});
  Batch::Fenced& fenced = fenced_[part.scope.service];
  fenced.positions[part.scope.partition] = position;
  for (const auto& [topic, next] : moved) {
    fenced.progress.push_back({NameOfTopic(topic), part.scope.partition, next});
  }
}

const Batch& BatchMaker::Finish(const std::function<GroupMetadata(Service)>& metadata_of) {
  for (auto& [service, fenced] : fenced_) {
    fenced.service = service;
    fenced.metadata = metadata_of(service);
    batch_.fenced.push_back(std::move(fenced));
  }
  return batch_;
}

const std::string* BatchMaker::NameOfTopic(Topic topic) {
  const std::string*& name = names_[topic];
  if (name == nullptr) name = Keep(NameOf(settings_, topic));
  return name;
}

const std::string* BatchMaker::Keep(std::string text) {
  texts_.push_back(std::move(text));
  return &texts_.back();
}

}  // namespace dangol::kafka
