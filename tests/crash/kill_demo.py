"""kill -9 of dangold at random moments of the demo, and starting it again, ends in the same business
numbers. Usage: kill_demo.py BIN_DIR SOURCE_DIR [ROUNDS] [SEED]"""

import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

CUSTOMERS = "600"
RETAILER = "3"


def servers(out):
    wanted = f"--data-dir={out}/".encode()
    found = []
    for entry in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = entry.read_bytes().split(b"\0")
        except OSError:  # it has just ended
            continue
        if words[0].endswith(b"dangold") and any(word.startswith(wanted) for word in words):
            found.append(int(entry.parent.name))
    return found


def kill_now_and_then(demo, out, rng):
    """Until the demo ends. Every kill hits another moment; the pauses let it get on."""
    kills = 0
    while demo.poll() is None:
        try:
            demo.wait(rng.uniform(0.5, 2.5))
        except subprocess.TimeoutExpired:
            for pid in servers(out):
                try:
                    os.kill(pid, signal.SIGKILL)
                    kills += 1
                except ProcessLookupError:
                    pass
    return kills


def run(bin_dir, source_dir, out, rng):
    command = [f"{bin_dir}/dangol-demo", "--bin-dir", bin_dir, "--examples", f"{source_dir}/examples",
               "--out", out, "--customers", CUSTOMERS, "--seed", RETAILER]
    with open(out + ".txt", "w") as log:
        demo = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        # The first kill comes after the server has started once: starting is not the demo's job.
        while rng and not servers(out) and demo.poll() is None:
            time.sleep(0.01)
        if rng:
            time.sleep(0.5)
        kills = kill_now_and_then(demo, out, rng) if rng else 0
        code = demo.wait()
    with open(out + ".txt") as log:
        text = log.read()
    if code != 0:
        sys.exit(f"the demo failed after {kills} kills:\n{text}")
    return kills, business_numbers(text)


def business_numbers(text):
    """The reports: every line but those with a time or a port in front; reasons in any order."""
    lines = [l for l in text.splitlines() if l.startswith(("==", "  "))]
    return [" ".join(sorted(re.split(r"[ ,:]+", l))) for l in lines if "dangol" not in l]


def main():
    bin_dir, source_dir = sys.argv[1], sys.argv[2]
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 2
    first_seed = int(sys.argv[4]) if len(sys.argv) > 4 else 1
    work = tempfile.mkdtemp(prefix="dangol-kill-")
    _, expected = run(bin_dir, source_dir, f"{work}/calm", None)
    for seed in range(first_seed, first_seed + rounds):
        kills, seen = run(bin_dir, source_dir, f"{work}/killed-{seed}", random.Random(seed))
        different = [pair for pair in zip(expected, seen) if pair[0] != pair[1]]
        print(f"round {seed}: {kills} kills, {len(seen)} lines of business numbers, "
              f"{len(different)} differ")
        if kills == 0:
            sys.exit("nothing was killed")
        if different or len(seen) != len(expected) or not expected:
            for before, after in different:
                print(f"- {before}\n+ {after}")
            sys.exit(f"what it left behind: {work}")
    shutil.rmtree(work)


if __name__ == "__main__":
    main()
