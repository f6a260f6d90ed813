"""kill -9 of dangold at a random moment while it tracks, imports and sends, round after round on one
data directory; after each start the state must hold everything that was acknowledged and nothing that
was not sent. Usage: kill_rounds.py BIN_DIR [ROUNDS] [SEED]"""

import json
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time

import shop
from provider import Provider

ROUNDS_A_LIFE = 25  # then a new data directory


class Failed(Exception):
    pass


class Server:
    """dangold on one data directory, killed and started again."""

    def __init__(self, bin_dir, work):
        self.bin, self.work = pathlib.Path(bin_dir).resolve(), work
        self.calls, self.lock, self.dead = set(), threading.Lock(), True

    def start(self):
        ports = self.work / "ports"
        ports.unlink(missing_ok=True)
        self.log = open(self.work / "dangold.log", "ab")
        self.process = subprocess.Popen(
            [self.bin / "dangold", f"--data-dir={self.work / 'data'}", "--clock=virtual",
             f"--start={shop.START}", "--partitions=4", "--port=0", "--metrics-port=0",
             f"--port-file={ports}"], stdout=self.log, stderr=subprocess.STDOUT)
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
            self.dead = True
            self.process.kill()
            for call in self.calls:
                call.kill()
        self.process.wait()
        self.log.close()

    def call(self, *words, principal="ann", text=None):
        """(exit code, standard output and error) of the command line; (None, "") if killed."""
        command = [self.bin / "dangol", "--server", self.address, "--as", principal, "--timeout",
                   "2m", *map(str, words)]
        with self.lock:
            if self.dead:
                return None, ""
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
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

    def settle(self):
        """Everything that has arrived is handled; the clock goes on by a second."""
        self.must("clock", "advance", "--by", "1s")


class Life:
    """One data directory and what must be in it."""

    def __init__(self, bin_dir, seed, work):
        self.rng = random.Random(seed)
        self.provider = Provider(seed)
        self.server = Server(bin_dir, work)
        self.shop = shop.Shop(self.rng, self.provider.url, work)
        self.drop = work / "data" / "drop" / "letters"
        self.kills = 0

    def begin(self):
        self.server.start()
        self.server.must("apply", "-f", self.shop.setup_file)
        self.server.must("import", "customers", "--mapping", self.shop.customers_mapping,
                         self.shop.customers_file, "--strict")
        self.server.settle()

    def load(self):
        """What clients do at once, until it is done or the server is dead."""
        threads = [threading.Thread(target=work, args=(self.server,)) for work in
                   (self.shop.track, self.shop.import_file, self.shop.run_campaign)]
        for thread in threads:
            thread.start()
        return threads

    def round(self):
        self.shop.plan()
        threads = self.load()
        time.sleep(self.rng.uniform(0.05, 2.5))
        self.server.kill()
        self.kills += 1
        for thread in threads:
            thread.join()
        self.server.start()
        self.server.settle()
        self.check_stats(self.shop.acknowledged, self.shop.sent)
        # What was not acknowledged is sent again, under the same ids; then it is there once.
        for thread in self.load():
            thread.join()
        if self.shop.pending():
            raise Failed(f"not taken by a live server: {self.shop.pending()}")
        self.server.settle()
        self.check_stats(self.shop.sent, self.shop.sent)

    def check_stats(self, least, most):
        """Orders and their sum, as far as they were acknowledged."""
        stats = self.server.json("stats")
        won = [c for c in stats.get("currencies", []) if c["currency"] == "KRW"]
        count = int(won[0]["purchases"]) if won else 0
        net = int(won[0]["net_minor"]) if won else 0
        if not (least.count <= count <= most.count and least.net <= net <= most.net):
            raise Failed(f"{count} purchases of {net} won in all; acknowledged are {least}, sent {most}")

    def end(self):
        """Everything is final; then every contact is held against what the providers saw."""
        self.server.must("clock", "advance", "--by", "2h")
        for campaign in self.shop.campaigns:
            progress = self.server.json("progress", campaign)
            total = {k: int(v) for k, v in progress["total"].items() if isinstance(v, (int, str))}
            if total.get("pending", 0) + total.get("in_flight", 0) or \
                    total.get("selected", 0) != shop.CUSTOMERS:
                raise Failed(f"{campaign} is not done or not tied: {progress['total']}")
            lines = self.server.must("contacts", campaign, "-o", "json").splitlines()
            self.check_contacts(campaign, [json.loads(line) for line in lines if line])
        self.check_letters()

    def check_contacts(self, campaign, contacts):
        if len({c["customer"] for c in contacts}) != len(contacts):
            raise Failed(f"{campaign}: a customer has two contacts")
        for contact in contacts:
            fates = self.provider.seen.get(contact["contact_id"], [])
            problem = problem_of(contact, fates)
            if problem:
                raise Failed(f"{problem}: {contact} seen by the provider: {fates}")
        self.shop.known.update({c["contact_id"]: c for c in contacts})

    def check_letters(self):
        stray = set(self.provider.seen) - set(self.shop.known)
        if stray:
            raise Failed(f"sent without a contact: {stray}")
        for key, bodies in self.provider.bodies.items():
            if len(bodies) > 1:
                raise Failed(f"another message under the same key: {key}: {bodies}")
        rows = []
        for file in self.drop.glob("**/*.csv") if self.drop.exists() else []:
            rows += [line.split(",")[0] for line in file.read_text().splitlines()[1:]]
        accepted = [k for k, c in self.shop.known.items()
                    if c["channel"] == "letter" and c["status"] == "CONTACT_STATUS_ACCEPTED"]
        if sorted(rows) != sorted(accepted):
            raise Failed(f"{len(rows)} rows printed, {len(accepted)} letters accepted; "
                         f"different: {set(rows) ^ set(accepted)}")


