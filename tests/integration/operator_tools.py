"""An operator's commands on a cluster's topics, and dangold on a copy of them."""

import json
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "deploy" / "local"))
import broker


class Operator:
    """Commands on the cluster's topics."""

    def __init__(self, cluster, kafka):
        self.cluster, self.kafka = cluster, kafka
        self.where = ["--bootstrap-servers", cluster.kafka, "--prefix", cluster.prefix]

    def run(self, command, *words):
        return subprocess.run([self.cluster.bin / "dangol", command, *self.where, *map(str, words)],
                              text=True, capture_output=True)

    def must(self, *words):
        done = self.run(*words)
        if done.returncode != 0:
            self.cluster.fail(f"dangol {words}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def verify(self):
        done = self.run("verify")
        if done.returncode not in (0, 1) or not done.stdout:
            self.cluster.fail(f"verify: {done.returncode}\n{done.stdout}{done.stderr}")
        return done.returncode, done.stdout + done.stderr

    def tool(self, name, *words, text=None):
        """A tool of Kafka's."""
        process = broker.java(self.kafka.jars, f"org.apache.kafka.tools.{name}", "--bootstrap-server",
                              self.cluster.kafka, *words, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)
        output = process.communicate(text)[0]
        if process.returncode != 0:
            self.cluster.fail(f"{name}: {output}")

    def topic(self, name):
        return f"{self.cluster.prefix}.{name}.v1"


class Copy:
    """dangold on a copy, on a virtual clock."""

    def __init__(self, cluster, directory, clock="--clock=virtual"):
        self.cluster, self.directory, self.clock = cluster, directory, clock
        self.log = cluster.dir / f"{directory.name}.log"

    def dangold(self, *flags):
        ports = self.cluster.dir / f"{self.directory.name}.ports"
        ports.unlink(missing_ok=True)
        with open(self.log, "ab") as log:
            return ports, subprocess.Popen([
                self.cluster.bin / "dangold", f"--data-dir={self.directory}", "--port=0", "--metrics-port=0",
                f"--port-file={ports}", *flags], stdout=log, stderr=subprocess.STDOUT)

    def __enter__(self):
        ports, self.process = self.dangold(self.clock)
        self.cluster.wait("the copy serves", lambda: self.process.poll() is not None
                          or (ports.exists() and ports.read_text().split()))
        if self.process.poll() is not None:
            self.cluster.fail(f"dangold ended with {self.process.returncode}: {self.log.read_text()}")
        self.server = "127.0.0.1:" + ports.read_text().split()[0]
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(60)

    def must(self, *words, text=None):
        done = subprocess.run([self.cluster.bin / "dangol", "--server", self.server, "--as", "ann", *map(str, words)],
                              input=text, text=True, capture_output=True)
        if done.returncode != 0:
            self.cluster.fail(f"dangol {words} of the copy: {done.stdout}{done.stderr}{self.log.read_text()[-2000:]}")
        return done.stdout

    def json(self, *words):
        return json.loads(self.must(*words, "-o", "json"))
