"""Purchases that go on while a fault happens. Accepted is what the RPC acknowledged; what it did not is
sent again, with the same message ids, to the other instance."""

import threading
import time

import world as worlds
import shop

BATCH = 4
PATIENCE_S = 180


class Stream(threading.Thread):
    """Fresh users buy, and those of the round before, whose contact is settled, buy again. It ends once
    all have, or when it was told to, and not before `finish`."""

    def __init__(self, world, users, pace_s):
        """pace_s: between two batches."""
        super().__init__(daemon=True)
        self.world, self.pace_s, self.repeats, self.lost = world, pace_s, [], None
        again = [u for u in world.asked if u not in set(world.reacted)]
        self.batches = [(users[i:i + BATCH], again[i:i + BATCH])
                        for i in range(0, max(len(users), len(again)), BATCH)]
        self.sent, self.changed = 0, threading.Condition()
        self.accepted_at = {}  # (user, net) → when that purchase was acknowledged, by the wall
        self.longest_call_s = 0.0  # from the first try of a batch to its acknowledgement

    def reached(self, batches):
        """Returns once so many were accepted."""
        with self.changed:
            self.changed.wait_for(lambda: self.sent >= batches or not self.is_alive(), PATIENCE_S)

    def run(self):
        for first, again in self.batches:
            begun = time.monotonic()
            buys = [(user, worlds.TRIGGER_NET) for user in first] + [(user, worlds.REACTION_NET) for user in again]
            if not self._send(shop.lines(shop.purchase(user, f"{user}-{net}", net) for user, net in buys)):
                break
            self.longest_call_s = max(self.longest_call_s, time.monotonic() - begun)
            self.accepted_at |= dict.fromkeys(buys, time.time())
            self.world.asked += first
            self.world.reacted += again
            with self.changed:
                self.sent += 1
                self.changed.notify_all()
            time.sleep(max(0.0, self.pace_s - (time.monotonic() - begun)))

    def _send(self, text):
        end, ask = time.monotonic() + PATIENCE_S, 0
        while time.monotonic() < end:
            done = self.world.cluster.call("track", text=text, timeout="10s",
                                           called=("", "-2")[(self.sent + ask) % 2])
            if done.returncode == 0:
                return True
            self.repeats.append(done.stderr.strip())
            ask += 1
            time.sleep(0.1)
        self.lost = f"a batch was not accepted in {PATIENCE_S} s: {done.stderr.strip()}"
        return False
