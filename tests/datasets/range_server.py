#!/usr/bin/env python3
"""Serves one file on a loopback port that it prints, until it is killed.

range_server.py FILE [--no-range] [--break-after BYTES] [--status CODE] [--redirect URL]
--no-range: as servers that ignore Range do. --break-after: the first answer's connection breaks after so many bytes.
Every request is one line in FILE.log: its Range header, or "whole".
"""
import argparse
import http.server
import re

parser = argparse.ArgumentParser()
parser.add_argument("file")
parser.add_argument("--no-range", action="store_true")
parser.add_argument("--break-after", type=int, default=-1)
parser.add_argument("--status", type=int, default=200)
parser.add_argument("--redirect")
options = parser.parse_args()


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        with open(options.file + ".log", "a", encoding="ascii") as log:
            log.write(self.headers.get("Range", "whole") + "\n")
        if options.redirect:
            self.send_response(302)
            self.send_header("Location", options.redirect)
            self.end_headers()
            return
        if options.status != 200:
            self.send_error(options.status)
            return
        with open(options.file, "rb") as file:
            data = file.read()
        match = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        first = int(match[1]) if match and not options.no_range else 0
        if first >= len(data) > 0 and first > 0:
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(data)}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(206 if first else 200)
        if first:
            self.send_header("Content-Range", f"bytes {first}-{len(data) - 1}/{len(data)}")
        self.send_header("Content-Length", str(len(data) - first))
        self.end_headers()
        if options.break_after >= 0:
            self.wfile.write(data[first:first + options.break_after])
            options.break_after = -1
            self.connection.close()
        else:
            self.wfile.write(data[first:])


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, *_):
        """A client that hangs up early is what some tests are about."""


server = Server(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
