#include "services/campaign/views.h"

#include <map>
#include <string>
#include <vector>

#include "dangol/online/v1/views.pb.h"
#include "libs/online/view_json.h"
#include "services/campaign/records.h"

namespace dangol::campaign {
namespace {

using online::View;

void AddContacts(StateView& state, CustomerId id, std::vector<online::Change>* changes) {
  v1::CustomerRecord record;
  if (!LoadCustomer(state, id, &record))
    return changes->push_back(online::DeleteView(View::kContacts, id));
  std::map<std::string, online::v1::ContactCounter> channels;
  for (const v1::RecentContact& contact : record.recent())
    channels[contact.channel()].add_contact_time_us(contact.time_us());
  online::v1::ContactCounters view;
  for (auto& [channel, counter] : channels) {
    counter.set_channel(channel);
    *view.add_counters() = counter;
  }
  changes->push_back(online::PutMessage(View::kContacts, id, view));
}

}  // namespace

online::ViewBuilder Views() { return {.view = AddContacts}; }

}  // namespace dangol::campaign
