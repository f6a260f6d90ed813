"""The load of kill_rounds.py: a shop whose customers buy, whose orders come as files, and which sends
a campaign a round. Knows what was sent, and what of it was acknowledged."""

import csv
import dataclasses
import json
import textwrap

from provider import TIMEOUT_S

START = "2026-01-05T09:00:00Z"  # a day's sending hours are enough for one life
CUSTOMERS = 200
TRACKED, IMPORTED = 150, 300  # orders a round

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

CUSTOMERS_MAPPING = """
source: crm
business_unit: shop
records:
  - kind: customer
    identifiers:
      - {type: user_id, column: user}
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
        self.sent, self.acknowledged = Sums(), Sums()
        self.campaigns, self.known = [], {}
        self.tracked = self.imported = self.campaign = None  # under way this round
        self.orders = 0
        self.setup_file = self.write("setup.yaml", SETUP.format(url=url, timeout_us=int(TIMEOUT_S * 1e6)))
        self.customers_mapping = self.write("customers-mapping.yaml", CUSTOMERS_MAPPING)
        self.orders_mapping = self.write("orders-mapping.yaml", ORDERS_MAPPING)
        self.customers_file = self.write(
            "customers.csv", "user\n" + "".join(f"u{i}\n" for i in range(CUSTOMERS)))

    def write(self, name, text):
        (self.work / name).write_text(textwrap.dedent(text).lstrip())
        return self.work / name

    def draft(self, n):
        """(order id, customer, net) of new orders; they count as sent from here on."""
        orders = [(f"o{self.orders + i}", f"u{self.rng.randrange(CUSTOMERS)}",
                   100 * self.rng.randrange(1, 1000)) for i in range(n)]
        self.orders += n
        self.sent.add(orders)
        return orders

    def plan(self):
        """What this round sends."""
        self.tracked, self.imported = self.draft(TRACKED), self.draft(IMPORTED)
        self.campaign = f"c{len(self.campaigns) + 1}"
        self.campaigns.append(self.campaign)
        self.write("campaign.yaml", CAMPAIGN.format(name=self.campaign))
        with open(self.work / f"orders-{self.campaign}.csv", "w", newline="") as out:
            rows = csv.writer(out)
            rows.writerow(["order", "user", "net", "time"])
            for order, user, net in self.imported:
                rows.writerow([order, user, net, "2026-01-04T12:00:00Z"])

    def pending(self):
        """What of this round is not acknowledged yet."""
        names = {"tracked": self.tracked, "imported": self.imported, "campaign": self.campaign}
        return [name for name, value in names.items() if value is not None]

    def track(self, server):
        if self.tracked is None:
            return
        lines = [json.dumps({
            "message_id": order, "external_id": order, "source": "app", "business_unit": "shop",
            "occurred_time_us": 1767528000000000,
            "identifiers": [{"type": "IDENTIFIER_TYPE_USER_ID", "value": user}],
            "purchase": {"currency": "KRW", "net_minor": net, "quantity": 1},
        }) for order, user, net in self.tracked]
        code, _ = server.call("track", text="\n".join(lines))
        if code == 0:
            self.acknowledged.add(self.tracked)
            self.tracked = None

    def import_file(self, server):
        if self.imported is None:
            return
        file = self.work / f"orders-{self.campaign or self.campaigns[-1]}.csv"
        code, _ = server.call("import", "activities", "--mapping", self.orders_mapping, file, "--strict")
        if code == 0:
            self.acknowledged.add(self.imported)
            self.imported = None

    def run_campaign(self, server):
        """From draft to running, from wherever the last try got to; then time passes."""
        name = self.campaign
        if name is None:
            return
        server.call("apply", "-f", self.work / "campaign.yaml")
        server.call("submit", name)
        server.call("approve", name, "--yes", principal="bea")
        server.call("start", name, principal="cem")
        code, _ = server.call("clock", "advance", "--by", "1m")
        code, text = server.call("progress", name, "-o", "json") if code == 0 else (code, "")
        if code == 0 and json.loads(text)["state"] in ("CAMPAIGN_STATE_RUNNING", "CAMPAIGN_STATE_FINISHED"):
            self.campaign = None
