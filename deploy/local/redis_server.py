"""A Redis of this machine."""

import shutil
import socket
import subprocess
import sys
import time

from process import Server, free_port

PATIENCE_S = 180


class Redis(Server):
    """A server on a free port that keeps nothing when it ends."""

    def __init__(self, settings=()):
        if shutil.which("redis-server") is None:
            sys.exit("no redis-server: make deps")
        self.port, self.settings = free_port(), list(settings)
        # As --online-nodes and further flags of a service.
        self.nodes, self.flags = f"127.0.0.1:{self.port}", []

    def start(self):
        self.process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", *self.settings],
            stdout=subprocess.DEVNULL)
        end = time.monotonic() + PATIENCE_S
        while True:
            try:
                return self.ask([["PING"]])
            except OSError:
                if time.monotonic() > end:
                    sys.exit("redis-server did not start")
                time.sleep(0.05)

    def ask(self, commands):
        """One reply a command."""
        return ask(("127.0.0.1", self.port), commands)


def ask(address, commands):
    """One reply a command, of any Redis: (host, port)."""
    with socket.create_connection(address, 10) as connection:
        lines = connection.makefile("rwb")
        for command in commands:
            lines.write(b"*%d\r\n" % len(command))
            for word in command:
                lines.write(b"$%d\r\n%s\r\n" % (len(word.encode()), word.encode()))
        lines.flush()
        return [_reply(lines) for _ in commands]


def _reply(lines):
    kind, rest = (line := lines.readline())[:1], line[1:-2]
    if kind == b"*":
        return [_reply(lines) for _ in range(int(rest))]
    if kind == b"$":
        return lines.read(int(rest) + 2)[:-2].decode() if int(rest) >= 0 else None
    return rest.decode()
