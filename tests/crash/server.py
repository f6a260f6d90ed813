"""dangold on one data directory, killed and started again, and the command line that talks to it."""

import json
import pathlib
import subprocess
import threading
import time


class Failed(Exception):
    """What must hold does not."""


class Server:
    def __init__(self, bin_dir, work, start):
        self.bin, self.work, self.first_time = pathlib.Path(bin_dir).resolve(), work, start
        self.calls, self.lock, self.dead = set(), threading.Lock(), True

    def start(self):
        ports = self.work / "ports"
        ports.unlink(missing_ok=True)
        with open(self.work / "dangold.log", "ab") as log:
            self.process = subprocess.Popen(
                [self.bin / "dangold", f"--data-dir={self.work / 'data'}", "--clock=virtual",
                 f"--start={self.first_time}", "--partitions=4", "--port=0", "--metrics-port=0",
                 f"--port-file={ports}"], stdout=log, stderr=subprocess.STDOUT)
        deadline = time.monotonic() + 120
        while not (ports.exists() and ports.read_text().split()):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise Failed("dangold did not start")
            time.sleep(0.01)
        self.address = "127.0.0.1:" + ports.read_text().split()[0]
        self.dead = False

    def kill(self):
        """Nobody who waits for an answer gets one."""
        with self.lock:
            own_end = self.process.poll()
            self.dead = True
            self.process.kill()
            for call in self.calls:
                call.kill()
        self.process.wait()
        if own_end is not None:
            raise Failed(f"dangold ended by itself: {own_end}")

    def stop(self):
        """After a failure, whatever state it is in."""
        self.dead = True
        if hasattr(self, "process"):
            self.process.kill()
            self.process.wait()

    def call(self, *words, principal="ann", text=None):
        """(exit code, standard output and error) of the command line; (None, "") if killed."""
        with self.lock:
            if self.dead:
                return None, ""
            process = subprocess.Popen(
                [self.bin / "dangol", "--server", self.address, "--as", principal, "--timeout", "2m",
                 *map(str, words)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=subprocess.PIPE, text=True)
            self.calls.add(process)
        out, err = process.communicate(text)
        with self.lock:
            self.calls.discard(process)
            if self.dead:
                return None, ""
        return process.returncode, out if process.returncode == 0 else out + err

    def must(self, *words, **options):
        code, text = self.call(*words, **options)
        if code != 0:
            raise Failed(f"dangol {' '.join(map(str, words))}: {code}\n{text}")
        return text

    def json(self, *words):
        return json.loads(self.must(*words, "-o", "json"))

    def lines(self, *words):
        """Of commands that answer one JSON document a line."""
        return [json.loads(line) for line in self.must(*words, "-o", "json").splitlines() if line]

    def settle(self):
        """Everything that has arrived is handled; the clock goes on by a second."""
        self.must("clock", "advance", "--by", "1s")
