#include "libs/online/testing/owner.h"

#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "libs/base/clock.h"
#include "libs/online/testing/redis_server.h"

namespace dangol::online::testing {

void Owner::Use(ViewWriter* writer) {
  writer_ = writer;
  if (writer_ != nullptr) writer_->Open(scope_, log_);
}

void Owner::Become(std::string log) {
  log_ = std::move(log);
  offset_ = 0;
  for (auto& [customer, record] : state_) record.changed = 0;
  writer_->Close(scope_);
  writer_->Open(scope_, log_);
}

void Owner::Commit(CustomerId customer) {
  ++offset_;
  state_[customer] = {absl::StrCat("{\"n\":", offset_, "}"), false, offset_};
  if (writer_ != nullptr) writer_->Put(scope_, offset_, {ChangeOf(customer, state_[customer])});
}

void Owner::Erase(CustomerId customer) {
  ++offset_;
  state_[customer] = {"", true, offset_};
  writer_->Put(scope_, offset_, {ChangeOf(customer, state_[customer])});
}

Change Owner::ChangeOf(CustomerId customer, const Record& record) const {
  return record.erased ? DeleteView(View::kContacts, customer)
                       : PutView(View::kContacts, customer, record.value);
}

bool Owner::Settle() {
  return Eventually([this] {
    RewriteSome();
    return writer_->Await(scope_, kMicrosPerMilli);
  });
}

void Owner::RewriteSome() {
  const auto need = writer_->Need(scope_);
  if (!need) return;
  rewritten_ = 0;
  for (const auto& [customer, record] : state_) {
    if (!need->all && record.changed <= need->since) continue;
    absl::Status status;
    const Change change = ChangeOf(customer, record);
    if (!Eventually([&] {
          status = writer_->Rewrite(scope_, need->ticket, offset_, {change});
          return !absl::IsResourceExhausted(status);
        }) ||
        !status.ok())
      return;
    ++rewritten_;
  }
  // Aborted: the next call asks again.
  writer_->FinishRewrite(scope_, need->ticket, offset_).IgnoreError();
}

bool Owner::All(
    const std::function<bool(CustomerId, const std::string& value, uint64_t offset)>& check) const {
  for (const auto& [customer, record] : state_)
    if (!record.erased && !check(customer, record.value, record.changed)) return false;
  return true;
}

std::vector<std::string> DocumentedRights(const std::string& user) {
  std::ifstream docs("docs/online-store.md");
  const std::string begin = absl::StrCat("ACL SETUSER ", user, " on >PASSWORD ");
  for (std::string line; std::getline(docs, line);) {
    absl::string_view rest = line;
    if (absl::ConsumePrefix(&rest, begin)) return absl::StrSplit(rest, ' ', absl::SkipEmpty());
  }
  return {};
}

}  // namespace dangol::online::testing
