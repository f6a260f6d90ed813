"""The load of kill_rounds.py: a shop whose customers buy, click and turn out to be one another, whose
orders come as files, and which sends a campaign a round and answers each click. Knows what was sent,
and what of it was acknowledged."""

import csv
import dataclasses
import json
import textwrap
import time

from people import CUSTOMERS, MEETING, People, card
from provider import TIMEOUT_S

START = "2026-01-05T09:00:00Z"  # a day's sending hours are enough for one life
TRACKED, IMPORTED, CLICKS = 150, 300, 15  # a round
THANKS = "thanks"  # the campaign that answers clicks
PAUSE_MAX_S, PAUSES = 0.6, 8

SETUP = """
kind: BusinessUnit
name: shop
currency: KRW
time_zone: UTC
---
kind: Channel
name: push
consent_channel: push
webhook: {{url: "{url}/push", idempotent: true, timeout_us: {timeout_us}}}
---
kind: Channel
name: sms
consent_channel: sms
webhook: {{url: "{url}/sms", timeout_us: {timeout_us}}}
---
kind: Channel
name: letter
consent_channel: mail
file_drop: {{directory: letters}}
---
kind: Offer
name: gift
business_unit: shop
nature: product
unit_cost_micros: 1000000000
response_value_minor: 12000
budget_minor: 100000
active: true
content: A gift.
---
kind: Offer
name: note
business_unit: shop
nature: information
response_value_minor: 1000
active: true
content: A note.
"""

CAMPAIGN = """
kind: Campaign
name: {name}
business_unit: shop
trigger: {{batch: {{waves: [{{name: w1}}]}}}}
audiences:
  - name: all
    cells:
      - {{name: control, share: 10%, is_control: true}}
      - {{name: push, share: 40%, channel: push, offers: [gift, note], offer_policy: thompson, content: "{{{{offer}}}}"}}
      - {{name: sms, share: 30%, channel: sms, content: "Now!"}}
      - {{name: letter, share: 20%, channel: letter, content: "Dear customer"}}
metrics:
  - {{name: sales, measure: sum, activity_kind: purchase}}
response_window: 7d
"""

THANKS_CAMPAIGN = """
kind: Campaign
name: thanks
business_unit: shop
trigger: {activity: {activity_kind: click, delay: 30s}}
audiences:
  - name: all
    cells:
      - {name: control, share: 20%, is_control: true}
      - {name: push, share: 40%, channel: push, offers: [note], content: "{{offer}}"}
      - {name: sms, share: 40%, channel: sms, content: "Thanks!"}
metrics:
  - {name: sales, measure: sum, activity_kind: purchase}
response_window: 7d
"""

CUSTOMERS_MAPPING = """
source: crm
business_unit: shop
records:
  - kind: customer
    identifiers:
      - {type: user_id, column: user}
      - {type: card, column: card}
    consents:
      - {channel: push, purpose: marketing, granted: true, evidence: {constant: form}}
      - {channel: sms, purpose: marketing, granted: true, evidence: {constant: form}}
      - {channel: mail, purpose: marketing, granted: true, evidence: {constant: form}}
    time: {constant: "2026-01-01"}
"""

ORDERS_MAPPING = """
source: pos
business_unit: shop
records:
  - kind: purchase
    identifiers:
      - {type: user_id, column: user}
    time: {column: time}
    external_id: {column: order}
    money: {column: net, currency: KRW}
    quantity: {constant: "1"}
"""


@dataclasses.dataclass
class Sums:
    count: int = 0
    net: int = 0

    def add(self, orders):
        self.count += len(orders)
        self.net += sum(net for _, _, net in orders)

    def __str__(self):
        return f"{self.count} of {self.net} won"


