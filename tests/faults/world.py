"""What a row's rounds happen in: a broker, a Redis, two instances of each service, and a campaign that
answers purchases over two channels, one that deduplicates and one that does not."""

import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / folder) for folder in ("deploy/local", "tests/integration")]
import broker as kafka
import cluster as local
import shop
from cluster import SERVICES
from receiver import Receiver
from redis_server import Redis

PARTITIONS = 4
INSTANCES = [service + end for end in ("", "-2") for service in SERVICES]
TRIGGER_NET, REACTION_NET = shop.TRIGGER_NET, 500

# Beside push, which deduplicates, one that does not.
MORE = """
---
kind: Channel
name: once
consent_channel: push
webhook: {url: "URLonce"}
---
kind: Segment
name: new-buyers
business_unit: shop
expression: count(purchase) IN LAST 6 MONTHS >= 1
"""

CELLS = [shop.PUSH.replace("70%", "40%"), shop.PUSH.replace("push", "once").replace("70%", "30%")]


class World:
    """Servers, and who has bought what in them: `asked` and `reacted` are users whose trigger purchase,
    and whose second one, was accepted."""

    def __init__(self, bin_dir, broker=None, redis=None, flags=()):
        """broker, redis: others than a plain one; they are started here, and removed."""
        self.broker = broker or kafka.Broker()
        self.redis = redis or Redis()
        self.receiver = Receiver()
        self.cluster = local.Cluster(bin_dir, self.broker.address, self.redis, flags)
        self.asked, self.reacted, self.dead_letters = [], [], 0
        self.also = []  # to be removed at the end

    def start(self):
        self.broker.start()
        self.redis.start()
        self.cluster.make_topics(PARTITIONS, len(self.broker.ports))
        self.cluster.start_all(2)
        self._set_up()

    def _set_up(self):
        shop.apply(self.cluster, "setup", shop.setup(self.receiver.url, MORE.replace("URL", self.receiver.url),
                                                     shop.BUYERS))
        shop.apply(self.cluster, "campaign", shop.thanks(*CELLS, delay="0s"))
        shop.launch(self.cluster)

    def add_customers(self, users):
        self.cluster.must("upsert", text=shop.customers(users))

    def received(self):
        """Requests to the channels, by idempotency key, which is the contact's id."""
        with self.receiver.lock:
            return dict(self.receiver.keys)

    def dead_letters_seen(self):
        cluster = self.cluster
        done = subprocess.run(["kcat", "-b", cluster.kafka, "-C", "-q", "-e", "-t", f"{cluster.prefix}.dead.v1",
                               "-X", "isolation.level=read_committed", "-f", "%o\n"], capture_output=True, text=True)
        if done.returncode != 0:
            raise OSError(f"kcat: {done.stderr.strip()}")
        return len(done.stdout.split())

    def remove(self):
        self.cluster.kill_all()
        self.redis.kill()
        self.broker.remove()
        self.cluster.forget()
        for other in self.also:
            other.remove()
