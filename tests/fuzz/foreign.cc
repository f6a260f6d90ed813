// Any bytes as a record of another producer: an event in structured mode, in binary mode with each
// type and form of data, without headers, and with headers of any bytes.
#include "services/profile/foreign.h"

#include "dangol/event/v1/ingest.pb.h"
#include "libs/base/status.h"
#include "libs/stream/testing/fake_context.h"
#include "services/profile/processor.h"
#include "services/profile/testing_foreign.h"
#include "tests/fuzz/fuzz.h"

namespace dangol {
namespace {

using event::v1::ForeignRecord;
using event::v1::IngestEvent;

constexpr Micros kNow = 1'790'000'000 * kMicrosPerSecond;
constexpr char kActivity[] = "dangol.event.v1.Activity";
constexpr char kUpsert[] = "dangol.event.v1.CustomerUpsert";
constexpr char kEvent[] = "dangol.event.v1.IngestEvent";
constexpr char kJson[] = "application/json";
constexpr char kProtobuf[] = "application/protobuf";

ForeignRecord Make(uint8_t form, const std::string& bytes) {
  switch (form) {
    case 0:
      return profile::Structured(bytes);
    case 1:
      return profile::Foreign(profile::Binary(kActivity, kJson), bytes);
    case 2:
      return profile::Foreign(profile::Binary(kUpsert, kJson), bytes);
    case 3:
      return profile::Foreign(profile::Binary(kEvent, kJson), bytes);
    case 4:
      return profile::Foreign(profile::Binary(kActivity, kProtobuf), bytes);
    case 5:
      return profile::Foreign(profile::Binary(kUpsert, kProtobuf), bytes);
    case 6:
      return profile::Foreign({}, bytes);
    default: {
      ForeignRecord record;
      record.ParseFromString(bytes);
      return record;
    }
  }
}

absl::StatusOr<IngestEvent> Read(const ForeignRecord& record) {
  IngestEvent event;
  const auto any = [](absl::string_view) { return profile::MaybeProblem(); };
  DANGOL_RETURN_IF_ERROR(profile::ReadForeign(record, any, kNow, &event));
  return event;
}

void Handle(const ForeignRecord& record) {
  const Scope scope{Service::kProfile, 0};
  FakeContext ctx(scope);
  ctx.SetNow(kNow);
  const auto processor = profile::Spec().make(scope);
  FUZZ_CHECK(processor->OnAcquire(ctx).ok());
  (void)processor->Handle(
      {Topic::kIngest, 1, kNow, "", profile::Wrapped(record).SerializeAsString()}, ctx);
}

}  // namespace
}  // namespace dangol

DANGOL_FUZZ_TARGET(foreign) {
  using namespace dangol;  // NOLINT
  const auto [which, rest] = fuzz::Choose(data);
  const ForeignRecord record = Make(which % 8, std::string(rest));
  Handle(record);
  const auto event = Read(record);
  if (!event.ok()) {
    // The dead letter says why.
    FUZZ_CHECK(event.status().code() == absl::StatusCode::kInvalidArgument);
    FUZZ_CHECK(event.status().message().size() < 2000);
    FUZZ_CHECK(!DetailOf(event.status()).fields.empty());
    return;
  }
  // What was accepted is accepted as it now is.
  const auto again = Read(profile::Foreign({}, event->SerializeAsString()));
  FUZZ_CHECK(again.ok());
  FUZZ_CHECK(again->ByteSizeLong() == event->ByteSizeLong());
}
