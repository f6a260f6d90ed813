"""Rounds of a row, one after another in the same world, and what they came to."""

import random
import statistics
import tempfile
import time

import checks
import observe
import pauses
import stream as streams


def play(row, world, number, rng):
    """One round: what was done, and what differs."""
    users = [f"r{number}-{i}" for i in range(row.customers)]
    world.add_customers(users)
    stream = streams.Stream(world, users, row.pace_s)
    watch = pauses.Watch(world.cluster) if row.watch else None
    stream.start()
    what = row.fault(world, rng, stream)
    stream.join()
    if stream.lost:
        return what, stream, [stream.lost], {}
    expected = checks.Expected(world.asked, world.reacted, world.dead_letters)
    found = checks.settle(lambda e: observe.look(world, e), expected, row.patience_s)
    waits = watch.longest(stream) | {"acknowledgement": stream.longest_call_s} if watch else {}
    return what, stream, found, waits


class Result:
    def __init__(self, row):
        self.row, self.rounds, self.bad, self.skipped = row, 0, 0, row.missing()
        self.waits = []  # one dict a round

    def line(self):
        seen = f"skipped: {self.skipped}" if self.skipped else \
            f"{self.bad} with a difference" if self.bad else "no difference"
        return f"{self.row.name:20} {self.rounds:4} rounds  {seen}{self.longest()}"

    def longest(self):
        if not self.waits:
            return ""
        of = lambda party: [waits[party] for waits in self.waits if waits[party] is not None]
        return "".join(f"\n  longest wait for {party}: median {statistics.median(of(party)):.1f} s, "
                       f"most {max(of(party)):.1f} s" for party in self.waits[0] if of(party))


def round_of(row, world, number, args, result):
    """False: the world is spoiled."""
    begun = time.monotonic()
    try:
        what, stream, found, waits = play(row, world, number, random.Random(f"{args.seed} {row.name} {number}"))
    except (SystemExit, AssertionError) as error:  # a server ended, or was not to be started
        result.rounds, result.bad = result.rounds + 1, result.bad + 1
        print(f"BAD  {row.name} {number}: {error}", flush=True)
        return False
    result.rounds += 1
    print(f"{'BAD ' if found else 'ok  '} {row.name} {number}: {what}; {len(world.asked) + len(world.reacted)} "
          f"purchases so far, {len(stream.repeats)} calls repeated, {time.monotonic() - begun:.0f} s", flush=True)
    if waits:
        result.waits.append(waits)
        print("       waits: " + ", ".join(f"{party} {'?' if s is None else f'{s:.1f} s'}"
                                           for party, s in waits.items()), flush=True)
    for why in sorted(set(stream.repeats)) if args.verbose else []:
        print(f"       not acknowledged: {why}")
    for difference in found:
        print(f"       {difference}")
    result.bad += bool(found)
    return not found


def run_row(row, args, result):
    """Rounds in one world, or, after one that went wrong, in another."""
    world = None
    try:
        for number in range(args.first, args.first + args.rounds):
            if world is None:
                world = row.make(args.bin_dir)
                world.start()
            if round_of(row, world, number, args, result):
                continue
            if args.keep:
                input(f"kept, until you press return: {world.cluster.dir}")
            world.remove()
            world = None
    finally:
        if world is not None:
            world.remove()


def add_options(parser):
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--first", type=int, default=0, help="number of the first round, to repeat one")
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1000000)
    parser.add_argument("--keep", action="store_true", help="wait after a bad round, its servers still there")
    parser.add_argument("--verbose", action="store_true", help="why calls were repeated")


def run_rows(chosen, args):
    """All rounds of these rows, and the table at the end. False: something differed."""
    print(f"seed {args.seed}", flush=True)
    results = [Result(row) for row in chosen]
    with tempfile.TemporaryDirectory(prefix="dangol-faults-") as tempfile.tempdir:
        for result in results:
            if result.skipped:
                print(f"skipped: {result.row.name}: {result.skipped}", flush=True)
            else:
                run_row(result.row, args, result)
    print(*(result.line() for result in results), sep="\n")
    return not any(result.bad for result in results)
