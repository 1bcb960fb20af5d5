#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What a machine without a network says of itself on its console, for Prometheus to scrape.

console_bridge.py PORT: reads the console from standard input and passes it on, but for what is
between "METRICS <name>" and "METRICS END", which is /metrics until the next one; after
"METRICS GONE" there is nobody: connections get a 503.
"""
import http.server
import sys
import threading

latest = None


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        text = latest if self.path == "/metrics" else None
        self.send_response(503 if text is None else 200)
        self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
        self.end_headers()
        self.wfile.write((text or "").encode())

    def log_message(self, *args):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Page)
threading.Thread(target=server.serve_forever, daemon=True).start()
lines = None
for line in sys.stdin:
    word = line.rstrip("\r\n")
    if word == "METRICS GONE":
        latest = None
    elif word == "METRICS END":
        latest, lines = "".join(lines or []), None
    elif word.startswith("METRICS "):
        lines = []
    elif lines is not None:
        lines.append(word + "\n")
        continue
    if lines is None or word.startswith("METRICS "):
        print(word, flush=True)
