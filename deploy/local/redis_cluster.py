"""A Redis Cluster of three masters and three replicas on this machine."""

import binascii
import shutil
import subprocess
import sys
import tempfile
import time

from process import free_port
from redis_server import PATIENCE_S, Redis

MASTERS, SLOTS = 3, 16384


def slot_of(key):
    begin, end = key.find("{"), key.find("}")
    tag = key[begin + 1:end] if 0 <= begin < end - 1 else key
    return binascii.crc_hqx(tag.encode(), 0) % SLOTS


class RedisCluster:
    """To who writes to it, and to who asks it, as `cluster.Redis`. What ends keeps its place, no data."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="dangol-redis-")
        self.servers = [self._server() for _ in range(2 * MASTERS)]
        self.nodes = ",".join(server.nodes for server in self.servers)
        self.flags = ["--online-cluster=true"]
        self.of_port = {server.port: server for server in self.servers}

    def _server(self):
        bus = str(free_port())
        return Redis(["--cluster-enabled", "yes", "--cluster-port", bus, "--dir", self.folder,
                      "--cluster-config-file", f"nodes-{bus}.conf", "--cluster-node-timeout", "1500",
                      "--cluster-require-full-coverage", "no", "--repl-diskless-sync-delay", "0"])

    def start(self):
        for server in self.servers:
            server.start()
        made = subprocess.run(["redis-cli", "--cluster", "create", *self.nodes.split(","), "--cluster-replicas",
                               "1", "--cluster-yes"], capture_output=True, text=True)
        if made.returncode != 0:
            sys.exit(f"no Redis Cluster: {made.stdout[-500:]}{made.stderr[-500:]}")
        self.await_whole()

    def await_whole(self):
        """All six are up, each master has a replica, all know it, and Redis' own tool finds nothing."""
        end = time.monotonic() + PATIENCE_S
        while not (all(self._is_whole(server) for server in self.servers) and self._is_clean()):
            if time.monotonic() > end:
                sys.exit("the Redis Cluster does not become whole")
            time.sleep(0.1)

    def _is_whole(self, server):
        try:
            info, slots, replication = server.ask([["CLUSTER", "INFO"], ["CLUSTER", "SLOTS"],
                                                   ["INFO", "replication"]])
        except (OSError, ValueError):
            return False
        linked = "role:master" in replication or "master_link_status:up" in replication
        return "cluster_state:ok" in info and linked and all(len(part) == 4 for part in slots)

    def _is_clean(self):
        return subprocess.run(["redis-cli", "--cluster", "check", self.servers[0].nodes],
                              capture_output=True).returncode == 0

    def masters(self):
        """Servers, by the slots that they serve, as most of them see it."""
        for server in self.servers:
            if server.process is not None:
                slots = server.ask([["CLUSTER", "SLOTS"]])[0]
                return {(int(s[0]), int(s[1])): self.of_port[int(s[2][1])] for s in slots}
        return {}

    def ask(self, commands):
        """One reply a command; the key is its second word."""
        masters, replies = self.masters(), [None] * len(commands)
        for (first, last), server in masters.items():
            mine = [i for i, command in enumerate(commands) if first <= slot_of(command[1]) <= last]
            for i, reply in zip(mine, server.ask([commands[i] for i in mine]) if mine else []):
                replies[i] = reply
        return replies

    def kill(self):
        for server in self.servers:
            server.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
