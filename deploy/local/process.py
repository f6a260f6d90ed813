"""What the servers beside this have in common: a free port, and a process that is killed or stands still."""

import os
import random
import signal
import socket
import sys

_given = set()


def free_port():
    """For a server that is started later, and again: below the ports that outgoing connections take (one to
    a server that is away could take its port), and no port twice."""
    while True:
        port = random.randrange(15000, 32000)
        with socket.socket() as tried:
            if port not in _given and tried.connect_ex(("127.0.0.1", port)) != 0:
                _given.add(port)
                return port


class Server:
    """Whoever derives from it starts `process`."""

    process = None

    def kill(self):
        """With -9; nothing where none runs."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)


def given_broker():
    """host:port of the broker that with-broker started."""
    kafka = os.environ.get("DANGOL_TEST_KAFKA")
    if kafka is None:
        sys.exit("no broker: run it by deploy/kafka/with-broker")
    return kafka
