"""What a row's rounds happen in: a broker, a Redis, two instances of each service, and a campaign that
answers purchases over two channels, one that deduplicates and one that does not."""

import json
import pathlib
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / folder) for folder in ("deploy/local", "deploy/kafka", "tests/integration")]
import broker as kafka
import cluster as local
from cluster import SERVICES
from receiver import Receiver

PARTITIONS = 4
INSTANCES = [service + end for end in ("", "-2") for service in SERVICES]
TRIGGER_NET, REACTION_NET = 1000, 500

SETUP = """
kind: BusinessUnit
name: shop
currency: KRW
time_zone: {zone}
---
kind: Channel
name: push
consent_channel: push
webhook: {{url: "{url}push", idempotent: true}}
---
kind: Channel
name: once
consent_channel: push
webhook: {{url: "{url}once", idempotent: false}}
---
kind: Offer
name: gift
business_unit: shop
nature: product
response_value_minor: 12000
active: true
content: A gift.
---
kind: Segment
name: new-buyers
business_unit: shop
expression: count(purchase) IN LAST 6 MONTHS >= 1
---
kind: Segment
name: buyers
business_unit: shop
expression: count(purchase) IN LAST 6 MONTHS >= 2
"""

CAMPAIGN = """
kind: Campaign
name: thanks
business_unit: shop
trigger: {{activity: {{activity_kind: purchase, min_net_minor: {least}, fresh_within: 1h}}}}
audiences:
  - name: all
    cells:
      - {{name: control, share: 30%, is_control: true}}
      - {{name: push, share: 40%, channel: push, offers: [gift], offer_policy: uniform, content: "{{{{offer}}}}"}}
      - {{name: once, share: 30%, channel: once, offers: [gift], offer_policy: uniform, content: "{{{{offer}}}}"}}
metrics:
  - {{name: sales, measure: sum, activity_kind: purchase}}
response_window: 7d
"""


def day_zone():
    """A zone in which it is about noon: marketing keeps the night."""
    ahead = 12 - time.gmtime().tm_hour
    return f"Etc/GMT{-ahead:+d}" if ahead else "UTC"


class World:
    """Servers, and who has bought what in them: `asked` and `reacted` are users whose trigger purchase,
    and whose second one, was accepted."""

    def __init__(self, bin_dir, broker=None, redis=None, flags=()):
        """broker, redis: others than a plain one; they are started here, and removed."""
        self.broker = broker or kafka.Broker()
        self.redis = redis or local.Redis()
        self.receiver = Receiver()
        self.cluster = local.Cluster(bin_dir, self.broker.address, self.redis, flags)
        self.asked, self.reacted, self.dead_letters = [], [], 0
        self.also = []  # to be removed at the end

    def start(self):
        self.broker.start()
        self.redis.start()
        self.cluster.make_topics(PARTITIONS, len(self.broker.ports))
        for instance in INSTANCES:
            self.cluster.launch(instance)
        for instance in INSTANCES:
            self.cluster.await_start(instance)
        self._set_up()

    def _set_up(self):
        cluster = self.cluster
        (cluster.dir / "setup.yaml").write_text(SETUP.format(url=self.receiver.url, zone=day_zone()))
        (cluster.dir / "campaign.yaml").write_text(CAMPAIGN.format(least=TRIGGER_NET))
        for document in ("setup.yaml", "campaign.yaml"):
            cluster.must("apply", "-f", cluster.dir / document)
        cluster.must("submit", "thanks")
        cluster.must("approve", "thanks", "--yes", principal="bea")
        cluster.must("start", "thanks", principal="cem")

    def add_customers(self, users):
        self.cluster.must("upsert", text="\n".join(json.dumps({
            "message_id": f"c-{user}", "source": "crm", "business_unit": "shop",
            "identifiers": [{"type": "IDENTIFIER_TYPE_USER_ID", "value": user}],
            "consents": [{"channel": "push", "purpose": "CONSENT_PURPOSE_MARKETING", "granted": True,
                          "evidence": "form"}]}) for user in users))

    def received(self):
        """Requests to the channels, by idempotency key, which is the contact's id."""
        with self.receiver.lock:
            return dict(self.receiver.keys)

    def remove(self):
        self.cluster.kill_all()
        self.redis.kill()
        self.broker.remove()
        self.cluster.forget()
        for other in self.also:
            other.remove()
