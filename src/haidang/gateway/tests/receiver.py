"""A receiver of webhooks as a process of its own: `python -m haidang.gateway.tests.receiver LOG`. It prints its port and answers as the path says."""

import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Receiver(BaseHTTPRequestHandler):
    """Notes every request as one JSON line. `/status/503` answers 503, `/after/2` answers 500 twice and then 204, `/silent` says nothing."""

    log = ""
    seen: dict[str, int] = {}

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        with open(self.log, "a") as file:
            file.write(
                json.dumps(
                    {"path": self.path, "headers": {k.lower(): v for k, v in self.headers.items()}, "body": body}
                )
                + "\n"
            )
        self.seen[self.path] = self.seen.get(self.path, 0) + 1
        _, word, *rest = self.path.partition("?")[0].split("/")
        if word == "silent":
            time.sleep(60)
        elif word == "redirect":
            self.send_response(307)
            self.send_header("location", "/status/200")
            self.end_headers()
        else:
            number = int(rest[0]) if rest else 204
            self.send_response((500 if self.seen[self.path] <= number else 204) if word == "after" else number)
            self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


if __name__ == "__main__":
    Receiver.log = sys.argv[1]
    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    print(server.server_port, flush=True)
    server.serve_forever()
