// The segment language: any text compiles or says where it does not; what compiles has one spelling
// that compiles to itself, and can be evaluated, explained and scheduled.
#include "libs/expr/testing_view.h"
#include "tests/fuzz/fuzz.h"

namespace dangol {
namespace {

constexpr Micros kNow = 1'790'000'000 * kMicrosPerSecond;

const expr::TestingView& Customer() {
  static const auto& view = *[] {
    auto* made = new expr::TestingView;
    made->Add("purchase", kNow - 40 * kMicrosPerDay, 5000, "gangnam");
    made->Add("purchase", kNow - kMicrosPerDay, 12'000);
    made->Add("visit", kNow - 3 * kMicrosPerDay);
    made->segments.insert("vip");
    return made;
  }();
  return view;
}

expr::Schema SchemaWithSegments() {
  expr::Schema schema = expr::RetailSchema("KRW");
  schema.segments = {"vip", "dormant"};
  return schema;
}

}  // namespace
}  // namespace dangol

DANGOL_FUZZ_TARGET(segment_language) {
  using namespace dangol;  // NOLINT: a target stands outside
  static const expr::Schema& schema = *new expr::Schema(SchemaWithSegments());
  const auto compiled = expr::Compile(data, schema);
  if (!compiled.ok()) {
    FUZZ_CHECK(absl::IsInvalidArgument(compiled.status()));
    return;
  }
  const auto again = expr::Compile((*compiled)->Canonical(), schema);
  FUZZ_CHECK(again.ok());
  FUZZ_CHECK((*again)->Canonical() == (*compiled)->Canonical());
  const absl::TimeZone zone = absl::UTCTimeZone();
  const bool member = (*compiled)->Evaluate(Customer(), kNow, zone);
  FUZZ_CHECK(member == (*again)->Evaluate(Customer(), kNow, zone));
  FUZZ_CHECK((*compiled)->NextChange(Customer(), kNow, zone) > kNow);
  (*compiled)->Explain(Customer(), kNow, zone);
}
