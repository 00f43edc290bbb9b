#!/usr/bin/env python3
"""Size, cold start and memory of every function: functions.py [FOLDER], after cargo lambda build --release.

The folder is target/lambda, with a bootstrap for each function. A cold start is the time from the start of the process to its
first answer (of an HTTP function: 404 for an address that it does not have, which needs no connection), the median of ROUNDS.
"""

import json
import os
import statistics
import subprocess
import sys
import threading
import time
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path

ROUNDS = 10
NO_HTTP = ("analyze", "migrate")
EVENT = {
    "version": "2.0", "routeKey": "$default", "rawPath": "/nothing", "rawQueryString": "",
    "headers": {"host": "localhost", "x-forwarded-for": "192.0.2.7", "x-forwarded-proto": "https"},
    "requestContext": {
        "accountId": "1", "apiId": "a", "domainName": "localhost", "domainPrefix": "a",
        "http": {"method": "GET", "path": "/nothing", "protocol": "HTTP/1.1", "sourceIp": "192.0.2.7", "userAgent": ""},
        "requestId": "r", "routeKey": "$default", "stage": "$default", "time": "24/Nov/2026:10:00:00 +0000",
        "timeEpoch": 1795514400000,
    },
    "isBase64Encoded": False,
}


class Api(BaseHTTPRequestHandler):
    """The Runtime API: one event, then nothing any more."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.server.asked.set()
        if self.server.given or not self.server.gives:
            self.server.over.wait(60)
            return
        self.server.given = True
        body = json.dumps(EVENT).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.send_header("lambda-runtime-aws-request-id", "1")
        self.send_header("lambda-runtime-deadline-ms", str(int(time.time() * 1000) + 30000))
        self.send_header("lambda-runtime-invoked-function-arn", "arn:aws:lambda:eu-central-1:1:function:f")
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        self.server.answered.set()
        self.send_response(202)
        self.send_header("content-length", "0")
        self.end_headers()


class Server(ThreadingHTTPServer):
    def handle_error(self, *_):
        """Functions are stopped while they ask for more."""


def run(program, name):
    server = Server(("127.0.0.1", 0), Api)
    server.daemon_threads = True
    server.gives = name not in NO_HTTP
    server.given = False
    server.asked, server.answered, server.over = threading.Event(), threading.Event(), threading.Event()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    environment = {
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{server.server_port}", "AWS_LAMBDA_FUNCTION_NAME": name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256", "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_LOG_GROUP_NAME": "g", "AWS_LAMBDA_LOG_STREAM_NAME": "s",
        "DATABASE_URL": "postgres://codechecker:none@127.0.0.1:1/none", "REDIS_URL": "redis://127.0.0.1:1", "LOG_LEVEL": "warn",
    }
    began = time.perf_counter()
    process = subprocess.Popen([program], env=environment, stdout=subprocess.DEVNULL)
    assert (server.answered if server.gives else server.asked).wait(30), name
    took = (time.perf_counter() - began) * 1000
    status = Path(f"/proc/{process.pid}/status").read_text()
    memory = int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024
    process.kill()
    process.wait()
    server.over.set()
    server.shutdown()
    return took, memory


folder = Path(sys.argv[1] if len(sys.argv) > 1 else "target/lambda")
print("| function | program | zip | cold start | memory |\n|---|---|---|---|---|")
for program in sorted(folder.glob("*/bootstrap")):
    name = program.parent.name
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(program, "bootstrap")
    rounds = [run(program, name) for _ in range(ROUNDS)]
    took = statistics.median(took for took, _ in rounds)
    memory = max(memory for _, memory in rounds)
    size = os.path.getsize(program) / 1e6
    print(f"| {name} | {size:.1f} MB | {len(packed.getvalue()) / 1e6:.1f} MB | {took:.0f} ms | {memory:.1f} MB |", flush=True)
