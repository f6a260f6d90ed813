"""Dangol as a cluster of processes on this machine: the five services, as many instances of each as
wanted, over a Kafka broker (broker.py) and a Redis (redis_server.py)."""

import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request

from process import free_port

SERVICES = ["profile", "segmentation", "offer", "campaign", "response"]
PATIENCE_S = 180


def day_zone():
    """A zone in which it is about noon: marketing keeps the night."""
    ahead = 12 - time.gmtime().tm_hour
    return f"Etc/GMT{-ahead:+d}" if ahead else "UTC"


class Cluster:
    """Processes by instance: "profile", and "profile-2", which is another one of it. Each keeps its port
    and its directory from one start to the next."""

    def __init__(self, bin_dir, kafka, redis=None, flags=()):
        """kafka: host:port of a broker. flags: of every service, beside those below."""
        self.bin, self.kafka, self.redis, self.flags = pathlib.Path(bin_dir).resolve(), kafka, redis, list(flags)
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="dangol-cluster-"))
        self.prefix = self.dir.name
        self.processes, self.ports, self.pages = {}, {}, {}
        self.kafka_of = {}  # instance → host:port, where that is not `kafka`
        self.called = ""  # which instances callers know: the first, or "-2"

    def make_topics(self, partitions=4, replication=1):
        self.must("topics", "apply", "--bootstrap-servers", self.kafka, "--prefix", self.prefix,
                  "--partitions", partitions, "--replication", replication)

    def launch(self, instance, flags=()):
        """Starts it, and does not wait; on the port it had before, at which the others reach it."""
        service = instance.split("-")[0]
        (self.dir / f"{instance}.ports").unlink(missing_ok=True)
        for known in (instance, "profile"):
            self.ports.setdefault(known, free_port())
        words = [f"--data-dir={self.dir / instance}",
                 f"--kafka-bootstrap-servers={self.kafka_of.get(instance, self.kafka)}",
                 f"--kafka-prefix={self.prefix}", f"--port={self.ports[instance]}", "--metrics-port=0",
                 f"--port-file={self.dir / instance}.ports", "--workers=1",
                 "--kafka-allow-weak-durability=true", *self.flags, *flags]
        if self.redis is not None:
            words += [f"--online-nodes={self.redis.nodes}", *self.redis.flags, "--online-check-every=200ms"]
        if service != "profile":
            words.append(f"--profile=127.0.0.1:{self.ports['profile']}")
        self._spawn(instance, f"dangol-{service}", words)

    def _spawn(self, instance, binary, words):
        with open(self.dir / f"{instance}.log", "ab") as log:
            self.processes[instance] = subprocess.Popen([self.bin / binary, *words], stdout=log,
                                                       stderr=subprocess.STDOUT)

    def await_start(self, instance):
        ports = self.dir / f"{instance}.ports"
        self.wait(f"{instance} serves", lambda: ports.exists() and ports.read_text().split())
        self.pages[instance] = int(ports.read_text().split()[1])

    def start(self, instance, flags=()):
        """Returns once it serves."""
        self.launch(instance, flags)
        self.await_start(instance)

    def start_all(self, instances=1):
        """So many of each service, at once."""
        self.start_these(service + (f"-{i}" if i > 1 else "") for i in range(1, instances + 1) for service in SERVICES)

    def start_these(self, instances):
        """At once; returns when all serve."""
        instances = list(instances)
        for instance in instances:
            self.launch(instance)
        for instance in instances:
            self.await_start(instance)

    def signal(self, instance, what):
        self.processes[instance].send_signal(what)

    def kill(self, instance):
        """With -9."""
        self.processes[instance].kill()
        self.processes[instance].wait()

    def end(self, instance):
        """As an operator does: its partitions go to the others."""
        process = self.processes.pop(instance)
        process.terminate()
        if process.wait(timeout=60) != 0:
            self.fail(f"{instance} ended with {process.returncode}")

    def page(self, service, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.pages[service]}/{path}", timeout=10) as page:
            return page.read().decode()

    def metric(self, service, name):
        for line in self.page(service, "metrics").splitlines():
            if line.startswith(name + " "):
                return float(line.split()[1])
        return None

    def servers(self, called=None):
        """What the CLI and the demo take as --server. called: other instances than `self.called`."""
        end = self.called if called is None else called
        return ",".join(f"{s}=127.0.0.1:{self.ports.get(s + end, 0)}" for s in SERVICES)

    def call(self, *words, principal="ann", text=None, timeout="2m", called=None):
        """dangol's exit code and output."""
        return subprocess.run([self.bin / "dangol", "--server", self.servers(called), "--as", principal,
                               "--timeout", timeout, *map(str, words)], input=text, text=True, capture_output=True)

    def must(self, *words, **options):
        done = self.call(*words, **options)
        if done.returncode != 0:
            self.fail(f"dangol {' '.join(map(str, words))}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def json(self, *words):
        return json.loads(self.must(*words, "-o", "json"))

    def wait(self, what, condition, patience=PATIENCE_S):
        end = time.monotonic() + patience
        while not condition():
            for service, process in self.processes.items():
                if process.poll() is not None:
                    self.fail(f"{service} ended with {process.returncode} before {what}")
            if time.monotonic() > end:
                self.fail(f"not in {patience} s: {what}")
            time.sleep(0.1)

    def fail(self, why):
        for service in self.processes:
            lines = (self.dir / f"{service}.log").read_text(errors="replace").splitlines()[-8:]
            print(f"--- {service}", *lines, sep="\n")
        sys.exit(f"failed: {why}\nlogs and data are in {self.dir}")

    def stop(self):
        """Ends all of them, and what they kept."""
        for process in self.processes.values():
            process.terminate()
        for instance in list(self.processes):
            self.end(instance)
        self.forget()

    def forget(self):
        """What they kept."""
        shutil.rmtree(self.dir)

    def kill_all(self):
        for instance in self.processes:
            self.kill(instance)


class Alone(Cluster):
    """dangold: the five services in one process, on the live clock."""

    def __init__(self, bin_dir):
        super().__init__(bin_dir, kafka=None)

    def launch(self, instance="dangold", flags=()):
        self.ports.setdefault(instance, free_port())
        self._spawn(instance, "dangold", [f"--data-dir={self.dir / instance}", f"--port={self.ports[instance]}",
                                          "--metrics-port=0", f"--port-file={self.dir / instance}.ports", *flags])

    def servers(self, _called=None):
        return f"127.0.0.1:{self.ports['dangold']}"
