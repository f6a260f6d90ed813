"""A full disk under the real dangold, on a small file system of its own: new work is refused with the
reason, health says so, nothing acknowledged is lost, and it goes on by itself when there is space.
Also without the free-space mark, where RocksDB itself meets the full disk.
Usage: full_disk.py BIN_DIR. Needs the right to mount; without it the test says so and is skipped."""

import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
SKIPPED = 77
DISK = 64 << 20
RESERVE = 16 << 20


class Disk:
    def __init__(self):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="dangol-full-disk-"))
        self.servers = []
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", self.path],
                                 capture_output=True, text=True)
        if mounted.returncode != 0:
            self.path.rmdir()
            print(f"skipped: cannot mount a file system here: {mounted.stderr.strip()}")
            sys.exit(SKIPPED)

    def free(self):
        space = os.statvfs(self.path)
        return space.f_bavail * space.f_frsize

    def leave(self, free_bytes):
        """Fills the disk until only so much is free."""
        ballast = self.path / "ballast"
        ballast.unlink(missing_ok=True)
        with open(ballast, "wb") as file:
            try:
                while (more := self.free() - free_bytes) > 0:
                    file.write(b"x" * min(more, 1 << 20))
                    file.flush()
            except OSError:
                pass

    def empty(self):
        (self.path / "ballast").unlink(missing_ok=True)

    def remove(self):
        for server in self.servers:
            server.kill()
        subprocess.run(["umount", self.path], check=False)
        shutil.rmtree(self.path, ignore_errors=True)


class Server:
    def __init__(self, bin_dir, disk, reserve):
        self.bin, self.disk, self.reserve = pathlib.Path(bin_dir), disk, reserve
        self.log = tempfile.TemporaryFile()
        disk.servers.append(self)
        self.start()

    def start(self):
        ports = pathlib.Path(tempfile.mkdtemp(prefix="dangol-ports-"))
        self.process = subprocess.Popen(
            [self.bin / "dangold", f"--data-dir={self.disk.path}/data", "--partitions=2", "--port=0",
             "--metrics-port=0", f"--port-file={ports}/ports", f"--min-free-bytes={self.reserve}"],
            stdout=self.log, stderr=subprocess.STDOUT)
        self.await_that("it starts", (ports / "ports").exists)
        port, metrics = (ports / "ports").read_text().split()
        self.address, self.http = f"127.0.0.1:{port}", f"http://127.0.0.1:{metrics}"
        shutil.rmtree(ports)

    def cli(self, *words):
        """The client repeats what is refused for now, for minutes; here it gives up after seconds."""
        command = [self.bin / "dangol", *words, "--server", self.address, "--timeout", "30s"]
        try:
            return subprocess.run(command, capture_output=True, text=True, timeout=6 if words[0] == "upsert" else 40)
        except subprocess.TimeoutExpired as late:
            return subprocess.CompletedProcess(command, 1, "", f"no answer: {late.stderr}")

    def health(self):
        try:
            with urllib.request.urlopen(self.http + "/healthz", timeout=10) as answer:
                return answer.read().decode()
        except urllib.error.HTTPError as refused:
            return refused.read().decode()

    def metric(self, name):
        with urllib.request.urlopen(self.http + "/metrics", timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        return next((float(line.split()[-1]) for line in lines if line.startswith(name)), None)

    def await_that(self, what, condition, seconds=60):
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end or self.process.poll() is not None:
                self.log.seek(0)
                sys.exit(f"failed: {what}; health: {self.health() if self.process.poll() is None else 'gone'}"
                         f"\n{self.log.read().decode(errors='replace')}")
            time.sleep(0.1)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


def check(what, good, detail=""):
    print(("ok    " if good else "WRONG ") + what, detail if not good else "", flush=True)
    if not good:
        sys.exit(1)


class Customers:
    """What was acknowledged."""

    def __init__(self, server):
        self.server, self.known, self.next = server, [], 0
        done = server.cli("apply", "-f", HERE.parent / "data" / "setup.yaml")
        check("a business unit is applied", done.returncode == 0, done.stderr)

    def add(self):
        """Returns "" or the refusal."""
        self.next += 1
        done = self.server.cli("upsert", f"user_id:{self.next}", "--trait", f"n={self.next}",
                               "--business-unit", "shop")
        if done.returncode == 0:
            self.known.append(self.next)
        return done.stderr if done.returncode else ""

    def check_all_there(self, what):
        for n in self.known:
            done = self.server.cli("customer", f"user_id:{n}", "--business-unit", "shop")
            check(f"{what}: user_id:{n} is there", done.returncode == 0, done.stderr)


def below_the_mark(bin_dir):
    """The reserve is kept: RocksDB never meets a full disk."""
    disk = Disk()
    try:
        server = Server(bin_dir, disk, RESERVE)
        customers = Customers(server)
        for _ in range(3):
            check("a customer is taken", customers.add() == "")
        disk.leave(RESERVE - (2 << 20))
        server.await_that("health says DISK_FULL", lambda: "DISK_FULL" in server.health())
        check("a new one is refused", customers.add() != "")
        server.await_that("the metric counts it", lambda: server.metric("dangol_refused_appends") > 0)
        server.await_that("the metric says it", lambda: server.metric('dangol_unhealthy{reason="DISK_FULL"}') == 1)
        customers.check_all_there("what is there can be read")
        disk.leave(1 << 20)
        check("and still refused when nothing may be written", customers.add() != "")
        disk.empty()
        server.await_that("it goes on by itself", lambda: server.health() == "ok\n")
        check("a customer is taken again", customers.add() == "")
        check("RocksDB met no error", server.metric("dangol_disk_errors") == 0)
        customers.check_all_there("nothing acknowledged is lost")
        server.kill()
        server.start()
        customers.check_all_there("nor after kill -9")
        server.kill()
    finally:
        disk.remove()


def to_the_last_byte(bin_dir):
    """Without a mark RocksDB does meet it."""
    disk = Disk()
    try:
        server = Server(bin_dir, disk, 0)
        customers = Customers(server)
        check("a customer is taken", customers.add() == "")
        disk.leave(0)
        check("the full disk is met", any(customers.add() for _ in range(50)))
        check("health says it", "DISK_FULL" in server.health(), server.health())
        disk.empty()
        server.await_that("it goes on by itself", lambda: server.health() == "ok\n")
        check("a customer is taken again", customers.add() == "")
        server.await_that("it recovered", lambda: server.metric("dangol_disk_recoveries") >= 1)
        customers.check_all_there("nothing acknowledged is lost")
        server.kill()
        server.start()
        customers.check_all_there("nor after kill -9")
        server.kill()
    finally:
        disk.remove()


def main():
    below_the_mark(sys.argv[1])
    to_the_last_byte(sys.argv[1])


if __name__ == "__main__":
    main()
