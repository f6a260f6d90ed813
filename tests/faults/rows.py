"""A row: one kind of fault, tried round after round."""

import dataclasses
import typing

import world as worlds


@dataclasses.dataclass
class Row:
    name: str
    title: str
    # fault(world, random, stream): what it did, in words. It happens and heals in here.
    fault: typing.Callable
    # Makes what the rounds happen in: (bin_dir) → World.
    make: typing.Callable = worlds.World
    customers: int = 40  # fresh ones a round
    pace_s: float = 0.05  # between two batches of the stream
    patience_s: int = 150  # until a round has come to rest
    watch: bool = False  # measures how long effects waited (pauses.py)
    # Why it cannot run here; "": it can.
    missing: typing.Callable = lambda: ""


ROWS = {}


def row(name, title, **options):
    def add(fault):
        ROWS[name] = Row(name, title, fault, **options)
        return fault
    return add


def at_random(random, stream):
    """Waits for a random moment of the stream."""
    stream.reached(random.randrange(len(stream.batches)))
