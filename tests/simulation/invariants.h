// What must hold when everything has come to rest, whatever happened on the way. Each function adds
// test failures; none changes the world, except CheckReplay, which restarts it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/simulation/evidence.h"
#include "tests/simulation/season.h"
#include "tests/simulation/world.h"

namespace dangol::simulation {

// invariants_facts.cc: nothing lost, nothing twice, per-customer order, memberships as a fresh
// evaluation gives them, state equal to the replay of its changelog.
void CheckNothingLostOrTwice(World& world, const Season& season, const Evidence& evidence);
void CheckOrder(const Season& season, const Evidence& evidence);
void CheckMemberships(World& world, const Evidence& evidence);
void CheckReplay(World& world);

// invariants_contacts.cc: sends, control, caps, budgets, decisions.
void CheckDeliveries(const World& world, const Evidence& evidence);
void CheckHoldouts(const World& world, const Evidence& evidence);
void CheckCaps(const Evidence& evidence);
void CheckBudget(World& world, const Evidence& evidence);
void CheckDecisions(const Evidence& evidence);
void CheckContents(const World& world);
void CheckList(const Season& season, const Evidence& evidence);
void CheckProofs(const World& world, const Evidence& evidence);

// invariants_sums.cc: the waterfall ties to the contacts, the measured sums to the topics.
void CheckWaterfalls(World& world, const Evidence& evidence);
void CheckResponses(World& world, const Evidence& evidence);

// invariants_report.cc: every campaign's report, rebuilt from the log by a response service that
// starts with nothing, is the live one.
void CheckReports(World& world, const Evidence& evidence);

// invariants_people.cc: customers that were merged and erased: nothing lost or doubled, nothing
// left under their names.
void CheckPeople(World& world, const Season& season, const Evidence& evidence);

void CheckAll(World& world, const Season& season);
// The same where customers are merged and erased: what does not depend on who is who.
void CheckAllWithPeople(World& world, const Season& season);

std::map<std::string, int64_t> KindsOf(const std::vector<event::v1::Activity>& activities);
// Of segmentation's ledgers.
std::map<std::string, int64_t> KindsInLedgers(World& world);

// Contacts by campaign, cell and stage, and measured sums, as text.
std::string BusinessState(World& world);

}  // namespace dangol::simulation
