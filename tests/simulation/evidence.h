// Everything that was ever written to the topics of a World, parsed, in order.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "dangol/campaign/v1/campaign.pb.h"
#include "dangol/event/v1/contact.pb.h"
#include "dangol/event/v1/customer.pb.h"
#include "dangol/event/v1/decision.pb.h"
#include "dangol/event/v1/proposal.pb.h"
#include "dangol/offer/v1/offer.pb.h"
#include "tests/simulation/world.h"

namespace dangol::simulation {

struct Evidence {
  explicit Evidence(World* world);

  // What one customer is known to have done and been, from topic customer alone.
  struct Person {
    std::vector<event::v1::Activity> activities;  // in order of the topic
    std::string city;
  };
  std::map<CustomerId, Person> people;
  // Who was merged into whom.
  std::map<CustomerId, CustomerId> merged;
  // Who that is now.
  CustomerId Now(CustomerId id) const {
    for (auto it = merged.find(id); it != merged.end(); it = merged.find(id)) id = it->second;
    return id;
  }
  std::map<std::string, event::v1::ContactEvent> contacts;  // the last event of each contact id
  std::vector<event::v1::ProposalEvent> proposals;
  std::vector<event::v1::DecisionEvent> decisions;
  std::map<std::string, campaign::v1::Campaign> campaigns;  // as last published
  std::map<std::string, offer::v1::Offer> offers;
  int64_t dead = 0;
};

// Measured: sent (or perhaps sent), or held out.
inline bool Measured(const event::v1::ContactEvent& contact) {
  if (contact.is_proof()) return false;
  return contact.counts_as_contact() ||
         (contact.is_holdout_twin() && contact.status() == event::v1::CONTACT_STATUS_PLANNED);
}

}  // namespace dangol::simulation
