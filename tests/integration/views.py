"""What the services show in the online store."""

import json

from cluster import SERVICES

KINDS = ("profile", "memberships", "contacts", "decisions")


def with_views(cluster):
    """Instances of the services that show something there: all but response."""
    return [instance for instance in cluster.processes if instance.split("-")[0] in SERVICES[:4]]


def store_is_whole(cluster):
    """Everything is there, as far as the services know."""
    return all(cluster.metric(i, "dangol_online_up") == 1
               and cluster.metric(i, "dangol_online_scopes_behind") == 0
               and cluster.metric(i, "dangol_online_queue_bytes") == 0 for i in with_views(cluster))


def views(redis, users):
    """User → {"customer": id} and each kind; None: the store does not know."""
    ids = redis.ask([["HGET", "dangol:identifier:{user_id:%s}" % user, "customer"] for user in users])
    shown = {user: {"customer": id_} for user, id_ in zip(users, ids)}
    for kind in KINDS:
        values = redis.ask([["HGET", "dangol:%s:{%s}" % (kind, id_), "value"] for id_ in ids])
        for user, value in zip(users, values):
            shown[user][kind] = json.loads(value) if value else None
    return shown
