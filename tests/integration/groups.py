"""What kafka-consumer-groups.sh tells."""


def lags(described, of):
    """Of its --describe: the lags of partitions of topics for which `of(topic)` holds; of one that nobody
    has read yet, none."""
    rows = [line.split() for line in described.splitlines()]
    return [int(row[5]) for row in rows if len(row) > 5 and row[5].lstrip("-").isdigit() and of(row[1])]
