// One attempt on its way through a channel.
#pragma once

#include <string>
#include <utility>

#include "dangol/campaign/v1/state.pb.h"
#include "libs/base/types.h"
#include "libs/stream/effects.h"

namespace dangol::campaign {

struct Outgoing {
  Partition partition = 0;  // of the scope that asks
  v1::SendRequest send;
  int32_t attempt = 1;
  std::string address;
  Micros not_after = kNever;  // SteadyMicros
  EffectPerformer::DoneFn done;

  void Finish(EffectResult result, std::string detail = "", std::string message_id = "") const {
    done({send.contact_id(), attempt, result, std::move(message_id), std::move(detail)});
  }
};

}  // namespace dangol::campaign
