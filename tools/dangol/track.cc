// track, upsert: one event from flags, or many as JSON lines.
#include <CLI/CLI.hpp>
#include <iostream>
#include <map>
#include <memory>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/json_util.h"
#include "libs/base/calendar.h"
#include "libs/base/status.h"
#include "libs/config/currency.h"
#include "tools/client/connection.h"
#include "tools/dangol/commands.h"
#include "tools/dangol/import/sender.h"
#include "tools/dangol/session.h"
#include "tools/dangol/text.h"

namespace dangol::cli {
namespace {

struct Args {
  std::string customer, kind, business_unit, source = "cli", time, net, currency, event;
  std::string message_id, external_id, store, channel, treatment_code;
  int64_t quantity = 0;
  std::map<std::string, std::string> traits;
  std::string consent, evidence;
};

absl::StatusOr<common::v1::Identifier> IdentifierOf(const std::string& text) {
  DANGOL_ASSIGN_OR_RETURN(const common::v1::CustomerRef ref, ParseRef(text));
  if (ref.has_identifier()) return ref.identifier();
  return Usage(BadField("customer", text, "is no identifier", "write type:value"));
}

absl::StatusOr<Micros> TimeOf(Session& session, const Args& args) {
  if (!args.time.empty()) {
    const auto time = ParseTime(args.time, absl::UTCTimeZone());
    if (!time.ok()) return Usage(time.status());
    return time;
  }
  stream::v1::GetClockResponse clock;
  DANGOL_RETURN_IF_ERROR(session.Call([&](client::Connection& c, grpc::ClientContext* x) {
    return c.clock->GetClock(x, stream::v1::GetClockRequest(), &clock);
  }));
  return clock.time_us();
}

absl::Status FillKind(const Args& args, event::v1::Activity* activity) {
  int64_t minor = 0;
  if (!args.net.empty()) {
    const auto exponent = config::CurrencyExponent(args.currency);
    if (!exponent.ok()) return Usage(exponent.status());
    if (!config::ParseFixed(args.net, *exponent, &minor)) {
      return Usage(BadField("--net", args.net, "is no amount", "write e.g. 12.50"));
    }
  }
  if (args.kind == "purchase") {
    activity->mutable_purchase()->set_net_minor(minor);
    activity->mutable_purchase()->set_currency(args.currency);
    activity->mutable_purchase()->set_quantity(args.quantity);
  } else if (args.kind == "return") {
    activity->mutable_return_()->set_net_minor(minor);
    activity->mutable_return_()->set_currency(args.currency);
  } else if (args.kind == "visit") {
    activity->mutable_visit();
  } else {
    activity->mutable_web_event()->set_event(args.event);
  }
  return absl::OkStatus();
}

absl::StatusOr<event::v1::IngestEvent> ActivityOf(Session& session, const Args& args) {
  event::v1::IngestEvent event;
  auto* activity = event.mutable_activity();
  DANGOL_ASSIGN_OR_RETURN(*activity->add_identifiers(), IdentifierOf(args.customer));
  DANGOL_RETURN_IF_ERROR(FillKind(args, activity));
  DANGOL_ASSIGN_OR_RETURN(const Micros time, TimeOf(session, args));
  activity->set_occurred_time_us(time);
  activity->set_message_id(args.message_id.empty() ? Session::RequestId() : args.message_id);
  activity->set_source(args.source);
  activity->set_external_id(args.external_id);
  activity->set_business_unit(args.business_unit);
  activity->set_store(args.store);
  activity->set_channel(args.channel);
  activity->set_treatment_code(args.treatment_code);
  return event;
}

absl::StatusOr<event::v1::IngestEvent> UpsertOf(const Args& args) {
  event::v1::IngestEvent event;
  auto* upsert = event.mutable_upsert();
  DANGOL_ASSIGN_OR_RETURN(*upsert->add_identifiers(), IdentifierOf(args.customer));
  upsert->set_message_id(args.message_id.empty() ? Session::RequestId() : args.message_id);
  upsert->set_source(args.source);
  upsert->set_business_unit(args.business_unit);
  for (const auto& [name, value] : args.traits) {
    (*upsert->mutable_traits())[name].set_text(value);
  }
  if (!args.consent.empty()) {
    auto* consent = upsert->add_consents();
    consent->set_channel(args.consent);
    consent->set_purpose(profile::v1::CONSENT_PURPOSE_MARKETING);
    consent->set_granted(true);
    consent->set_evidence(args.evidence);
  }
  return event;
}

// One line: an Activity or CustomerUpsert as protobuf JSON.
absl::Status ParseLine(const std::string& line, bool activity, event::v1::IngestEvent* event) {
  google::protobuf::Message* message = nullptr;
  if (activity) message = event->mutable_activity();
  if (!activity) message = event->mutable_upsert();
  const auto parsed = google::protobuf::util::JsonStringToMessage(line, message);
  if (parsed.ok()) return absl::OkStatus();
  return Usage(absl::InvalidArgumentError(std::string(parsed.message())));
}

absl::Status SendLines(bool activity, import::Sender& sender) {
  std::string line;
  for (int64_t row = 1; std::getline(std::cin, line); ++row) {
    if (line.empty()) continue;
    import::Item item;
    item.row = row;
    const absl::Status parsed = ParseLine(line, activity, &item.event);
    if (!parsed.ok()) {
      return Usage(absl::InvalidArgumentError(absl::StrCat("line ", row, ": ", parsed.message())));
    }
    DANGOL_RETURN_IF_ERROR(sender.SendRow({std::move(item)}));
  }
  return absl::OkStatus();
}

absl::Status Send(Session& session, const Args& args, bool activity) {
  DANGOL_ASSIGN_OR_RETURN(client::Connection * connection, session.Connect());
  int64_t rejected = 0;
  const auto on_rejected = [&rejected](const import::ItemRejected& item) {
    rejected += 1;
    std::cerr << absl::StrCat("line ", item.row, ": ", item.field, ": ", Quote(item.value), " ",
                              item.reason, "\n");
  };
  import::Sender sender(*connection, on_rejected);
  if (args.customer.empty()) {
    DANGOL_RETURN_IF_ERROR(SendLines(activity, sender));
  } else {
    import::Item item;
    item.row = 1;
    DANGOL_ASSIGN_OR_RETURN(item.event, activity ? ActivityOf(session, args) : UpsertOf(args));
    DANGOL_RETURN_IF_ERROR(sender.SendRow({std::move(item)}));
  }
  DANGOL_RETURN_IF_ERROR(sender.Flush());
  std::cout << "accepted " << Thousands(sender.accepted()) << ", rejected " << Thousands(rejected)
            << "\n";
  if (rejected > 0) session.set_exit_code(kRefused);
  return absl::OkStatus();
}

void AddCommon(CLI::App* command, Args& args) {
  command->add_option("customer", args.customer, "type:value; none: JSON lines from stdin");
  command->add_option("--business-unit", args.business_unit);
  command->add_option("--source", args.source, "the feed")->capture_default_str();
  command->add_option("--message-id", args.message_id, "the same id takes effect once");
}

}  // namespace

void AddTrackCommands(CLI::App& app, Session& session) {
  auto args = std::make_shared<Args>();
  auto* track = app.add_subcommand("track", "record what a customer did");
  AddCommon(track, *args);
  track->add_option("kind", args->kind, "purchase, return, visit or web-event")
      ->check(CLI::IsMember({"purchase", "return", "visit", "web-event"}));
  track->add_option("--time", args->time, "UTC unless an offset is written; default: now");
  track->add_option("--net", args->net, "amount, e.g. 12.50");
  track->add_option("--currency", args->currency);
  track->add_option("--quantity", args->quantity);
  track->add_option("--event", args->event, "a web event's name");
  track->add_option("--external-id", args->external_id, "order number");
  track->add_option("--store", args->store);
  track->add_option("--channel", args->channel);
  track->add_option("--treatment-code", args->treatment_code, "what came back with it");
  track->footer(
      "Examples: dangol track user_id:42 purchase --net 12.50 --currency USD --business-unit shop\n"
      "          dangol track < activities.jsonl");
  session.SetAction(track, [&session, args] { return Send(session, *args, true); });

  auto* upsert = app.add_subcommand("upsert", "record facts about a customer");
  AddCommon(upsert, *args);
  upsert->add_option("--consent", args->consent, "channel that marketing was allowed on");
  upsert->add_option("--evidence", args->evidence, "where the consent's proof is");
  auto traits = std::make_shared<std::vector<std::string>>();
  upsert->add_option("--trait", *traits, "name=value");
  upsert->footer(
      "Example: dangol upsert user_id:42 --trait city=Seoul --consent email "
      "--evidence form-7");
  session.SetAction(upsert, [&session, args, traits]() -> absl::Status {
    for (const std::string& trait : *traits) {
      const size_t at = trait.find('=');
      if (at == std::string::npos) {
        return Usage(BadField("--trait", trait, "has no =", "write name=value"));
      }
      args->traits[trait.substr(0, at)] = trait.substr(at + 1);
    }
    return Send(session, *args, false);
  });
}

}  // namespace dangol::cli
