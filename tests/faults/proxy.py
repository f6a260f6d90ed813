"""A TCP proxy that can be slow."""

import queue
import socket
import threading
import time


class Proxy:
    """From a free port to `target`, a port of this machine. delay_s may be changed at any time: what a side
    sends from then on arrives so much later, in order."""

    def __init__(self, target=None):
        self.target, self.delay_s = target, lambda: 0.0
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                caller, _ = self.listener.accept()
            except OSError:  # closed
                return
            try:
                server = socket.create_connection(("127.0.0.1", self.target), 5)
            except OSError:
                caller.close()
                continue
            for one, other in ((caller, server), (server, caller)):
                other.settimeout(None)
                other.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                waiting = queue.Queue(1024)
                threading.Thread(target=self._read, args=(one, waiting), daemon=True).start()
                threading.Thread(target=self._write, args=(other, waiting), daemon=True).start()

    def _read(self, one, waiting):
        data = b"?"
        while data:
            try:
                data = one.recv(1 << 16)
            except OSError:
                data = b""
            waiting.put((time.monotonic() + self.delay_s(), data))

    def _write(self, other, waiting):
        while True:
            due, data = waiting.get()
            time.sleep(max(0.0, due - time.monotonic()))
            try:
                if not data:
                    return other.shutdown(socket.SHUT_RDWR)
                other.sendall(data)
            except OSError:
                data = b""
            if not data:
                return other.close()

    def close(self):
        self.listener.close()
