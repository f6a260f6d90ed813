"""kill -9 of dangold at a random moment while it tracks, imports, merges, erases and sends, round after
round on one data directory; after each start the state must hold everything that was acknowledged and
nothing that was not sent. Usage: kill_rounds.py BIN_DIR [ROUNDS] [SEED]

Every 25 rounds a new directory and the next seed. One that fails is kept, and the command that does it
again is printed: the same load and the same moments; what they hit varies with the machine."""

import collections
import pathlib
import random
import shutil
import sys
import tempfile
import threading
import time
import traceback

import shop
from provider import Provider
from server import Failed, Server

ROUNDS_A_LIFE = 25  # then a new data directory
KILL_AFTER_S = (0.05, 1.5)


class Life:
    """One data directory and what must be in it."""

    def __init__(self, bin_dir, seed, work):
        self.rng = random.Random(seed)
        self.provider = Provider(seed)
        self.server = Server(bin_dir, work, shop.START)
        self.shop = shop.Shop(self.rng, self.provider.url, work)
        self.people = self.shop.people
        self.drop = work / "data" / "drop" / "letters"
        self.kills = 0
        self.cut = collections.Counter()  # what was under way at a kill

    def begin(self):
        self.server.start()
        self.shop.begin(self.server)

    def load(self, hurry):
        """What clients do at once, until it is done or the server is dead."""
        threads = [threading.Thread(target=action, args=(self.server,))
                   for action in self.shop.actions(hurry)]
        for thread in threads:
            thread.start()
        return threads

    def round(self):
        self.shop.plan(self.server)
        threads = self.load(hurry=False)
        time.sleep(self.rng.uniform(*KILL_AFTER_S))
        self.server.kill()
        self.kills += 1
        for thread in threads:
            thread.join()
        self.cut.update(p if isinstance(p, str) else "person" for p in self.shop.pending())
        self.server.start()
        self.server.settle()
        self.check(self.shop.acknowledged)
        # What was not acknowledged is sent again, under the same ids; then it is there once.
        for thread in self.load(hurry=True):
            thread.join()
        if self.shop.pending():
            raise Failed(f"not taken by a live server: {self.shop.pending()}")
        self.server.settle()
        self.check(self.shop.sent)

    def check(self, least):
        """Orders and their sum, at least these, and who is whom."""
        most, stats = self.shop.sent, self.server.json("stats")
        won = [c for c in stats.get("currencies", []) if c["currency"] == "KRW"]
        count = int(won[0]["purchases"]) if won else 0
        net = int(won[0]["net_minor"]) if won else 0
        if not (least.count <= count <= most.count and least.net <= net <= most.net):
            raise Failed(f"{count} purchases of {net} won in all; acknowledged are {least}, sent {most}")
        all_taken = not self.shop.pending()
        self.people.check(self.server, self.provider, int(stats["customers"]), all_taken)

    def end(self):
        """Everything is final; then every contact is held against what the providers saw."""
        self.server.must("clock", "advance", "--by", "2h")
        self.people.end(self.server, self.provider)
        for campaign, one in self.shop.campaigns.items():
            contacts = self.check_campaign(campaign)
            if len({c["customer"] for c in contacts}) != len(contacts):
                raise Failed(f"{campaign}: a customer has two contacts")
            self.people.check_contacts(campaign, contacts, one)
        self.people.check_clicks(self.check_campaign(shop.THANKS))
        self.check_letters()

    def check_campaign(self, campaign):
        """Its contacts, each of which can be."""
        contacts = self.server.lines("contacts", campaign)
        total = {k: int(v) for k, v in self.server.json("progress", campaign)["total"].items()
                 if isinstance(v, (int, str))}
        least, most = self.people.selected[campaign] if campaign != shop.THANKS else \
            [self.people.clicks.total()] * 2
        if total.get("pending", 0) + total.get("in_flight", 0) or \
                not least <= total.get("selected", 0) <= most:
            raise Failed(f"{campaign} is not done or not tied, {least} to {most} selected: {total}")
        for contact in contacts:
            fates = self.provider.seen.get(contact["contact_id"], [])
            problem = problem_of(contact, fates)
            if problem:
                raise Failed(f"{problem}: {contact} seen by the provider: {fates}")
        self.shop.known.update({c["contact_id"]: c for c in contacts})
        return contacts

    def check_letters(self):
        stray = {key for key in set(self.provider.seen) - set(self.shop.known)
                 if self.provider.about[key] not in self.people.gone}
        if stray:
            raise Failed(f"sent without a contact: {stray}")
        for key, bodies in self.provider.bodies.items():
            if len(bodies) > 1:
                raise Failed(f"another message under the same key: {key}: {bodies}")
        rows = []
        for file in self.drop.glob("**/*.csv") if self.drop.exists() else []:
            rows += [line.split(",")[:2] for line in file.read_text().splitlines()[1:]]
        if len({key for key, _ in rows}) != len(rows):
            raise Failed("a letter was printed twice")
        # Of the contacts of those who were erased nothing is known any more.
        printed = sorted(key for key, customer in rows if customer not in self.people.gone)
        accepted = sorted(key for key, c in self.shop.known.items()
                          if c["channel"] == "letter" and c["status"] == "CONTACT_STATUS_ACCEPTED" and
                          c["customer"] not in self.people.gone)
        if printed != accepted:
            raise Failed(f"{len(printed)} rows printed, {len(accepted)} letters accepted; "
                         f"different: {set(printed) ^ set(accepted)}")


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


