#!/usr/bin/env python3
"""The memory of the compose stack's containers, without what the system keeps in its page cache.

usage: memory.py [URL]     with the stack up, its model answering, and this user allowed to use Docker

Measures at rest, after 20 submissions, and while and after 20 with three screenshots each, first small noisy ones of 1.9 MB, then
ones of 12 megapixels and 1.9 MB; four clients submit at once.
"""

import base64
import json
import os
import pathlib
import random
import struct
import subprocess
import sys
import threading
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from urllib.request import Request, urlopen

url = (sys.argv[1] if len(sys.argv) > 1 else "http://localhost:3000") + "/api/v1/submissions"
CODE = "#include <cstdio>\nint main() { int a, b; scanf(\"%d %d\", &a, &b); printf(\"%d\\n\", a - b); }\n"


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, run):
    """Random colours, each for `run` pixels of a row."""
    row = lambda: b"".join(random.randbytes(3) * run for _ in range(width // run))
    pixels = b"".join(b"\0" + row() for _ in range(height))
    header = struct.pack(">IIBBBBB", width // run * run, height, 8, 2, 0, 0, 0)
    data = zlib.compress(pixels, 6)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def call(body=None, path=""):
    data = json.dumps(body).encode() if body else None
    request = Request(url + path, data, {"content-type": "application/json"})
    with urlopen(request, timeout=120) as answer:
        return json.load(answer)


def submit(images):
    body = {"text": "Print the sum of two integers.", "code": CODE, "images": images}
    if images:
        del body["code"]
    return call(body)["id"]


def work(images):
    """Submits twenty, and waits for their ends."""
    with ThreadPoolExecutor(4) as clients:
        ids = list(clients.map(lambda _: submit(images), range(20)))
    statuses = []
    for id in ids:
        while (status := call(path="/" + id)["status"]) in ("QUEUED", "PROCESSING"):
            time.sleep(0.2)
        statuses.append(status)
    return " ".join(f"{statuses.count(status)} {status}" for status in sorted(set(statuses)))


def docker(*arguments):
    return subprocess.run(["docker", *arguments], check=True, text=True, capture_output=True).stdout.split()


def memory_stat(container):
    """The file in which the kernel counts a container's memory, in either version of control groups."""
    pid = docker("inspect", "--format", "{{.State.Pid}}", container)[0]
    groups = [line.split(":", 2) for line in pathlib.Path(f"/proc/{pid}/cgroup").read_text().splitlines()]
    for number, controllers, path in groups:
        root = "/sys/fs/cgroup" + ("/memory" if "memory" in controllers.split(",") else "")
        file = pathlib.Path(f"{root}{path}/memory.stat")
        if file.exists() and (number == "0" or "memory" in controllers.split(",")):
            return file
    sys.exit(f"the memory of {container} is not counted")


services = {}
for service in docker("compose", "ps", "--services"):
    services[service] = [memory_stat(container) for container in docker("compose", "ps", "-q", service)]


def own(file):
    """MB that are the container's own."""
    counts = dict(line.split() for line in file.read_text().splitlines())
    anonymous = counts.get("anon", counts.get("total_rss"))
    shared = counts.get("shmem", counts.get("total_shmem", "0"))
    return (int(anonymous) + int(shared)) / 1e6


def now():
    return {service: sum(map(own, files)) for service, files in services.items()}


def show(when, figures, note=""):
    print(when.ljust(44), "  ".join(f"{name} {value:5.1f}" for name, value in figures.items()), note, flush=True)


def measure(name, images):
    peak = now()
    done = threading.Event()

    def sample():
        while not done.wait(0.02):
            for service, value in now().items():
                peak[service] = max(peak[service], value)

    sampler = threading.Thread(target=sample)
    sampler.start()
    outcome = work(images)
    time.sleep(2)
    done.set()
    sampler.join()
    show(f"while 20 {name}", peak, outcome)
    show(f"after 20 {name}", now())


def data_urls(*size):
    images = [png(*size) for _ in range(3)]
    sizes = ", ".join(f"{len(image) / 1e6:.2f}" for image in images)
    print(f"images of {sizes} MB")
    return ["data:image/png;base64," + base64.b64encode(image).decode() for image in images]


show("at rest", now())
measure("submissions", [])
measure("with three noisy images", data_urls(800, 790, 1))
measure("with three images of 12 megapixels", data_urls(4000, 3000, 25))
time.sleep(10)
show("10 s later", now())
