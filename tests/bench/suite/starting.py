"""From the start of the process to its first answers, sizes, and what it does while nobody asks."""

import http.client
import os
import statistics
import time
from urllib.parse import urlsplit

from bench import number, output

STARTS = 10
IDLE_SECONDS = 20
IMAGE = "code-checker"


def part(bench):
    figures = {"program, MB": os.path.getsize(bench.program) / 1e6}
    size = number(output("docker", "image", "inspect", "--format", "size={{.Size}}", IMAGE), r"size=(\d+)")
    figures["image, MB"] = int(size) / 1e6 if size else f"skipped: no Docker engine answers with an image {IMAGE}"
    with bench.database("bench_starting"):
        bench.start("bench_starting")
        bench.stop_apps()
        figures["start to the first 200, ms"] = statistics.median(start(bench) for _ in range(STARTS))
        figures["idle"] = idle(bench)
    return figures


def start(bench):
    """Milliseconds until /health/ready answers 200, of a database that has its tables."""
    began = time.monotonic()
    app = bench.start("bench_starting")
    while True:
        connection = http.client.HTTPConnection(urlsplit(app.url).netloc, timeout=10)
        connection.request("GET", "/health/ready")
        if connection.getresponse().status == 200:
            took = time.monotonic() - began
            bench.stop_apps()
            return took * 1000


def idle(bench):
    """The use of a process with a worker in a minute in which nobody asks, and its memory."""
    app = bench.start("bench_starting")
    app.call("GET", "/health/ready")
    time.sleep(2)
    with bench.measured(app) as used:
        time.sleep(IDLE_SECONDS)
    return {**used.each(IDLE_SECONDS / 60), "MB": app.memory(), "MB, shared in parts": app.memory("Pss")}
