"""Where webhook channels post to."""

import collections
import http.server
import json
import threading


class Receiver:
    """Counts what reached it by idempotency key."""

    def __init__(self, host="127.0.0.1"):
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

        self.server = Server((host, 0), Handler)
        self.url = self.url_at(host)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def url_at(self, host):
        return f"http://{host}:{self.server.server_address[1]}/"
