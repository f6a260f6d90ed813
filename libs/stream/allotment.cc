#include "libs/stream/allotment.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "dangol/event/v1/inbox.pb.h"
#include "dangol/stream/v1/state.pb.h"
#include "libs/stream/tables.h"

namespace dangol::allotment {
namespace {

using stream::v1::AllotmentBook;
using stream::v1::AllotmentHolding;

std::string BookKey(absl::string_view name) { return absl::StrCat("allot/book/", name); }
std::string HeldKey(absl::string_view name) { return absl::StrCat("allot/held/", name); }

AllotmentBook LoadBook(StateView& view, absl::string_view name) {
  return LoadRecord<AllotmentBook>(view, Table::kShared, BookKey(name));
}

AllotmentHolding LoadHeld(StateView& view, absl::string_view name) {
  return LoadRecord<AllotmentHolding>(view, Table::kShared, HeldKey(name));
}

void Send(Context& ctx, Partition to, const event::v1::InboxRecord& record) {
  ctx.Emit(InboxOf(ctx.scope().service), to, "", record.SerializeAsString());
}

void Ask(Context& ctx, absl::string_view name, int64_t want, int64_t give_back) {
  event::v1::InboxRecord record;
  auto* request = record.mutable_allotment_request();
  request->set_allotment(std::string(name));
  request->set_partition(ctx.scope().partition);
  request->set_want(want);
  request->set_give_back(give_back);
  Send(ctx, 0, record);
}

void Answer(Context& ctx, absl::string_view name, uint32_t partition, int64_t granted,
            bool exhausted) {
  event::v1::InboxRecord record;
  auto* grant = record.mutable_allotment_grant();
  grant->set_allotment(std::string(name));
  grant->set_granted(granted);
  grant->set_exhausted(exhausted);
  Send(ctx, static_cast<Partition>(partition), record);
}

// A part big enough to be asked for seldom, small enough to leave the others theirs.
int64_t PartFor(const Context& ctx, const AllotmentBook& book, int64_t want) {
  const int64_t left = std::max<int64_t>(0, book.total() - book.granted());
  const int64_t fair = left / (4 * int64_t{ctx.partitions()});
  return std::min(left, std::max(want, fair));
}

// Something came free: those who were refused may ask again.
void WakeStarving(Context& ctx, absl::string_view name, AllotmentBook* book) {
  if (book->total() <= book->granted()) return;
  for (uint32_t partition : book->starving()) Answer(ctx, name, partition, 0, false);
  book->clear_starving();
}

}  // namespace

void SetTotal(Context& ctx, absl::string_view name, int64_t total) {
  auto book = LoadBook(ctx, name);
  book.set_total(total);
  WakeStarving(ctx, name, &book);
  StoreRecord(ctx, Table::kShared, BookKey(name), book);
}

Book BookOf(StateView& view, absl::string_view name) {
  const auto book = LoadBook(view, name);
  return {book.total(), book.granted()};
}

Spending Check(Context& ctx, absl::string_view name, int64_t amount) {
  auto held = LoadHeld(ctx, name);
  // Ask before it runs out, so that spending seldom waits.
  const bool low = held.available() < std::max(2 * amount, held.last_grant() / 4);
  if (low && !held.asked() && !held.exhausted()) {
    Ask(ctx, name, amount, 0);
    held.set_asked(true);
    StoreRecord(ctx, Table::kShared, HeldKey(name), held);
  }
  if (held.available() >= amount) return Spending::kSpent;
  return held.exhausted() ? Spending::kExhausted : Spending::kWait;
}

Spending Spend(Context& ctx, absl::string_view name, int64_t amount) {
  const Spending result = Check(ctx, name, amount);
  if (result != Spending::kSpent) return result;
  auto held = LoadHeld(ctx, name);
  held.set_available(held.available() - amount);
  held.set_spent(held.spent() + amount);
  StoreRecord(ctx, Table::kShared, HeldKey(name), held);
  return result;
}

void Refund(Context& ctx, absl::string_view name, int64_t amount) {
  auto held = LoadHeld(ctx, name);
  held.set_spent(held.spent() - amount);
  if (held.exhausted()) {
    Ask(ctx, name, 0, amount);
  } else {
    held.set_available(held.available() + amount);
  }
  StoreRecord(ctx, Table::kShared, HeldKey(name), held);
}

Held HeldOf(StateView& view, absl::string_view name) {
  const auto held = LoadHeld(view, name);
  return {held.available(), held.spent()};
}

void HandleRequest(Context& ctx, const event::v1::AllotmentRequest& request) {
  auto book = LoadBook(ctx, request.allotment());
  book.set_granted(book.granted() - request.give_back());
  if (request.want() > 0) {
    const int64_t part = PartFor(ctx, book, request.want());
    const bool exhausted = part < request.want();
    book.set_granted(book.granted() + part);
    if (exhausted) book.add_starving(request.partition());
    Answer(ctx, request.allotment(), request.partition(), part, exhausted);
  } else {
    WakeStarving(ctx, request.allotment(), &book);
  }
  StoreRecord(ctx, Table::kShared, BookKey(request.allotment()), book);
}

void HandleGrant(Context& ctx, const event::v1::AllotmentGrant& grant) {
  auto held = LoadHeld(ctx, grant.allotment());
  held.set_available(held.available() + grant.granted());
  held.set_asked(false);
  held.set_exhausted(grant.exhausted());
  if (grant.granted() > 0) held.set_last_grant(grant.granted());
  StoreRecord(ctx, Table::kShared, HeldKey(grant.allotment()), held);
}

}  // namespace dangol::allotment
