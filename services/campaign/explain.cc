// Why was this customer contacted by this campaign, or not.
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "dangol/event/v1/contact.pb.h"
#include "dangol/profile/v1/customer.pb.h"
#include "libs/base/calendar.h"
#include "libs/base/hash.h"
#include "libs/base/names.h"
#include "libs/base/status.h"
#include "services/campaign/commands.h"
#include "services/campaign/domain/cells.h"
#include "services/campaign/domain/contact_id.h"
#include "services/campaign/domain/selection.h"
#include "services/campaign/domain/state_machine.h"
#include "services/campaign/keys.h"
#include "services/campaign/processor.h"
#include "services/campaign/reports.h"

namespace dangol::campaign {
namespace {

void AddCheck(std::string name, bool passed, std::string value,
              google::protobuf::RepeatedPtrField<v1::Check>* out) {
  v1::Check* check = out->Add();
  check->set_name(std::move(name));
  check->set_passed(passed);
  check->set_value(std::move(value));
}

std::string When(const v1::CheckMark& mark, absl::string_view inside) {
  if (mark.value() == 0) return absl::StrCat("not in ", inside);
  return absl::StrCat("in ", inside, " until ", FormatTime(mark.value()));
}

std::string AddressName(int64_t kind) {
  switch (kind) {
    case v1::ADDRESS_KIND_EMAIL:
      return "email";
    case v1::ADDRESS_KIND_PHONE:
      return "phone";
    case v1::ADDRESS_KIND_USER_ID:
      return "user id";
    default:
      return "none needed";
  }
}

// A stored mark in words.
v1::Check InWords(const v1::CheckMark& mark) {
  std::string name, value;
  switch (mark.kind()) {
    case v1::CHECK_KIND_CAMPAIGN_OPEN:
      name = mark.subject().empty() ? "campaign not cancelled" : "campaign running";
      value = StateName(static_cast<v1::CampaignState>(mark.value()));
      if (mark.limit() != 0) value += ", every send is paused";
      break;
    case v1::CHECK_KIND_DO_NOT_SERVE:
      name = "not do-not-serve";
      value = mark.passed() ? "not restricted" : "restricted";
      break;
    case v1::CHECK_KIND_CONSENT:
      name = absl::StrCat(
          "consent ", mark.subject(), " ",
          absl::StripPrefix(profile::v1::ConsentPurpose_Name(
                                static_cast<profile::v1::ConsentPurpose>(mark.value())),
                            "CONSENT_PURPOSE_"));
      value = mark.passed() ? "granted" : "not granted";
      break;
    case v1::CHECK_KIND_ADDRESS:
      name = absl::StrCat("address for the channel: ", AddressName(mark.value()));
      value = mark.passed() ? "not missing" : "missing";
      break;
    case v1::CHECK_KIND_CAP:
      name = absl::StrCat("cap in ", mark.subject());
      value = absl::StrCat(mark.value(), " of ", mark.limit(), " contacts made");
      break;
    case v1::CHECK_KIND_MEMBERSHIP:
      name = mark.subject().empty() ? "still selected"
                                    : absl::StrCat(mark.value() != 0 ? "not in" : "still in",
                                                   " segment ", mark.subject());
      value = mark.passed() ? "yes" : "no";
      break;
    case v1::CHECK_KIND_FRESHNESS:
      name = absl::StrCat("feed ", mark.subject(), " fresh within ", FormatDuration(mark.limit()));
      value = mark.value() == 0 ? "never heard of"
                                : absl::StrCat("newest activity ", FormatTime(mark.value()));
      break;
    case v1::CHECK_KIND_IN_TIME:
      name = absl::StrCat("not later than ", FormatTime(mark.limit()));
      value = FormatTime(mark.value());
      break;
    case v1::CHECK_KIND_NIGHT:
      name = absl::StrCat("night consent ", mark.subject(), " between 21:00 and 08:00");
      value = When(mark, "the night");
      break;
    case v1::CHECK_KIND_QUIET_HOURS:
      name = absl::StrCat("quiet hours, ", mark.subject());
      value = When(mark, "quiet hours");
      break;
    case v1::CHECK_KIND_OFFER:
      name = "an offer for the customer";
      value = mark.passed() ? "chosen" : "none";
      break;
    default:
      name = v1::CheckKind_Name(mark.kind());
      value = absl::StrCat(mark.value());
  }
  v1::Check check;
  check.set_name(std::move(name));
  check.set_passed(mark.passed());
  check.set_value(std::move(value));
  return check;
}

void ExplainAudience(const v1::Campaign& campaign, const v1::Audience& audience,
                     const v1::CustomerRecord& customer, CustomerId id, bool selects,
                     const MemberFn& in, google::protobuf::RepeatedPtrField<v1::Check>* out) {
  const std::string who = absl::StrCat("audience ", audience.name(), ": ");
  if (!audience.segment().empty()) {
    const bool member = in(audience.segment());
    AddCheck(absl::StrCat(who, "in segment ", audience.segment()), member, member ? "yes" : "no",
             out);
  }
  for (const std::string& segment : audience.excluded_segments()) {
    const bool member = in(segment);
    AddCheck(absl::StrCat(who, "not in segment ", segment), !member, member ? "in it" : "not in it",
             out);
  }
  if (campaign.assignment().has_list()) {
    const std::string cell = ListedCell(campaign, customer);
    AddCheck(absl::StrCat(who, "on the list"), FindCell(audience, cell) != nullptr,
             cell.empty() ? "not on it" : absl::StrCat("with cell ", cell), out);
    return;
  }
  if (!selects) return;  // another audience, or none, drew the cell
  const v1::HashAssignment& hash = campaign.assignment().hash();
  const double draw =
      Draw(hash.salt().empty() ? campaign.name() : hash.salt(), hash.salt_version(), id);
  AddCheck(absl::StrCat(who, "cell by hash"), true,
           absl::StrCat(CellByHash(campaign, audience, id)->name(), " (draw ", draw, ")"), out);
}

std::string SummaryOf(const v1::Contact& contact) {
  const std::string where =
      absl::StrCat(" in wave ", contact.wave(), ", cell ", contact.cell(), ".");
  if (!contact.suppression_reason().empty()) {
    return absl::StrCat("Not contacted: ", contact.suppression_reason(), where);
  }
  if (contact.is_holdout_twin() && contact.contact_time_us() != 0) {
    return absl::StrCat("Held out as control at ", FormatTime(contact.contact_time_us()), where);
  }
  if (contact.status() == event::v1::CONTACT_STATUS_FAILED) {
    return absl::StrCat("Not contacted: the channel failed", where);
  }
  // contact_time_us is that of the last attempt, which may have failed for certain.
  const bool refused = contact.attempt() > 0 && !contact.counts_as_contact();
  if (refused) return absl::StrCat("Not contacted yet: retrying", where);
  if (contact.contact_time_us() == 0) return absl::StrCat("Planned, not decided yet", where);
  const std::string status(
      absl::StripPrefix(event::v1::ContactStatus_Name(contact.status()), "CONTACT_STATUS_"));
  return absl::StrCat("Contacted at ", FormatTime(contact.contact_time_us()), " (", status, ")",
                      where);
}

std::string Summary(const v1::ExplainContactResponse& response, const Selection& now,
                    const v1::Campaign& campaign) {
  if (response.contacts().empty()) {
    const std::string state = absl::StrCat("; the campaign is ", StateName(campaign.state()));
    if (now.audience == nullptr) return absl::StrCat("Not selected: in no audience", state, ".");
    if (now.cell == nullptr) {
      return absl::StrCat("Not selected by audience ", now.audience->name(), ": ", now.excluded,
                          state, ".");
    }
    return absl::StrCat("Not planned yet: would be in cell ", now.cell->name(), state, ".");
  }
  return SummaryOf(response.contacts(response.contacts_size() - 1).contact());
}

}  // namespace

absl::StatusOr<v1::ExplainContactResponse> Explain(const CampaignProcessor& processor,
                                                   StateView& state, const std::string& name,
                                                   CustomerId id) {
  const v1::Campaign* campaign = processor.definitions().campaign(name);
  if (campaign == nullptr) return NotFound("campaign", name);
  v1::CustomerRecord customer;
  if (!LoadCustomer(state, id, &customer)) return NotFound("customer", CustomerName(id));
  const MemberFn in = [&](absl::string_view segment) {
    return processor.segments().IsMember(customer, segment);
  };
  v1::ExplainContactResponse response;
  const Selection now = Select(*campaign, customer, id, in);
  for (const v1::Audience& audience : campaign->audiences()) {
    ExplainAudience(*campaign, audience, customer, id, now.audience == &audience, in,
                    response.mutable_selection());
  }
  constexpr int kContactsMax = 1000;
  for (v1::Contact& contact : ContactsOfCustomer(state, id, "", kContactsMax)) {
    if (contact.campaign() != name) continue;
    v1::ContactRecord record;
    Load(state, Table::kIndex, ContactKey(RawContactId(contact.contact_id())), &record);
    v1::ExplainedContact* explained = response.add_contacts();
    *explained->mutable_contact() = std::move(contact);
    for (const v1::CheckMark& mark : record.checks()) *explained->add_checks() = InWords(mark);
  }
  response.set_summary(Summary(response, now, *campaign));
  return response;
}

}  // namespace dangol::campaign
