"""A row: producers of other teams write to `ingest` themselves: twice, out of order, to any partition, and
bytes that are no event."""

import pathlib
import subprocess
import tempfile

from rows import row
import world as worlds

OTHERS = 30  # customers whose first purchase comes so
BAD = 8


def records(cluster):
    """Values of topic ingest, as they are on the wire."""
    read = subprocess.run(["kcat", "-b", cluster.kafka, "-C", "-q", "-e", "-t", f"{cluster.prefix}.ingest.v1",
                           "-f", "%S\n%s"], capture_output=True, check=True).stdout
    values = []
    while read:
        size, _, rest = read.partition(b"\n")
        values.append(rest[:max(0, int(size))])
        read = rest[max(0, int(size)):]
    return values


def produce(cluster, partition, values):
    """Acknowledged by the broker, or an error."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [pathlib.Path(folder) / str(i) for i in range(len(values))]
        for path, value in zip(paths, values):
            path.write_bytes(value)
        subprocess.run(["kcat", "-b", cluster.kafka, "-P", "-X", "acks=all", "-t", f"{cluster.prefix}.ingest.v1",
                        "-p", str(partition), *paths], capture_output=True, check=True)


def bad_values(random, good):
    """No event at all, an event cut short, bytes at random, and one with nothing in it."""
    kinds = [lambda: b"\xff" * random.randint(1, 50), lambda: random.choice(good)[:-random.randint(1, 3)],
             lambda: b"\x0a" + random.randbytes(40), lambda: b"{}"]
    return [random.choice(kinds)() for _ in range(BAD)]


@row("external", "records of other producers: repeated, out of order, in any partition, malformed")
def external(world, random, stream):
    stream.join()  # its records are the models, and will come again
    cluster = world.cluster
    mine = [user for user, net in stream.accepted_at if net == worlds.TRIGGER_NET][:OTHERS]
    others = ["x" + user[1:] for user in mine]
    world.add_customers(others)
    everything = records(cluster)
    models = [value for user in mine for value in everything if b"%s-%d" % (user.encode(), worlds.TRIGGER_NET)
              in value]
    of_others = [value.replace(user.encode(), other.encode())
                 for user, other, value in zip(mine, others, models)]
    again = random.sample(everything, min(60, len(everything)))
    bad = bad_values(random, models)
    values = of_others + random.sample(of_others, 10) + again + bad
    random.shuffle(values)
    for partition in range(worlds.PARTITIONS):
        produce(cluster, partition, values[partition::worlds.PARTITIONS])
    world.asked += others
    world.bad = getattr(world, "bad", set()) | set(bad)
    malformed = sum(value in world.bad for value in values)
    world.dead_letters += malformed
    return f"{len(of_others)} purchases, {len(values) - len(of_others) - malformed} repeats, {malformed} malformed"
