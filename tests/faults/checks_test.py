#!/usr/bin/env python3
"""That the checks of a round notice what they are for. They are held against what a faultless round shows,
and against the same with one thing wrong."""

import copy
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import checks
import world as worlds

ASKED, REACTED = ["a", "b", "c"], ["a"]


def contact(user, cell, status):
    return {"contact_id": f"k{user}", "customer": f"customers/{user}", "cell": cell, "channel": cell,
            "status": status, "is_holdout_twin": cell == "control", "counts_as_contact": cell != "control"}


def view(user, times, segments):
    return {"customer": user, "profile": {"registered": True}, "decisions": {},
            "memberships": {"memberships": [{"segment": s} for s in segments]},
            "contacts": {"counters": [{"contactTimeUs": ["1"] * times}]}}


def faultless():
    """Three were asked: one over each channel, one was held out. One bought again."""
    return checks.Seen(
        activities=4, net=3 * worlds.TRIGGER_NET + worlds.REACTION_NET,
        waterfall={"selected": 3, "held_out": 1, "sent": 2, "unknown": 0},
        report={"customers": 3, "responders": 1, "sum": worlds.REACTION_NET}, bought={1: 3, 2: 1, 3: 0},
        contacts=[contact("a", "once", "CONTACT_STATUS_ACCEPTED"), contact("b", "push", "CONTACT_STATUS_ACCEPTED"),
                  contact("c", "control", "CONTACT_STATUS_PLANNED")],
        received={"ka": 1, "kb": 2},  # who deduplicates may be told twice
        views={"a": view("a", 1, ["new-buyers", "buyers"]), "b": view("b", 1, ["new-buyers"]),
               "c": view("c", 0, ["new-buyers"])},
        timelines={"a": ["a-1000", "a-500"], "c": ["c-1000"]}, health={"profile": "ok\n"},
        owned=dict.fromkeys(worlds.SERVICES, worlds.PARTITIONS), dead_letters=0)


WRONG = {
    "a purchase is lost": lambda s: setattr(s, "activities", 3),
    "a purchase counts twice in profile": lambda s: setattr(s, "net", s.net + worlds.REACTION_NET),
    "a purchase counts twice in the report": lambda s: s.report.update(sum=2 * worlds.REACTION_NET),
    "a reaction is lost": lambda s: s.report.update(responders=0, sum=0),
    "a purchase counts twice in a segment": lambda s: s.bought.update({3: 1}),
    "a purchase is lost to a segment": lambda s: s.bought.update({1: 2}),
    "a purchase is twice in a timeline": lambda s: s.timelines["a"].append("a-500"),
    "a purchase is missing in a timeline": lambda s: s.timelines["c"].clear(),
    "a customer is not selected": lambda s: s.waterfall.update(selected=2, held_out=0),
    "the waterfall does not tie": lambda s: s.waterfall.update(sent=1),
    "a contact hangs": lambda s: s.waterfall.update(in_flight=1),
    "a contact is given up": lambda s: s.waterfall.update(failed=1),
    "a customer is selected twice": lambda s: s.contacts.append(dict(s.contacts[0], contact_id="kd")),
    "a contact is gone": lambda s: s.contacts.pop(),
    "who was held out gets a message": lambda s: s.received.update(kc=1),
    "a message of no contact": lambda s: s.received.update(kz=1),
    "a message twice where nobody deduplicates": lambda s: s.received.update(ka=2),
    "sent, but never received": lambda s: s.received.pop("kb"),
    "unknown, and received twice": lambda s: (s.contacts[0].update(status="CONTACT_STATUS_UNKNOWN"),
                                              s.received.update(ka=2)),
    "a view is missing": lambda s: s.views["b"].update(memberships=None),
    "a customer is unknown to the store": lambda s: s.views.pop("c"),
    "a view of before": lambda s: s.views["a"]["memberships"]["memberships"].pop(),
    "a view counts a contact twice": lambda s: s.views["b"]["contacts"]["counters"][0]["contactTimeUs"].append("2"),
    "a decision still waits in the store": lambda s: s.views["b"].update(decisions={"decisions": [{}]}),
    "a scope has halted": lambda s: s.health.update(profile="not serving: SCOPE_HALTED"),
    "a scope belongs to nobody": lambda s: s.owned.update(offer=3),
    "a scope belongs to two": lambda s: s.owned.update(offer=5),
    "a dead letter": lambda s: setattr(s, "dead_letters", 1),
}


class ChecksTest(unittest.TestCase):
    def test_a_faultless_round_shows_no_difference(self):
        self.assertEqual(checks.differences(checks.Expected(ASKED, REACTED), faultless()), [])

    def test_an_unknown_send_may_have_arrived_or_not(self):
        for received in ({"kb": 1}, {"ka": 1, "kb": 1}):
            seen = faultless()
            seen.contacts[0]["status"], seen.received = "CONTACT_STATUS_UNKNOWN", received
            seen.waterfall.update(sent=1, unknown=1)
            self.assertEqual(checks.differences(checks.Expected(ASKED, REACTED), seen), [])

    def test_whatever_is_wrong_is_noticed(self):
        for what, spoil in WRONG.items():
            with self.subTest(what):
                seen = copy.deepcopy(faultless())
                spoil(seen)
                self.assertNotEqual(checks.differences(checks.Expected(ASKED, REACTED), seen), [])


if __name__ == "__main__":
    unittest.main()
