"""Rows: processes die, stand still, or are changed for others."""

import shutil
import signal
import time

from rows import at_random, row
from world import INSTANCES

STOPPED_S = 30
JUST_TOO_LONG_S = 11  # a member's session lasts 10 s


@row("kill-service", "kill -9 of a service instance, started again at once")
def kill_service(world, random, stream):
    victim = random.choice(INSTANCES)
    at_random(random, stream)
    world.cluster.kill(victim)
    world.cluster.start(victim)
    return victim


@row("kill-broker", "kill -9 of the only broker, started again on its data")
def kill_broker(world, random, stream):
    at_random(random, stream)
    world.broker.kill()
    away_s = random.choice([0, 0, 3, 12])
    time.sleep(away_s)
    world.broker.start()
    return f"away for {away_s} s more than its start"


@row("kill-redis", "kill -9 of Redis, which kept nothing")
def kill_redis(world, random, stream):
    at_random(random, stream)
    world.redis.kill()
    away_s = random.choice([0, 1, 5])
    time.sleep(away_s)
    world.redis.start()
    return f"away for {away_s} s"


def stand_still(world, random, stream, seconds):
    victim = random.choice(INSTANCES)
    at_random(random, stream)
    world.cluster.signal(victim, signal.SIGSTOP)
    time.sleep(seconds)
    world.cluster.signal(victim, signal.SIGCONT)
    return f"{victim} for {seconds} s"


@row("stop-service", f"SIGSTOP of a service instance for {STOPPED_S} s, then SIGCONT", pace_s=2.5)
def stop_service(world, random, stream):
    return stand_still(world, random, stream, STOPPED_S)


@row("stop-service-short", f"the same for {JUST_TOO_LONG_S} s, just above its session", pace_s=1)
def stop_service_short(world, random, stream):
    return stand_still(world, random, stream, JUST_TOO_LONG_S)


def pause(party, random, stream):
    at_random(random, stream)
    seconds = random.choice([JUST_TOO_LONG_S, STOPPED_S])
    party.pause()
    time.sleep(seconds)
    party.resume()
    return f"for {seconds} s"


@row("stop-broker", f"SIGSTOP of the only broker for {JUST_TOO_LONG_S} or {STOPPED_S} s, then SIGCONT")
def stop_broker(world, random, stream):
    return pause(world.broker, random, stream)


@row("stop-redis", f"SIGSTOP of Redis for {JUST_TOO_LONG_S} or {STOPPED_S} s, then SIGCONT", pace_s=0.5)
def stop_redis(world, random, stream):
    return pause(world.redis, random, stream)


@row("lose-disk", "kill -9 of a service instance, its data directory removed, started again")
def lose_disk(world, random, stream):
    victim = random.choice(INSTANCES)
    at_random(random, stream)
    world.cluster.kill(victim)
    shutil.rmtree(world.cluster.dir / victim)
    world.cluster.start(victim)
    return victim
