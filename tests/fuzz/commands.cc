// Commands of the five services: any bytes are done or refused.
#include "libs/stream/testing/fake_context.h"
#include "services/campaign/processor.h"
#include "services/offer/processor.h"
#include "services/profile/processor.h"
#include "services/response/processor.h"
#include "services/segmentation/processor.h"
#include "tests/fuzz/fuzz.h"

namespace dangol {
namespace {

ServiceSpec SpecOf(uint8_t which) {
  switch (which % 5) {
    case 0:
      return profile::Spec();
    case 1:
      return segmentation::Spec();
    case 2:
      return offer::Spec();
    case 3:
      return campaign::Spec();
    default:
      return response::Spec();
  }
}

}  // namespace
}  // namespace dangol

DANGOL_FUZZ_TARGET(commands) {
  using namespace dangol;  // NOLINT
  const auto [which, body] = fuzz::Choose(data);
  const ServiceSpec spec = SpecOf(which);
  const Scope scope{spec.service, 0};
  FakeContext ctx(scope);
  ctx.SetNow(1'790'000'000 * kMicrosPerSecond);
  const auto processor = spec.make(scope);
  FUZZ_CHECK(processor->OnAcquire(ctx).ok());
  (void)processor->HandleCommand(body, {"planner", {"PLANNER"}, "r1"}, ctx);
}
