// Performs campaign's effects: looks up addresses in batches, then hands each contact to its
// channel.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "dangol/campaign/v1/campaign.pb.h"
#include "libs/stream/effects.h"

namespace dangol::campaign {

// Thread-safe; may block.
class AddressResolver {
 public:
  virtual ~AddressResolver() = default;
  // One address per customer, in order; "" where there is none.
  virtual absl::StatusOr<std::vector<std::string>> Resolve(
      v1::AddressKind kind, const std::vector<CustomerId>& customers) = 0;
};

// Perform and Recover return at once; one thread of its own resolves and writes files, webhooks
// have another. An address that cannot be looked up now is FAILED "not started": it is tried again.
class CampaignPerformer : public EffectPerformer {
 public:
  struct Options {
    // Directory that all file drops stay under; created when first used.
    std::string drop_root;
  };
  CampaignPerformer(Options options, std::unique_ptr<AddressResolver> resolver);
  ~CampaignPerformer() override;

  void Perform(Scope scope, std::vector<Effect> effects, Micros not_after,
               const DoneFn& done) override;
  // Webhook sends are UNKNOWN; the processor repeats those of idempotent channels. File drops look
  // into their files.
  void Recover(Scope scope, std::vector<Effect> effects, const DoneFn& done) override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace dangol::campaign
