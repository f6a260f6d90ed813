"""The shrinker of soak.py finds the few faults that matter: in lists of names, and in a real run with a
defect that is only pretended. Usage: soak_test.py SIMULATION_TEST"""

import os
import pathlib
import random
import re
import subprocess
import sys

import soak

PRETENDED = ["crash", "revoke"]


class Needs(soak.Replay):
    """Fails as long as these faults are among them."""

    def __init__(self, needed):
        super().__init__("", "", 0)
        self.needed = set(needed)

    def fails(self, faults):
        self.runs += 1
        return self.needed <= set(faults)


def shrinks_lists():
    rng = random.Random(7)
    faults = [f"{kind}#{n}" for kind in "abcdefgh" for n in range(12)]
    rng.shuffle(faults)
    for size in range(4):
        for _ in range(20):
            needed = rng.sample(faults, size)
            replay = Needs(needed)
            found = replay.shrink(faults)
            assert sorted(found) == sorted(needed), (needed, found)
            assert replay.runs <= soak.RUNS_MAX, replay.runs


def shrinks_a_run(binary):
    env = {**os.environ, "DANGOL_SIMULATION_PRETEND": ",".join(PRETENDED)}
    here = pathlib.Path(__file__).resolve().parent
    done = subprocess.run([sys.executable, here / "soak.py", binary, "--seeds", "4", "--jobs", "1"],
                          env=env, stdout=subprocess.PIPE, text=True)
    told = re.search(r"FAIL: \w+, seed (\d+): (\d+) of (\d+) faults are enough, found in (\d+) runs; "
                     r"replay with:\n  (.*)\n$", done.stdout)
    assert done.returncode == 1 and told, done.stdout[-3000:]
    _, few, all_faults, runs, command = told.groups()
    faults = re.search(r"DANGOL_SIMULATION_FAULTS=(\S*)", command).group(1).split(",")
    assert sorted(name.split("#")[0] for name in faults) == PRETENDED, faults
    assert int(few) == len(PRETENDED) < int(all_faults), told.group(0)
    again = subprocess.run(command, shell=True, env=env, stdout=subprocess.DEVNULL)
    assert again.returncode != 0, f"does not fail: {command}"
    whole = subprocess.run(command, shell=True, stdout=subprocess.DEVNULL)
    assert whole.returncode == 0, f"fails of itself: {command}"
    print(f"{all_faults} faults shrunk to {few} in {runs} runs: {command}")


if __name__ == "__main__":
    shrinks_lists()
    shrinks_a_run(sys.argv[1])
