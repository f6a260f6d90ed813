"""Kafka brokers, one or three, on free ports of loopback, whose data is gone afterwards."""

import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time

from process import Server, free_port

HERE = pathlib.Path(__file__).resolve().parent
JARS = HERE.parent.parent / "build" / "kafka"
SKIPPED = 77  # ctest's SKIP_RETURN_CODE
PATIENCE_S = 180
CLUSTER_ID = "ZGFuZ29sLXRlc3RzLWhlcmU"
PROPERTIES = """
process.roles=broker,controller
node.id={node}
controller.quorum.voters={voters}
listeners=CONTROLLER://127.0.0.1:{controller},{listeners}
advertised.listeners={advertised}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,{protocols}
inter.broker.listener.name=PLAINTEXT
log.dirs={data}
auto.create.topics.enable=false
offsets.topic.replication.factor={copies}
offsets.topic.num.partitions=4
transaction.state.log.replication.factor={copies}
transaction.state.log.min.isr={in_sync}
transaction.state.log.num.partitions=4
min.insync.replicas={in_sync}
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=500
log.index.size.max.bytes=65536
log.cleaner.dedupe.buffer.size=16777216
message.max.bytes=67108864
replica.fetch.max.bytes=67108864
"""


def skip(why):
    print(f"skipped: {why}")
    sys.exit(SKIPPED)


def fetch_jars(folder):
    """Into `folder`, once, by Maven; the run is skipped where that cannot be."""
    if list(folder.glob("kafka_*.jar")):
        return
    if shutil.which("mvn") is None or shutil.which("java") is None:
        skip("Maven and a Java runtime are needed for a Kafka broker")
    folder.mkdir(parents=True, exist_ok=True)
    fetched = subprocess.run(["mvn", "-q", "-B", "-f", HERE.parent / "kafka" / "pom.xml", "dependency:copy-dependencies",
                              f"-DoutputDirectory={folder}"], stdout=subprocess.DEVNULL)
    if fetched.returncode != 0:
        skip("Maven could not fetch the broker's jars")


# Starts soon and is small; and what a broker that works for long should have.
SMALL = ["-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
FAST = ["-Xms1g", "-Xmx1g", "-XX:+UseG1GC"]


def java(jars, main, *args, flags=SMALL, **kwargs):
    """A class of Kafka's, with its arguments."""
    return subprocess.Popen(["java", *flags, "-cp", f"{jars}/*", main, *args], **kwargs)


class Broker(Server):
    """Keeps its ports and its data from one start to the next, until it is removed."""

    def __init__(self, jars=JARS, flags=SMALL, doors=(), folder=None, node=1, voters=None):
        """doors: further listeners, by name: each has a port of its own, and who comes in by it is
        sent there again; "name" or ("name", the port that clients are told, as of a proxy).
        folder: of its data; default: a temporary one. voters: node → controller's port, of all."""
        fetch_jars(jars)
        self.jars, self.flags = jars, flags
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="dangol-kafka-", dir=folder))
        voters = voters or {node: free_port()}
        told = dict(door if isinstance(door, tuple) else (door, None) for door in doors)
        self.doors = {name: free_port() for name in ["PLAINTEXT", *told]}
        self.port = self.doors["PLAINTEXT"]
        self.ports, self.address = [self.port], f"127.0.0.1:{self.port}"
        self.log = self.folder / "broker.log"
        self.config = self.folder / "server.properties"
        at = lambda ports: ",".join(f"{name}://127.0.0.1:{port}" for name, port in ports.items())
        self.config.write_text(PROPERTIES.format(
            node=node, voters=",".join(f"{n}@127.0.0.1:{port}" for n, port in voters.items()),
            controller=voters[node], listeners=at(self.doors),
            advertised=at({name: told.get(name) or port for name, port in self.doors.items()}),
            protocols=",".join(f"{name}:PLAINTEXT" for name in self.doors),
            copies=len(voters), in_sync=min(2, len(voters)), data=self.folder / "data"))
        if self._java("kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c", str(self.config)).wait() != 0:
            sys.exit(f"the broker's data could not be formatted\n{self.log.read_text()}")

    def _java(self, *words):
        with open(self.log, "ab") as log:
            return java(self.jars, *words, flags=self.flags, stdout=log, stderr=log)

    def launch(self):
        """Starts it, and does not wait."""
        self.process = self._java("kafka.Kafka", str(self.config))

    def await_start(self):
        """Returns once it takes connections."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.1)
        sys.exit(f"the broker did not start; its log is {self.log}")

    def start(self):
        self.launch()
        self.await_start()

    def remove(self):
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


class Brokers:
    """Three, each with a copy of everything; two must have what is acknowledged."""

    def __init__(self, jars=JARS):
        voters = {node: free_port() for node in (1, 2, 3)}
        self.nodes = [Broker(jars, node=node, voters=voters) for node in voters]
        self.ports = [node.port for node in self.nodes]
        self.address = ",".join(node.address for node in self.nodes)

    def start(self):
        for node in self.nodes:
            node.launch()
        for node in self.nodes:
            node.await_start()

    def remove(self):
        for node in self.nodes:
            node.remove()
