"""Reads from the servers what `checks.Seen` holds: through callers' RPCs, the online store, the channels'
other side and the topic of dead letters."""

import json
import random

import checks
import world as worlds
import shop
from views import store_is_whole, views

SAMPLED = 5


class Refused(Exception):
    """A call that no instance answered, or that was not what it should be."""


def ask(cluster, *words):
    done = cluster.call(*words, "-o", "json", timeout="20s")
    if done.returncode != 0:
        raise Refused(f"dangol {' '.join(map(str, words))}: {done.stderr.strip()}")
    return [json.loads(line) for line in done.stdout.splitlines()] if words[0] == "contacts" \
        else json.loads(done.stdout)


def waterfall(cluster):
    return shop.numbers(ask(cluster, "progress", "thanks").get("total", {}))


def report(cluster):
    cells = [shop.numbers(cell["metrics"][0]) for audience in ask(cluster, "report", "thanks").get("audiences", [])
             for cell in audience["cells"]]
    return {name: sum(cell[name] for cell in cells) for name in ("customers", "responders", "sum")}


def bought(cluster, times):
    answer = ask(cluster, "count", f"count(purchase) IN LAST 6 MONTHS >= {times}", "--business-unit", "shop")
    return int(answer["total"])


def timeline(cluster, user):
    entries = ask(cluster, "export", f"user_id:{user}")["profile"]["timeline"]
    return [entry["activity"]["message_id"] for entry in entries if "activity" in entry]


def health(cluster):
    told = {}
    for instance in cluster.processes:
        try:
            told[instance] = cluster.page(instance, "healthz")
        except OSError as error:
            told[instance] = str(error)
    return told


def owned(cluster):
    scopes = dict.fromkeys(worlds.SERVICES, 0)
    for instance in cluster.processes:
        scopes[instance.split("-")[0]] += int(cluster.metric(instance, "dangol_owned_scopes") or 0)
    return scopes


def see(world):
    cluster = world.cluster
    stats = ask(cluster, "stats")
    sums = (stats.get("currencies") or [{}])[0]
    sampled = random.Random(len(world.asked)).sample(world.asked, min(SAMPLED, len(world.asked)))
    return checks.Seen(
        activities=int(stats["activities"]), net=int(sums.get("net_minor", 0)),
        waterfall=waterfall(cluster), report=report(cluster),
        bought={times: bought(cluster, times) for times in (1, 2, 3)},
        contacts=ask(cluster, "contacts", "thanks"),
        received=world.received(), views=views(world.redis, world.asked),
        timelines={user: timeline(cluster, user) for user in sampled},
        health=health(cluster), owned=owned(cluster), dead_letters=world.dead_letters_seen())


def look(world, expected):
    """Differences. Cheap questions first: while they are not answered, nothing else is asked."""
    cluster = world.cluster
    for instance, process in cluster.processes.items():
        if process.poll() is not None:
            return [f"{instance} has ended with {process.returncode}"]
    try:
        total = waterfall(cluster)
        if total.get("selected") != len(expected.asked) or total.get("pending") or total.get("in_flight"):
            return [f"waterfall: {total}, of {len(expected.asked)} customers"]
        if not store_is_whole(cluster):
            return [f"the online store is behind: {health(cluster)}"]
        return checks.differences(expected, see(world))
    except (Refused, OSError, KeyError, ValueError) as error:
        return [f"could not look: {error!r}"] + [f"{instance}: {told.strip()}" for instance, told
                                                 in health(cluster).items() if told != "ok\n"]
