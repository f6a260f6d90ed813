"""A webhook receiver that remembers what reached it, and refuses, fails, hangs, answers late or hangs
up now and then. What it does with a request depends on the seed, the key and how often the key came."""

import collections
import hashlib
import http.server
import json
import threading
import time

TIMEOUT_S = 0.4  # the channels' own; who hangs takes longer

# Fate → share in percent. "refused" is the one that is known not to have been delivered.
FATES = [("accepted", 70), ("late", 6), ("hung", 5), ("refused", 8), ("failed", 7), ("hung up", 4)]


class Provider:
    def __init__(self, seed):
        self.seed = seed
        self.lock = threading.Lock()
        self.seen = collections.defaultdict(list)    # idempotency key → fates, in order
        self.bodies = collections.defaultdict(set)   # idempotency key → what was sent under it
        self.about = {}                              # idempotency key → whom it is about
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.answer(self, self.headers["Idempotency-Key"], body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None  # the other end was killed
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def fate(self, key, times):
        dice = hashlib.sha256(f"{self.seed}/{key}/{times}".encode()).digest()[0] * 100 // 256
        for name, share in FATES:
            if dice < share:
                return name
            dice -= share
        return "accepted"

    def answer(self, handler, key, body):
        with self.lock:
            fate = self.fate(key, len(self.seen[key]))
            self.seen[key].append(fate)
            message = json.loads(body)
            message.pop("contact_time_us")  # of a send refused before, the last attempt's
            self.bodies[key].add(json.dumps(message, sort_keys=True))
            self.about[key] = message["customer"]
        if fate == "hung up":
            handler.close_connection = True
            return
        time.sleep({"late": TIMEOUT_S / 3, "hung": TIMEOUT_S * 2}.get(fate, 0))
        status = {"refused": 503, "failed": 500}.get(fate, 200)
        text = json.dumps({"id": key}).encode()
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(text)))
        handler.end_headers()
        handler.wfile.write(text)

    def requests_about(self, customer):
        with self.lock:
            return sum(len(self.seen[key]) for key, name in self.about.items() if name == customer)

    def close(self):
        self.server.shutdown()
        self.server.server_close()
