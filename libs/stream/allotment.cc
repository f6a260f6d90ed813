#include "libs/stream/allotment.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "dangol/event/v1/inbox.pb.h"
#include "dangol/stream/v1/state.pb.h"

namespace dangol::allotment {
namespace {

using stream::v1::AllotmentBook;
using stream::v1::AllotmentHolding;

std::string BookKey(absl::string_view name) { return absl::StrCat("allot/book/", name); }
std::string HeldKey(absl::string_view name) { return absl::StrCat("allot/held/", name); }

template <typename Message>
Message Load(StateView& view, const std::string& key) {
  Message message;
  if (const std::string* bytes = view.Get(Table::kShared, key)) message.ParseFromString(*bytes);
  return message;
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
  auto book = Load<AllotmentBook>(ctx, BookKey(name));
  book.set_total(total);
  WakeStarving(ctx, name, &book);
  ctx.Put(Table::kShared, BookKey(name), book.SerializeAsString());
}

Book BookOf(StateView& view, absl::string_view name) {
  const auto book = Load<AllotmentBook>(view, BookKey(name));
  return {book.total(), book.granted()};
}

Spending Spend(Context& ctx, absl::string_view name, int64_t amount) {
  auto held = Load<AllotmentHolding>(ctx, HeldKey(name));
  const bool enough = held.available() >= amount;
  if (enough) {
    held.set_available(held.available() - amount);
    held.set_spent(held.spent() + amount);
  }
  // Ask before it runs out, so that spending seldom waits.
  const bool low = held.available() < std::max(amount, held.last_grant() / 4);
  if (low && !held.asked() && !held.exhausted()) {
    Ask(ctx, name, amount, 0);
    held.set_asked(true);
  }
  const bool exhausted = held.exhausted();
  ctx.Put(Table::kShared, HeldKey(name), held.SerializeAsString());
  if (enough) return Spending::kSpent;
  return exhausted ? Spending::kExhausted : Spending::kWait;
}

void Refund(Context& ctx, absl::string_view name, int64_t amount) {
  auto held = Load<AllotmentHolding>(ctx, HeldKey(name));
  held.set_spent(held.spent() - amount);
  if (held.exhausted()) {
    Ask(ctx, name, 0, amount);
  } else {
    held.set_available(held.available() + amount);
  }
  ctx.Put(Table::kShared, HeldKey(name), held.SerializeAsString());
}

Held HeldOf(StateView& view, absl::string_view name) {
  const auto held = Load<AllotmentHolding>(view, HeldKey(name));
  return {held.available(), held.spent()};
}

void HandleRequest(Context& ctx, const event::v1::AllotmentRequest& request) {
  auto book = Load<AllotmentBook>(ctx, BookKey(request.allotment()));
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
  ctx.Put(Table::kShared, BookKey(request.allotment()), book.SerializeAsString());
}

void HandleGrant(Context& ctx, const event::v1::AllotmentGrant& grant) {
  auto held = Load<AllotmentHolding>(ctx, HeldKey(grant.allotment()));
  held.set_available(held.available() + grant.granted());
  held.set_asked(false);
  held.set_exhausted(grant.exhausted());
  if (grant.granted() > 0) held.set_last_grant(grant.granted());
  ctx.Put(Table::kShared, HeldKey(grant.allotment()), held.SerializeAsString());
}

}  // namespace dangol::allotment
