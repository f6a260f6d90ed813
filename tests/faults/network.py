"""Rows: packets are lost (iptables, in a network namespace of this program's own) or late (a proxy).

Each instance reaches the broker by a door (listener) of its own, so that one can be cut off alone."""

import ctypes
import os
import shutil
import subprocess
import time

from proxy import Proxy
from rows import at_random, row
import world as worlds
from world import INSTANCES

CLONE_NEWNET = 0x40000000
LONG_S, SHORT_S = 25, 6  # beyond the session of 10 s, and within it
alone = False


def go_alone():
    """Into a network namespace with loopback only, before there are threads; if that may be."""
    global alone
    if os.geteuid() == 0 and shutil.which("iptables") and shutil.which("ip"):
        alone = (ctypes.CDLL(None).unshare(CLONE_NEWNET) == 0
                 and subprocess.run(["ip", "link", "set", "lo", "up"], capture_output=True).returncode == 0
                 and subprocess.run(["iptables", "-L", "-n"], capture_output=True).returncode == 0)


def missing():
    return "" if alone else "needs root, ip and iptables, and network namespaces"


class Loss:
    """Of packets to a port of loopback (`to`), from it (`fro`), or both, until the end of the block."""

    def __init__(self, port, ways):
        self.rules = [["INPUT", "-p", "tcp", {"to": "--dport", "fro": "--sport"}[way], str(port), "-j", "DROP"]
                      for way in ways]

    def __enter__(self):
        for rule in self.rules:
            subprocess.run(["iptables", "-A", *rule], check=True)

    def __exit__(self, *_):
        for rule in self.rules:
            subprocess.run(["iptables", "-D", *rule], check=True)


def with_doors(bin_dir):
    names = {instance: f"DOOR{i}" for i, instance in enumerate(INSTANCES)}
    world = worlds.World(bin_dir, worlds.kafka.Broker(doors=names.values()))
    world.doors = {instance: world.broker.doors[name] for instance, name in names.items()}
    world.cluster.kafka_of = {i: f"127.0.0.1:{port}" for i, port in world.doors.items()}
    return world


def draw(world, random):
    """Two parties, and the port between them."""
    kind = random.choice(["broker", "broker", "redis", "rpc"])
    victim = random.choice(INSTANCES)
    if kind == "broker":
        return f"{victim} and the broker", world.doors[victim]
    if kind == "redis":
        return "the services and Redis", world.redis.port
    return f"{victim} and its callers", world.cluster.ports[victim]


def lose(world, random, stream, ways):
    parties, port = draw(world, random)
    seconds = random.choice([SHORT_S, LONG_S])
    at_random(random, stream)
    with Loss(port, ways):
        time.sleep(seconds)
    return f"{' and '.join(ways)} between {parties} for {seconds} s"


@row("cut", f"no packets between two parties for {SHORT_S} or {LONG_S} s", make=with_doors, missing=missing,
     pace_s=1)
def cut(world, random, stream):
    return lose(world, random, stream, ["to", "fro"])


@row("one-way", "packets of one direction between two parties are lost, for as long", make=with_doors,
     missing=missing, pace_s=1)
def one_way(world, random, stream):
    return lose(world, random, stream, [random.choice(["to", "fro"])])


def with_proxy(bin_dir):
    """All that services say to the broker goes through it."""
    proxy = Proxy()
    world = worlds.World(bin_dir, worlds.kafka.Broker(doors=[("PROXIED", proxy.port)]))
    proxy.target, world.proxy = world.broker.doors["PROXIED"], proxy
    world.cluster.kafka_of = dict.fromkeys(INSTANCES, f"127.0.0.1:{proxy.port}")
    return world


@row("delay", "the broker's and the services' words to each other are 50 to 500 ms late for 15 s",
     make=with_proxy, pace_s=0.7)
def delay(world, random, stream):
    at_random(random, stream)
    most_s = random.choice([0.05, 0.15, 0.5])
    world.proxy.delay_s = lambda: random.uniform(0.3, 1) * most_s
    time.sleep(15)
    world.proxy.delay_s = lambda: 0.0
    return f"up to {most_s * 1000:.0f} ms"
