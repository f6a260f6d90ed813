// Evaluates the segments of one customer at one instant, and records what changed.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "libs/base/types.h"
#include "libs/expr/compiled.h"
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
  // The same, and until when it stands with no event.
  expr::Outlook Look(size_t index) const;

 private:
  enum class Answer : char { kUnknown, kAsked, kIn, kOut };

  const Customer& customer_;
  const Catalogue& catalogue_;
  const Micros at_;
  mutable absl::InlinedVector<Answer, 32> answers_;
  mutable std::vector<std::pair<const BusinessUnit*, std::unique_ptr<View>>> views_;
};

// Why customers are evaluated.
struct Cause {
  int kind = 0;  // event.v1.MembershipCause
  std::string message_id;
};

// What may have changed since a customer was last evaluated.
struct Affected {
  bool everything = true;
  const BusinessUnit* unit = nullptr;  // of otherwise nothing: the one unit; nullptr: none
  bool Holds(const BusinessUnit* of) const { return everything || of == unit; }
};

// After an activity at `at` that added rows of `kind` in `business_unit` to a customer who was
// evaluated with this catalogue before. All other segments and stages stand as they are recorded:
// they read none of these rows, and the instant at which time alone may change them lies ahead.
Affected AffectedBy(const Catalogue& catalogue, const Customer& customer,
                    absl::string_view business_unit, absl::string_view kind, Micros at);

struct SizeChange {
  uint32_t segment_id;
  int delta;
};

// Evaluates the segments and stages that are affected at `at`, brings the record's memberships and
// units up to date, and appends what changed to `out` and `sizes`. Returns the next instant to
// evaluate at. Idempotent: a second call at the same instant changes nothing.
Micros Reevaluate(const Catalogue& catalogue, Micros at, const Cause& cause, Affected affected,
                  Customer* customer, event::v1::MembershipChanged* out,
                  std::vector<SizeChange>* sizes);

}  // namespace dangol::segmentation
