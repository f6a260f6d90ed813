"""Rows: what operators do while customers buy, each with the pause that it causes."""

from rows import at_random, row
from world import SERVICES


@row("rolling-restart", "each instance of each service ended and started again, one after another",
     pace_s=0.8, customers=120, watch=True)
def rolling_restart(world, random, stream):
    order = random.sample(SERVICES, len(SERVICES))
    for service in order:
        for instance in (service, service + "-2"):
            world.cluster.end(instance)
            world.cluster.start(instance)
    return f"{', '.join(order)}, while {stream.sent} of {len(stream.batches)} batches were accepted"


@row("scale", "a third instance of each service joins, and leaves once it owns scopes", pace_s=0.8,
     customers=100, watch=True)
def scale(world, random, stream):
    cluster = world.cluster
    at_random(random, stream)
    cluster.start_these(f"{service}-3" for service in SERVICES)
    for service in SERVICES:
        cluster.wait(f"{service}-3 owns a scope", lambda: cluster.metric(f"{service}-3", "dangol_owned_scopes"))
    for service in random.sample(SERVICES, len(SERVICES)):
        cluster.end(f"{service}-3")
    return "out and in"
