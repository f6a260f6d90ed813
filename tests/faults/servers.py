"""Rows: one broker of three, the broker's disk, a Redis Cluster."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import time

import redis_cluster
from rows import at_random, row
import world as worlds

DISK = "512m"


@row("flush-redis", "FLUSHALL")
def flush_redis(world, random, stream):
    at_random(random, stream)
    world.redis.ask([["FLUSHALL"]])
    return "everything"


def three_brokers(bin_dir):
    return worlds.World(bin_dir, worlds.kafka.Brokers())


@row("lose-broker", "kill -9 of one broker of three, started again after up to 15 s", make=three_brokers, pace_s=1)
def lose_broker(world, random, stream):
    at_random(random, stream)
    node = random.choice(world.broker.nodes)
    node.kill()
    away_s = random.choice([0, 5, 15])
    time.sleep(away_s)
    node.start()
    return f"broker {world.broker.nodes.index(node) + 1} away for {away_s} s more than its start"


def with_redis_cluster(bin_dir):
    return worlds.World(bin_dir, redis=redis_cluster.RedisCluster())


@row("redis-failover", "kill -9 of a master of a Redis Cluster, its replica takes over; it comes back empty",
     make=with_redis_cluster, pace_s=0.5)
def redis_failover(world, random, stream):
    at_random(random, stream)
    masters = world.redis.masters()
    slots = random.choice(sorted(masters))
    victim = masters[slots]
    victim.kill()
    world.cluster.wait("a replica takes over", lambda: world.redis.masters().get(slots, victim) is not victim)
    victim.start()
    world.redis.await_whole()
    return f"slots {slots[0]} to {slots[1]}"


class SmallDisk:
    """A file system in memory."""

    def __init__(self):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="dangol-small-disk-"))
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", self.path], check=True)

    def fill(self):
        with open(self.path / "ballast", "wb", 0) as file:
            try:
                while True:
                    file.write(b"x" * (1 << 16))
            except OSError:
                pass

    def empty(self):
        (self.path / "ballast").unlink()

    def remove(self):
        subprocess.run(["umount", self.path], check=False)
        shutil.rmtree(self.path, ignore_errors=True)


def cannot_mount():
    if os.geteuid() != 0:
        return "needs root to mount a file system"
    try:
        SmallDisk().remove()
        return ""
    except subprocess.CalledProcessError:
        return "cannot mount a file system here"


def on_small_disk(bin_dir):
    disk = SmallDisk()
    world = worlds.World(bin_dir, worlds.kafka.Broker(folder=disk.path))
    world.disk, world.also = disk, [disk]
    return world


@row("full-disk", "the broker's disk is full to the last byte for 15 s; it is started again if it ended",
     make=on_small_disk, missing=cannot_mount, pace_s=0.5)
def full_disk(world, random, stream):
    at_random(random, stream)
    world.disk.fill()
    end = time.monotonic() + 15
    while time.monotonic() < end and world.broker.process.poll() is None:
        time.sleep(0.1)
    ended = world.broker.process.poll() is not None
    time.sleep(max(0.0, end - time.monotonic()))
    world.disk.empty()
    if ended:
        world.broker.start()
    return "the broker ended itself" if ended else "the broker went on"
