"""The containers of docker-compose.yml as the world of tests/faults: what is asked of a cluster of
processes (deploy/local/cluster.py), asked of them."""

import os
import subprocess
import sys
import urllib.request

from deployment import ROOT, SERVICES, Deployment

sys.path[:0] = [str(ROOT / folder) for folder in ("deploy/local", "tests/integration", "tests/faults")]
import cluster as local
import redis_server
import world as worlds
from receiver import Receiver

USER_OF = {"upsert": "feed", "track": "feed", "approve": "approver"}  # all else: author
METRICS_PORT = 7071


class Container:
    """Docker starts it again when it ends; whether it works is told by its health."""

    @staticmethod
    def poll():
        return None


class Containers(local.Cluster):
    """Callers are a container of their own, which stays, beside the services."""

    def __init__(self):
        super().__init__(bin_dir=".", kafka=None)
        self.deployment = Deployment(DANGOL_PARTITIONS=str(worlds.PARTITIONS))
        os.chmod(self.dir, 0o755)  # its documents are read by another user
        self.processes = dict.fromkeys(SERVICES, Container)
        self.hosts, self.caller = {}, None
        self.redis = Redis(self)

    def up(self):
        self.deployment.up()
        self.hosts.clear()

    def start_all(self):
        self.up()
        self.caller = self.deployment.compose(
            "run", "--rm", "--detach", "--no-deps", "--volume", f"{self.dir}:{self.dir}:ro", "--entrypoint", "sleep",
            "cli", "infinity").stdout.strip()

    def host(self, service):
        """Its address, which lasts from one start to the next."""
        if service not in self.hosts:
            self.hosts[service] = self._network(service)["IPAddress"]
        return self.hosts[service]

    def gateway(self):
        """The address of this machine, as containers see it."""
        return self._network("kafka")["Gateway"]

    def _network(self, service):
        return next(iter(self.deployment.inspect(service)["NetworkSettings"]["Networks"].values()))

    def page(self, service, path):
        try:
            with urllib.request.urlopen(f"http://{self.host(service)}:{METRICS_PORT}/{path}", timeout=10) as page:
                return page.read().decode()
        except OSError:
            self.hosts.pop(service, None)  # it may have been started again
            raise

    def call(self, *words, text=None, timeout="2m", **_):
        """dangol's exit code and output. There is one instance of each service, and a token says who calls."""
        return subprocess.run(
            ["docker", "exec", "--interactive", self.caller, "dangol", "--token-file",
             f"/run/dangol/{USER_OF.get(words[0], 'author')}.token", "--timeout", timeout, *map(str, words)],
            input=text or "", text=True, capture_output=True)

    def fail(self, why):
        sys.exit(f"failed: {why}\n{self.deployment.compose('logs', '--tail', '8', *SERVICES, check=False).stdout}")

    def remove(self):
        if self.caller is not None:
            subprocess.run(["docker", "rm", "--force", self.caller], capture_output=True)
        self.deployment.remove()
        self.forget()


class Redis:
    """The online store, read as its writers may."""

    def __init__(self, containers):
        self.containers, self.password = containers, None

    def ask(self, commands):
        if self.password is None:
            self.password = self.containers.deployment.compose(
                "exec", "-T", "profile", "cat", "/run/dangol/redis.password").stdout.strip()
        login = ["AUTH", "dangol", self.password]
        return redis_server.ask((self.containers.host("redis"), 6379), [login, *commands])[1:]


class World(worlds.World):
    def __init__(self, _bin_dir):
        self.receiver = Receiver("0.0.0.0")
        self.cluster = Containers()
        self.redis = self.cluster.redis
        self.asked, self.reacted, self.dead_letters = [], [], 0

    def start(self):
        self.cluster.start_all()
        self.receiver.url = self.receiver.url_at(self.cluster.gateway())
        self._set_up()

    def dead_letters_seen(self):
        """All that is in their topic."""
        done = self.cluster.deployment.compose(
            "exec", "-T", "kafka", "/opt/kafka/bin/kafka-get-offsets.sh", "--bootstrap-server", "localhost:9092",
            "--topic", "dangol.dead.v1", check=False)
        if done.returncode != 0:
            raise OSError(done.stderr.strip())
        return sum(int(line.rsplit(":", 1)[1]) for line in done.stdout.split())

    def remove(self):
        self.cluster.remove()
