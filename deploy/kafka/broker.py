"""A Kafka broker of one node, on free ports of loopback, whose data is gone afterwards."""

import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
JARS = HERE.parent.parent / "build" / "kafka"
SKIPPED = 77  # ctest's SKIP_RETURN_CODE
PATIENCE_S = 60
CLUSTER_ID = "ZGFuZ29sLXRlc3RzLWhlcmU"
PROPERTIES = """
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={data}
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=500
log.index.size.max.bytes=65536
log.cleaner.dedupe.buffer.size=16777216
message.max.bytes=67108864
replica.fetch.max.bytes=67108864
"""



def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for s in sockets:
        s.bind(("127.0.0.1", 0))
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


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
    fetched = subprocess.run(["mvn", "-q", "-B", "-f", HERE / "pom.xml", "dependency:copy-dependencies",
                              f"-DoutputDirectory={folder}"], stdout=subprocess.DEVNULL)
    if fetched.returncode != 0:
        skip("Maven could not fetch the broker's jars")


# Starts soon and is small; and what a broker that works for long should have.
SMALL = ["-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
FAST = ["-Xms1g", "-Xmx1g", "-XX:+UseG1GC"]


def java(jars, main, *args, flags=SMALL, **kwargs):
    """A class of Kafka's, with its arguments."""
    return subprocess.Popen(["java", *flags, "-cp", f"{jars}/*", main, *args], **kwargs)


class Broker:
    """Keeps its ports and its data from one start to the next, until it is removed."""

    def __init__(self, jars=JARS, flags=SMALL):
        fetch_jars(jars)
        self.jars, self.flags, self.process = jars, flags, None
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="dangol-kafka-"))
        self.port, controller = free_ports(2)
        self.ports, self.address = [self.port], f"127.0.0.1:{self.port}"
        self.log = self.folder / "broker.log"
        self.config = self.folder / "server.properties"
        self.config.write_text(PROPERTIES.format(port=self.port, controller=controller,
                                                 data=self.folder / "data"))
        if self._java("kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c", str(self.config)).wait() != 0:
            sys.exit(f"the broker's data could not be formatted\n{self.log.read_text()}")

    def _java(self, *words):
        with open(self.log, "ab") as log:
            return java(self.jars, *words, flags=self.flags, stdout=log, stderr=log)

    def start(self):
        """Returns once it takes connections."""
        self.process = self._java("kafka.Kafka", str(self.config))
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.1)
        sys.exit(f"the broker did not start; its log is {self.log}")

    def kill(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def remove(self):
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
