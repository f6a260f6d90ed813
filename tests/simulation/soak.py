"""Many seeds of the simulation, in two processes; of one that fails, the few faults that matter and the
command that replays it. Usage: soak.py SIMULATION_TEST [--seeds N] [--first N] [--jobs N]"""

import argparse
import concurrent.futures
import os
import re
import subprocess
import sys
import time

CHUNK = 10  # seeds a process runs before it ends: little is lost when one fails
RUNS_MAX = 200  # of one failing seed while its faults are thinned out
TESTS = {"FaultsBreakNoInvariant": 1, "MergesAndErasuresLoseNothing": 2, "FaultsChangeNoResult": 4}  # every n-th seed


def run(binary, test, env):
    """(passed, output) of one process."""
    done = subprocess.run([binary, f"--gtest_filter=SimulationTest.{test}"], text=True,
                          env={**os.environ, **{k: str(v) for k, v in env.items()}},
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.returncode == 0, done.stdout


def ratio(text):
    found = re.search(r"simulated time (\d+) times", text)
    return int(found.group(1)) if found else 0


class Replay:
    """One failing seed, with all of its faults or some."""

    def __init__(self, binary, test, seed):
        self.binary, self.test, self.seed = binary, test, seed
        self.runs = 0

    def fails(self, faults):
        self.runs += 1
        return not run(self.binary, self.test, {"DANGOL_SIMULATION_SEED": self.seed,
                                                "DANGOL_SIMULATION_FAULTS": ",".join(faults)})[0]

    def command(self, faults):
        return (f"DANGOL_SIMULATION_SEED={self.seed} DANGOL_SIMULATION_FAULTS={','.join(faults)} "
                f"{self.binary} --gtest_filter=SimulationTest.{self.test}")

    def shrink(self, faults):
        """First whole kinds, then halves, quarters and so on to single faults, as long as it fails."""
        for kind in sorted({name.split("#")[0] for name in faults}):
            fewer = [name for name in faults if name.split("#")[0] != kind]
            if len(fewer) < len(faults) and self.fails(fewer):
                faults = fewer
        size = max(1, len(faults) // 2)
        while faults and self.runs < RUNS_MAX:
            at = 0
            while at < len(faults) and self.runs < RUNS_MAX:
                fewer = faults[:at] + faults[at + size:]
                if self.fails(fewer):
                    faults = fewer
                else:
                    at += size
            if size == 1:
                break
            size = max(1, size // 2)
        return faults


def failing_seed(binary, test, first, count):
    """(seed, output) of the first that fails."""
    for seed in range(first, first + count):
        passed, text = run(binary, test, {"DANGOL_SIMULATION_SEED": seed})
        if not passed:
            return seed, text
    return None, ""


def tell(binary, test, first, count):
    seed, text = failing_seed(binary, test, first, count)
    if seed is None:
        print(f"FAIL: seeds {first} to {first + count - 1} of {test} fail together, none alone")
        return
    print(text[-6000:])
    replay = Replay(binary, test, seed)
    struck = re.search(r"^faults: (.*)$", text, re.M)
    if struck is None:  # the process died of it: nobody told which faults there were
        print(f"FAIL: {test}, seed {seed}; replay with:\n  DANGOL_SIMULATION_SEED={seed} {binary} "
              f"--gtest_filter=SimulationTest.{test}")
        return
    all_faults = [name for name in struck.group(1).split(",") if name]
    faults = replay.shrink(all_faults)
    print(f"FAIL: {test}, seed {seed}: {len(faults)} of {len(all_faults)} faults are enough, found in "
          f"{replay.runs} runs; replay with:\n  {replay.command(faults)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("binary")
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    args = parser.parse_args()
    chunks = [(test, first, min(CHUNK, args.first + args.seeds // share - first))
              for test, share in TESTS.items()
              for first in range(args.first, args.first + args.seeds // share, CHUNK)]
    begin, ratios, failed = time.monotonic(), [], None
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        def work(chunk):
            test, first, count = chunk
            if failed:
                return True, "", chunk
            return *run(args.binary, test, {"DANGOL_SIMULATION_FIRST": first,
                                            "DANGOL_SIMULATION_SEEDS": count}), chunk
        for passed, text, chunk in pool.map(work, chunks):
            ratios.append(ratio(text))
            if not passed and not failed:
                failed = chunk
    if failed:
        tell(args.binary, *failed)
        sys.exit(1)
    seconds = time.monotonic() - begin
    runs = sum(count for _, _, count in chunks)
    print(f"{runs} runs of {args.seeds} seeds in {seconds:.0f} s: {runs / seconds * 3600:,.0f} an hour; "
          f"simulated time is {min(r for r in ratios if r):,} times real time or more")


if __name__ == "__main__":
    main()
