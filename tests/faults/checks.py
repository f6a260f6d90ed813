"""What must be true once a round has come to rest."""

import collections
import dataclasses
import time

import world as worlds

UNSENT = {"CONTACT_STATUS_PLANNED"}
SENT = {"CONTACT_STATUS_ACCEPTED", "CONTACT_STATUS_ASSUMED_DELIVERED"}
UNKNOWN = {"CONTACT_STATUS_UNKNOWN"}


@dataclasses.dataclass
class Expected:
    asked: list  # users whose first purchase was accepted
    reacted: list  # … whose second one, too
    dead_letters: int = 0  # provoked


@dataclasses.dataclass
class Seen:
    activities: int  # profile's own sum
    net: int
    waterfall: dict
    report: dict  # customers, responders, sum over all cells
    bought: dict  # times → customers who bought at least so often
    contacts: list  # as `dangol contacts` tells
    received: dict  # idempotency key → requests
    views: dict  # user → {"customer", "profile", "memberships", "contacts", "decisions"}
    timelines: dict  # of some users → message ids of their purchases
    health: dict  # instance → what /healthz says
    owned: dict  # service → scopes, over its instances
    dead_letters: int


def differences(expected, seen):
    """Lines; none: all is as it must be."""
    found = []

    def same(what, is_, wanted):
        if is_ != wanted:
            found.append(f"{what}: {is_}, not {wanted}")

    asked, reacted = len(expected.asked), len(expected.reacted)
    same("purchases in profile", seen.activities, asked + reacted)
    same("net of purchases in profile", seen.net,
         asked * worlds.TRIGGER_NET + reacted * worlds.REACTION_NET)
    _waterfall(same, asked, seen.waterfall)
    same("report", seen.report, {"customers": asked, "responders": reacted,
                                 "sum": reacted * worlds.REACTION_NET})
    same("who bought once, twice, three times", seen.bought, {1: asked, 2: reacted, 3: 0})
    _contacts(same, expected, seen)
    _views(same, expected, seen)
    again = set(expected.reacted)
    for user, orders in seen.timelines.items():
        nets = [worlds.TRIGGER_NET] + [worlds.REACTION_NET] * (user in again)
        same(f"timeline of {user}", sorted(orders), sorted(f"{user}-{net}" for net in nets))
    same("not healthy", {i: text for i, text in seen.health.items() if text != "ok\n"}, {})
    same("scopes owned", seen.owned, {service: worlds.PARTITIONS for service in worlds.SERVICES})
    same("dead letters", seen.dead_letters, expected.dead_letters)
    return found


def _waterfall(same, asked, total):
    same("selected", total.get("selected"), asked)
    same("held out, sent or unknown", sum(total.get(k, 0) for k in ("held_out", "sent", "unknown")), asked)
    for none in ("pending", "in_flight", "suppressed", "excluded", "failed"):
        same(none, total.get(none, 0), 0)


def _contacts(same, expected, seen):
    of_customer = collections.Counter(c["customer"] for c in seen.contacts)
    same("customers contacted or held out", len(of_customer), len(expected.asked))
    same("selected more than once", [c for c, times in of_customer.items() if times > 1], [])
    out = {c["contact_id"]: c for c in seen.contacts if not c["is_holdout_twin"]}
    same("messages to who was held out, or for no contact", [k for k in seen.received if k not in out], [])
    for key, contact in out.items():
        times, status = seen.received.get(key, 0), contact["status"]
        if status in SENT:
            same(f"sent by {contact['channel']}, but never received: {key}", times > 0, True)
        elif status not in UNKNOWN:
            same(f"status of {key}", status, "sent or unknown")
        if contact["channel"] == "once":
            same(f"received more than once: {key} ({status})", times > 1, False)


def _views(same, expected, seen):
    counted = {c["customer"] for c in seen.contacts if c["counts_as_contact"]}
    again, wrong = set(expected.reacted), []
    for user in expected.asked:
        view = seen.views.get(user, {})
        if None in view.values() or not view:
            wrong.append(f"{user}: not all there")
            continue
        times = sum(len(c["contactTimeUs"]) for c in view["contacts"].get("counters", []))
        segments = {m["segment"] for m in view["memberships"].get("memberships", [])}
        is_ = (times, segments, view["decisions"], bool(view["profile"].get("registered")))
        must = (int(f"customers/{view['customer']}" in counted),
                {"new-buyers"} | ({"buyers"} if user in again else set()), {}, True)
        if is_ != must:
            wrong.append(f"{user}: {is_}, not {must}")
    same("views that differ from their owners", wrong[:5], [])


def settle(look, expect, patience_s):
    """Looks until nothing differs; the last differences, if they stay."""
    end = time.monotonic() + patience_s
    while True:
        found = look(expect)
        if not found or time.monotonic() > end:
            return found
        time.sleep(0.2)
