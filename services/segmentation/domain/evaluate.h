// Evaluates the segments of one customer at one instant, and records what changed.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "libs/base/types.h"
#include "services/segmentation/domain/catalogue.h"
#include "services/segmentation/domain/customer.h"
#include "services/segmentation/domain/view.h"

namespace dangol::event::v1 {
class MembershipChanged;
}

namespace dangol::segmentation {

// One customer at one instant. A segment is evaluated when first asked for, after those that it
// refers to. All arguments must outlive it. Not thread-safe.
class Evaluation : public MembershipSource {
 public:
  Evaluation(const Customer& customer, const Catalogue& catalogue, Micros at);
  ~Evaluation() override;

  bool IsMember(absl::string_view segment) const override;
  bool IsMember(size_t index) const;  // of catalogue.segments()
  bool Test(const expr::Compiled& compiled, const BusinessUnit& unit) const;
  const View& ViewOf(const BusinessUnit& unit) const;
  // The earliest instant after `at` at which a segment or a stage may change with no event.
  Micros NextChange() const;

 private:
  enum class Answer : char { kUnknown, kAsked, kIn, kOut };

  const Customer& customer_;
  const Catalogue& catalogue_;
  const Micros at_;
  mutable std::vector<Answer> answers_;
  mutable std::vector<std::pair<const BusinessUnit*, std::unique_ptr<View>>> views_;
};

// Why customers are evaluated.
struct Cause {
  int kind = 0;  // event.v1.MembershipCause
  std::string message_id;
};

struct SizeChange {
  uint32_t segment_id;
  int delta;
};

// Evaluates every segment and stage at `at`, brings the record's memberships and stages up to date,
// and appends what changed to `out` and `sizes`. Returns the next instant to evaluate at.
// Idempotent: a second call at the same instant changes nothing.
Micros Reevaluate(const Catalogue& catalogue, Micros at, const Cause& cause, Customer* customer,
                  event::v1::MembershipChanged* out, std::vector<SizeChange>* sizes);

}  // namespace dangol::segmentation
