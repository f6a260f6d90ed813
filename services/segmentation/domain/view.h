// expr::CustomerView over a customer's record, for the segments of one business unit.
#pragma once

#include <string>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/container/node_hash_map.h"
#include "libs/expr/customer_view.h"
#include "services/segmentation/domain/catalogue.h"
#include "services/segmentation/domain/customer.h"

namespace dangol::segmentation {

// Answers segment("x").
class MembershipSource {
 public:
  virtual ~MembershipSource() = default;
  virtual bool IsMember(absl::string_view segment) const = 0;
};

// Shows the activities of the unit alone. Amounts in another currency than the unit's are shown as
// 0: such orders are counted and not summed. All arguments must outlive it.
class View : public expr::CustomerView {
 public:
  View(const Customer& customer, const Catalogue& catalogue, const BusinessUnit& unit,
       const MembershipSource& memberships)
      : customer_(customer), catalogue_(catalogue), unit_(unit), memberships_(memberships) {}

  expr::Value Trait(absl::string_view name) const override;
  absl::Span<const expr::Activity> Activities(absl::string_view kind) const override;
  absl::string_view Text(expr::TextId id) const override { return customer_.ledger.Text(id); }
  expr::Value Attribute(const expr::Activity& activity, absl::string_view name) const override;
  expr::RfmClass Rfm(absl::string_view scheme, Micros now, absl::TimeZone zone) const override;
  expr::Stage LifecycleStage(Micros now, absl::TimeZone zone) const override;
  bool IsMember(absl::string_view segment) const override { return memberships_.IsMember(segment); }
  bool HasConsent(absl::string_view channel, absl::string_view purpose) const override;

 private:
  absl::Span<const expr::Activity> FindActivities(absl::string_view kind) const;
  const Purchases& PurchasesAt(Micros now) const;

  const Customer& customer_;
  const Catalogue& catalogue_;
  const BusinessUnit& unit_;
  const MembershipSource& memberships_;
  // Copies of series with amounts of another currency, by kind; filled at the first question.
  mutable absl::node_hash_map<std::string, std::vector<expr::Activity>> masked_;
  // What was answered before: an evaluation asks the same again and again.
  mutable absl::InlinedVector<std::pair<absl::string_view, absl::Span<const expr::Activity>>, 4>
      activities_;
  mutable Purchases purchases_;  // before purchases_at_
  mutable Micros purchases_at_ = kNever;
  mutable expr::Stage stage_;  // at stage_at_
  mutable Micros stage_at_ = kNever;
};

}  // namespace dangol::segmentation