def problem_of(contact, fates):
    """Why this contact cannot be, given what its provider saw; None: it can."""
    status = contact["status"].removeprefix("CONTACT_STATUS_")
    maybe = [f for f in fates if f != "refused"]
    if contact.get("is_holdout_twin") and fates:
        return "held out and contacted"
    if status in ("RESERVED", "ATTEMPTING") or status == "PLANNED" and not contact.get("is_holdout_twin"):
        return "not final"
    if contact["channel"] == "sms" and len(maybe) > 1:
        return "perhaps delivered twice"
    if status == "ACCEPTED" and contact["channel"] != "letter" and \
            not {"accepted", "late"} & set(fates):
        return "accepted by nobody"
    if status in ("FAILED", "SUPPRESSED") and maybe:
        return "perhaps delivered, and not counted"
    return None


def live(bin_dir, rounds, seed):
    work = pathlib.Path(tempfile.mkdtemp(prefix=f"dangol-rounds-{seed}-"))
    life = Life(bin_dir, seed, work)
    try:
        life.begin()
        for _ in range(rounds):
            life.round()
        life.end()
        life.server.kill()
    except Failed as failure:
        print(f"FAIL: seed {seed}, after {life.kills} kills: {failure}\nit left behind: {work}\n"
              f"again with: tests/crash/kill_rounds.py BIN_DIR {rounds} {seed}", flush=True)
        life.server.kill()
        return False
    life.provider.close()
    fates = sum(map(len, life.provider.seen.values()))
    print(f"seed {seed}: {life.kills} kills, {life.shop.sent.count} purchases, {len(life.shop.known)} "
          f"contacts, {fates} requests to webhooks: as expected", flush=True)
    shutil.rmtree(work)
    return True


def main():
    bin_dir = sys.argv[1]
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 15
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    while rounds > 0:
        if not live(bin_dir, min(rounds, ROUNDS_A_LIFE), seed):
            sys.exit(1)
        rounds -= ROUNDS_A_LIFE
        seed += 1


if __name__ == "__main__":
    main()
