// The data plane without gRPC: any bytes as an activity or a customer's facts are checked, brought
// to normal form, and handled; any bytes as a record of `ingest` are handled or are a dead letter.
#include "dangol/event/v1/ingest.pb.h"
#include "libs/stream/testing/fake_context.h"
#include "services/profile/domain/identifier.h"
#include "services/profile/domain/validate.h"
#include "services/profile/processor.h"
#include "tests/fuzz/fuzz.h"

namespace dangol {
namespace {

constexpr Micros kNow = 1'790'000'000 * kMicrosPerSecond;

// As profile's tracker does it.
bool Acceptable(event::v1::IngestEvent* event) {
  if (event->has_activity()) {
    return !profile::CheckActivity(event->activity(), kNow + profile::kAheadMax) &&
           !profile::NormaliseAll("KR", event->mutable_activity()->mutable_identifiers());
  }
  return event->has_upsert() && !profile::CheckUpsert(event->upsert(), kNow + profile::kAheadMax) &&
         !profile::NormaliseAll("KR", event->mutable_upsert()->mutable_identifiers());
}

absl::Status Handle(const std::string& bytes) {
  const Scope scope{Service::kProfile, 0};
  FakeContext ctx(scope);
  ctx.SetNow(kNow);
  const auto processor = profile::Spec().make(scope);
  FUZZ_CHECK(processor->OnAcquire(ctx).ok());
  return processor->Handle({Topic::kIngest, 1, kNow, "", bytes}, ctx);
}

}  // namespace
}  // namespace dangol

DANGOL_FUZZ_TARGET(ingest) {
  using namespace dangol;  // NOLINT
  (void)Handle(std::string(data));
  event::v1::IngestEvent event;
  if (!event.ParseFromArray(data.data(), static_cast<int>(data.size()))) return;
  if (Acceptable(&event)) FUZZ_CHECK(Handle(event.SerializeAsString()).ok());
}
