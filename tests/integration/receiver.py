"""Where webhook channels post to."""

import collections
import http.server
import json
import threading


class Receiver:
    """Counts what reached it by idempotency key."""

    def __init__(self):
        self.lock, self.keys, self.customers = threading.Lock(), collections.Counter(), set()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with outer.lock:
                    outer.keys[self.headers["Idempotency-Key"]] += 1
                    outer.customers.add(message["customer"])
                self.send_response(200)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads, request_queue_size = True, 128

            def handle_error(self, *_):
                pass  # the caller was killed, or hung up

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
