// What the evaluator sees of one customer. Segmentation implements CustomerView over its record;
// tests implement it over literals.
#pragma once

#include <cstdint>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "libs/base/types.h"
#include "libs/expr/value.h"

namespace dangol::expr {

// A text interned by the view; 0 is absent. CustomerView::Text gives the text back.
using TextId = uint32_t;

// One row of the ledger: 88 bytes, no pointers. Money is minor units of the business unit's
// currency and, for returns, as positive as it was in the purchase: kinds are never netted here.
struct Activity {
  Micros time = 0;  // when it occurred
  int64_t gross = 0;
  int64_t net = 0;
  int64_t discount = 0;
  int64_t points_used = 0;
  int32_t quantity = 0;
  TextId store = 0;
  TextId channel = 0;
  TextId business_unit = 0;
  TextId brand = 0;
  TextId category = 0;
  TextId sku = 0;
  TextId source = 0;
  uint64_t attributes = 0;  // whatever the view needs to find the attributes; opaque here
};

// Classes of one scheme; 0 is no class. Holds until `until`, the first instant at which it may
// differ with no new activity.
struct RfmClass {
  int r = 0;
  int f = 0;
  int m = 0;
  Micros until = kNever;
};

struct Stage {
  absl::string_view name;  // empty: no stage
  Micros until = kNever;
};

// Read-only and cheap to call; every call for the same arguments gives the same answer while an
// evaluation runs. Not required to be thread-safe. Texts must outlive the evaluation.
class CustomerView {
 public:
  virtual ~CustomerView() = default;

  // Absent when the customer has no such trait. Text, number, boolean or time.
  virtual Value Trait(absl::string_view name) const = 0;
  // All activities of a kind by ascending time: "purchase", "return", "visit", "event/<name>".
  virtual absl::Span<const Activity> Activities(absl::string_view kind) const = 0;
  virtual absl::string_view Text(TextId id) const = 0;
  // An attribute of a generic event (or of an open kind): text, number or boolean.
  virtual Value Attribute(const Activity& activity, absl::string_view name) const = 0;
  virtual RfmClass Rfm(absl::string_view scheme, Micros now, absl::TimeZone zone) const = 0;
  virtual Stage LifecycleStage(Micros now, absl::TimeZone zone) const = 0;
  virtual bool IsMember(absl::string_view segment) const = 0;
  virtual bool HasConsent(absl::string_view channel, absl::string_view purpose) const = 0;
};

}  // namespace dangol::expr
