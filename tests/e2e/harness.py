"""What the end-to-end drivers share: a server on a temporary directory, the CLI, and references."""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT / "deploy" / "local"))
import cluster as local  # noqa: E402
from process import given_broker  # noqa: E402
from redis_server import Redis  # noqa: E402
SKIPPED = 77  # ctest's SKIP_RETURN_CODE


def arguments(description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--bin-dir", required=True, help="where dangold and dangol are")
    parser.add_argument("--keep", action="store_true", help="keep the data directory")
    return parser


def data_file(relative):
    """A file of the real data; without it the run is skipped, under CI=true it fails."""
    root = pathlib.Path(os.environ.get("DANGOL_TEST_DATA", ROOT.parent / "shared" / "data"))
    path = root / relative
    if path.exists():
        return path
    print(f"skipped: no {path}; set DANGOL_TEST_DATA to the folder of the real data")
    sys.exit(1 if os.environ.get("CI") == "true" else SKIPPED)


class Server:
    """`dangold --clock=virtual` on a free port, and the CLI that talks to it."""

    def __init__(self, args, start):
        self.bin = pathlib.Path(args.bin_dir).resolve()
        self.keep = args.keep
        self.start = start
        self.flags = []  # of dangold, beside those below
        self.principal = "planner"
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="dangol-e2e-"))

    def __enter__(self):
        port_file = self.dir / "ports"
        self.log = open(self.dir / "dangold.log", "wb")
        self.process = subprocess.Popen(
            [self.bin / "dangold", f"--data-dir={self.dir / 'data'}", "--clock=virtual",
             f"--start={self.start}", "--port=0", "--metrics-port=0", f"--port-file={port_file}", *self.flags],
            stdout=self.log, stderr=subprocess.STDOUT)
        deadline = time.monotonic() + 60
        while not (port_file.exists() and port_file.read_text().split()):
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.fail("dangold did not start")
            time.sleep(0.02)
        port, metrics_port = port_file.read_text().split()
        self.address = f"127.0.0.1:{port}"
        self.metrics_address = f"http://127.0.0.1:{metrics_port}/metrics"
        return self

    def __exit__(self, kind, value, trace):
        self.process.terminate()
        code = self.process.wait(timeout=120)
        self.log.close()
        if kind is None and code != 0:
            self.fail(f"dangold ended with {code}")
        if kind is not None or self.keep:
            print(f"the server's data and log are in {self.dir}")
        else:
            shutil.rmtree(self.dir)

    def fail(self, why):
        log = (self.dir / "dangold.log").read_text(errors="replace").splitlines()[-20:]
        sys.exit("\n".join([f"failed: {why}; the end of its log:"] + log))

    def cli(self, *words, principal=None, exit_code=0):
        """Runs `dangol …`; its standard output. The drivers have no other way to the server."""
        command = [str(self.bin / "dangol"), *map(str, words), "--server", self.address,
                   "--as", principal or self.principal, "--timeout", "10m"]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if done.returncode != exit_code:
            self.fail(f"dangol {' '.join(map(str, words))}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def json(self, *words):
        return json.loads(self.cli(*words, "-o", "json"))

    def lines(self, *words):
        """Of commands that answer one JSON document a line."""
        return [json.loads(line) for line in self.cli(*words, "-o", "json").splitlines()]

    def run(self, *words, principal=None):
        print("$ dangol", *words, flush=True)
        print(self.cli(*words, principal=principal), end="", flush=True)

    def metrics(self):
        """What Prometheus would scrape."""
        with urllib.request.urlopen(self.metrics_address, timeout=30) as answer:
            return answer.read().decode()

    def settle(self):
        """Everything that has arrived is processed."""
        now = self.json("clock")["time_us"]
        self.cli("clock", "advance", "--to", rfc3339(int(now)))


class Live(Server):
    """The five services as processes over the broker that with-broker started, on the live clock."""

    def __init__(self, args):
        super().__init__(args, start=None)
        self.cluster = local.Cluster(args.bin_dir, given_broker(), Redis())

    def __enter__(self):
        self.cluster.redis.start()
        self.cluster.make_topics()
        self.cluster.start_all()
        self.address = self.cluster.servers()
        return self

    def __exit__(self, kind, value, trace):
        try:
            if kind is None:
                self.cluster.stop()
                shutil.rmtree(self.dir)
        finally:
            self.cluster.kill_all()
            self.cluster.redis.kill()

    def fail(self, why):
        self.cluster.fail(why)

    def metrics(self):
        return "".join(self.cluster.page(service, "metrics") for service in local.SERVICES)

    def settle(self):
        """What has arrived takes effect before what is asked of it: nothing to wait for."""


def rfc3339(us):
    seconds, rest = divmod(us, 1_000_000)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{rest:06d}Z"


class References:
    """Numbers beside what a correct system gives."""

    def __init__(self):
        self.good = self.total = 0

    def check(self, name, value, reference, tolerance=0):
        ok = value is not None and abs(value - reference) <= tolerance
        self.total += 1
        self.good += ok
        print(f"{'ok  ' if ok else 'FAIL'} {name:<44} {_text(value):>18}   reference "
              f"{_text(reference):>18} ± {tolerance:g}")

    def finish(self):
        """True when every number is within its tolerance."""
        print(f"references: {self.good} of {self.total} within tolerance")
        return self.good == self.total


def _text(value):
    return f"{value:,.10g}" if isinstance(value, (int, float)) else str(value)