class Shop:
    def __init__(self, rng, url, work):
        self.rng, self.work = rng, work
        self.people = People(rng)
        self.sent, self.acknowledged = Sums(), Sums()
        self.campaigns, self.known = {}, {}  # campaign → who was one customer; contact id → contact
        # Under way this round; None: acknowledged.
        self.tracked = self.imported = self.clicked = self.campaign = None
        self.orders = 0
        self.setup_file = self.write("setup.yaml", SETUP.format(url=url, timeout_us=int(TIMEOUT_S * 1e6)))
        self.thanks_file = self.write("thanks.yaml", THANKS_CAMPAIGN)
        self.customers_mapping = self.write("customers-mapping.yaml", CUSTOMERS_MAPPING)
        self.orders_mapping = self.write("orders-mapping.yaml", ORDERS_MAPPING)
        self.customers_file = self.write(
            "customers.csv", "user,card\n" + "".join(f"u{i},{card(i)}\n" for i in range(CUSTOMERS)))

    def write(self, name, text):
        (self.work / name).write_text(textwrap.dedent(text).lstrip())
        return self.work / name

    def begin(self, server):
        server.must("apply", "-f", self.setup_file)
        server.must("import", "customers", "--mapping", self.customers_mapping, self.customers_file,
                    "--strict")
        server.settle()
        server.must("apply", "-f", self.thanks_file)
        self.launch(THANKS, server)
        server.settle()

    def launch(self, name, server):
        server.call("submit", name)
        server.call("approve", name, "--yes", principal="bea")
        server.call("start", name, principal="cem")

    def draft(self, n, quiet):
        """(order id, customer, net) of new orders; they count as sent from here on."""
        buyers = [user for user in range(CUSTOMERS) if user not in quiet]
        orders = [(f"o{self.orders + i}", self.rng.choice(buyers), 100 * self.rng.randrange(1, 1000))
                  for i in range(n)]
        self.orders += n
        self.sent.add(orders)
        for _, user, net in orders:
            bought = self.people.orders[user]
            self.people.orders[user] = [bought[0] + 1, bought[1] + net]
        return orders

    def plan(self, server):
        """What this round sends."""
        n = len(self.campaigns) + 1
        one = self.people.plan(n, server)
        quiet = self.people.quiet()
        self.tracked, self.imported = self.draft(TRACKED, quiet), self.draft(IMPORTED, quiet)
        # Some by those who are to meet, so that a merge finds contacts and triggers under way.
        meeting = sorted(self.people.touched & set(MEETING)) or MEETING
        self.clicked = [(f"click-{n}-{i}", self.rng.choice(meeting if i % 3 == 0 else MEETING))
                        for i in range(CLICKS)]
        # What a merge that is undone tells again must answer no click twice.
        self.clicked += [(f"click-{n}-pair", user) for user in self.people.next_pair()]
        self.people.clicks.update(user for _, user in self.clicked)
        self.time_us = int(server.json("clock")["time_us"])
        self.campaign = f"c{n}"
        self.campaigns[self.campaign] = one
        self.write("campaign.yaml", CAMPAIGN.format(name=self.campaign))
        with open(self.work / f"orders-{n}.csv", "w", newline="") as out:
            rows = csv.writer(out)
            rows.writerow(["order", "user", "net", "time"])
            for order, user, net in self.imported:
                rows.writerow([order, f"u{user}", net, "2026-01-04T12:00:00Z"])

    def pending(self):
        """What of this round is not acknowledged yet."""
        names = {"tracked": self.tracked, "imported": self.imported, "clicked": self.clicked,
                 "campaign": self.campaign}
        return [name for name, value in names.items() if value is not None] + self.people.pending()

    def actions(self, hurry):
        """What clients do at once, with pauses between. At the second try nobody dawdles."""
        return [self.dawdling(action, hurry) for action in
                (self.track, self.import_file, self.run_campaign, self.people.happen)]

    def dawdling(self, action, hurry):
        pauses = [self.rng.uniform(0, PAUSE_MAX_S) for _ in range(PAUSES)]
        return lambda server: action(server, lambda: time.sleep(0 if hurry else pauses.pop()))

    def track(self, server, pause):
        if self.tracked is not None:
            pause()
            lines = [activity(order, user, 1767528000000000, external_id=order,
                              purchase={"currency": "KRW", "net_minor": net, "quantity": 1})
                     for order, user, net in self.tracked]
            if server.call("track", text="\n".join(lines))[0] == 0:
                self.acknowledged.add(self.tracked)
                self.tracked = None
        if self.clicked is not None:
            pause()
            lines = [activity(click, user, self.time_us, web_event={"event": "click"})
                     for click, user in self.clicked]
            if server.call("track", text="\n".join(lines))[0] == 0:
                self.clicked = None

    def import_file(self, server, pause):
        if self.imported is None:
            return
        pause()
        file = self.work / f"orders-{len(self.campaigns)}.csv"
        code, _ = server.call("import", "activities", "--mapping", self.orders_mapping, file, "--strict")
        if code == 0:
            self.acknowledged.add(self.imported)
            self.imported = None

    def run_campaign(self, server, _):
        """From draft to running, from wherever the last try got to; then time passes."""
        name = self.campaign
        if name is None:
            return
        server.call("apply", "-f", self.work / "campaign.yaml")
        self.launch(name, server)
        code, _ = server.call("clock", "advance", "--by", "1m")
        code, text = server.call("progress", name, "-o", "json") if code == 0 else (code, "")
        if code == 0 and json.loads(text)["state"] in ("CAMPAIGN_STATE_RUNNING", "CAMPAIGN_STATE_FINISHED"):
            self.campaign = None


def activity(message, user, time_us, **what):
    return json.dumps({"message_id": message, "source": "app", "business_unit": "shop",
                       "occurred_time_us": time_us,
                       "identifiers": [{"type": "IDENTIFIER_TYPE_USER_ID", "value": f"u{user}"}], **what})