def live(bin_dir, rounds, seed, told):
    """One directory from its first customer to its last letter. False: something is not as expected."""
    work = pathlib.Path(tempfile.mkdtemp(prefix=f"dangol-rounds-{seed}-"))
    life = Life(bin_dir, seed, work)
    try:
        life.begin()
        for _ in range(rounds):
            life.round()
            told(life)
        life.end()
        life.server.kill()
    except Exception as failure:  # also what nobody thought of: the seed must be known
        if not isinstance(failure, Failed):
            traceback.print_exception(failure)
        print(f"FAIL: seed {seed}, after {life.kills} kills: {failure}\nit left behind: {work}",
              flush=True)
        return False
    finally:
        life.server.stop()
        life.provider.close()
    fates = sum(map(len, life.provider.seen.values()))
    merges = life.people.meetings
    print(f"seed {seed}: {life.kills} kills, {life.shop.sent.count} purchases, {len(merges)} meetings, "
          f"{sum(m.undo != '' for m in merges)} undone, {len(life.people.erasures)} erased, "
          f"{len(life.shop.known)} contacts, {fates} requests to webhooks: as expected", flush=True)
    shutil.rmtree(work)
    return True


class Progress:
    """A line every 50 rounds."""

    def __init__(self, rounds):
        self.rounds, self.done, self.begin = rounds, 0, time.monotonic()
        self.cut = collections.Counter()

    def __call__(self, life):
        self.done += 1
        self.cut += life.cut
        life.cut.clear()
        if self.done % 50 == 0 or self.done == self.rounds:
            seconds = time.monotonic() - self.begin
            cut = ", ".join(f"{n} {what}" for what, n in sorted(self.cut.items()))
            print(f"{self.done} of {self.rounds} rounds in {seconds:.0f} s; not acknowledged at the kill: "
                  f"{cut}", flush=True)


def main():
    bin_dir = sys.argv[1]
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 15
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    progress = Progress(rounds)
    # Copies: somebody may build meanwhile.
    with tempfile.TemporaryDirectory(prefix="dangol-rounds-bin-") as own:
        for name in ("dangold", "dangol"):
            shutil.copy(pathlib.Path(bin_dir) / name, own)
        while rounds > 0:
            if not live(own, min(rounds, ROUNDS_A_LIFE), seed, progress):
                print(f"again with: python3 tests/crash/kill_rounds.py {bin_dir} "
                      f"{min(rounds, ROUNDS_A_LIFE)} {seed}", flush=True)
                sys.exit(1)
            rounds -= ROUNDS_A_LIFE
            seed += 1


if __name__ == "__main__":
    main()
