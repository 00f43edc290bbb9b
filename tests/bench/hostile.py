#!/usr/bin/env python3
"""A visitor's submit and page beside clients that mean harm, and the memory of the process.

usage: hostile.py PID [URL] [SECONDS] [KIND]

PID is the process of a CodeChecker that is built for release. The hostile clients come from 127.0.0.2 and on, the visitor from
127.0.0.1, so that they are told apart by their addresses as they are on the internet. They are a process of their own and have one
core at most: they would not use the server's on the internet either. It is for a CodeChecker of its own. With KIND, a part of the
name of some clients, only those come: to see what costs the memory.
"""

import base64
import http.client
import itertools
import json
import multiprocessing
import os
import pathlib
import socket
import struct
import sys
import threading
import time
import zlib
from urllib.parse import urlsplit

pid = sys.argv[1]
url = urlsplit(sys.argv[2] if len(sys.argv) > 2 else "http://127.0.0.1:3000")
seconds = float(sys.argv[3]) if len(sys.argv) > 3 else 120
kind = sys.argv[4] if len(sys.argv) > 4 else ""
end = time.monotonic() + seconds
host, port = url.hostname, url.port or 80
counts, lock = {}, threading.Lock()


def png(size):
    """A picture of about so many bytes that no compression makes smaller."""
    side = int((size / 3) ** 0.5)
    noise = bytes((i * 2654435761 >> 13) & 255 for i in range(side * 3))
    rows = b"".join(b"\0" + bytes((b ^ i) & 255 for b in noise) for i in range(side))

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 0)) + chunk(b"IEND", b"")


IMAGE = "data:image/png;base64," + base64.b64encode(png(1_900_000)).decode()
LARGE = json.dumps({"code": "int x;", "images": [IMAGE] * 5}).encode()
MEDIUM = json.dumps({"code": "x" * 200_000, "text": "y" * 180_000}).encode()
DEEP = json.dumps({"text": "> " * 20_000 + "&" * 20_000 + "$x$ " * 10_000, "code": "int x;"}).encode()
JSON = {"content-type": "application/json"}


def count(what):
    with lock:
        counts[what] = counts.get(what, 0) + 1


def request(address, method, path, body=None, headers=None, timeout=90):
    connection = http.client.HTTPConnection(host, port, timeout=timeout, source_address=(address, 0))
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def hostile(number, what, act):
    address = f"127.0.0.{2 + number % 8}"
    while time.monotonic() < end:
        try:
            count(f"{what}: {act(address)}")
        except (OSError, http.client.HTTPException) as error:
            count(f"{what}: {type(error).__name__}")
            time.sleep(0.05)


def raw(address, data, silence):
    with socket.create_connection((host, port), 10, (address, 0)) as stream:
        stream.sendall(data)
        stream.settimeout(min(silence, max(end - time.monotonic(), 0.1)))
        try:
            return "closed" if not stream.recv(1) else "answered"
        except TimeoutError:
            return "still open"


def hang_up(address):
    with socket.create_connection((host, port), 10, (address, 0)) as stream:
        stream.sendall(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n")
    return "gone"


CLIENTS = [
    (300, "headers that never end", lambda a: raw(a, b"GET / HTTP/1.1\r\nx: ", 60)),
    (100, "bodies that never come", lambda a: raw(a, b"POST /api/v1/submissions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 9000000\r\n\r\n{", 60)),
    (24, "bodies of 13 MB", lambda a: request(a, "POST", "/api/v1/submissions", LARGE, JSON)[0]),
    (60, "bodies of 380 KB", lambda a: request(a, "POST", "/api/v1/submissions", MEDIUM, JSON)[0]),
    (30, "forms of 2 MB", lambda a: request(a, "POST", "/preferences", b"a=" + b"b" * 2_000_000, {"content-type": "application/x-www-form-urlencoded", "origin": f"http://{host}:{port}"})[0]),
    (8, "deep texts", lambda a: request(a, "POST", "/api/v1/submissions", DEEP, JSON)[0]),
    (16, "hang-ups", hang_up),
    (8, "guesses", lambda a: request(a, "GET", "/api/v1/settings", None, {"authorization": "Bearer wrong-wrong-wrong"})[0]),
]
status = pathlib.Path(f"/proc/{pid}/status")


def memory(field):
    lines = status.read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith(field))) / 1024


def hostile_clients(report):
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    threads = []
    for number, (clients, what, act) in enumerate(CLIENTS):
        if kind not in what:
            continue
        for client in range(clients):
            threads.append(threading.Thread(target=hostile, args=(number + client, what, act), daemon=True))
            threads[-1].start()
    time.sleep(max(end - time.monotonic(), 0) + 1)
    with lock:
        report.put(dict(counts))


def main():
    print(f"memory before: {memory('VmRSS'):.0f} MB")
    report = multiprocessing.Queue()
    enemies = multiprocessing.Process(target=hostile_clients, args=(report,), daemon=True)
    enemies.start()
    times, cookie, page, most = {"submit": [], "page": []}, {}, "/", 0
    for number in itertools.count():
        if time.monotonic() >= end:
            break
        # About four submissions a minute.
        for what in ("submit", "page") if number % 4 == 0 else ("page",):
            started = time.monotonic()
            try:
                if what == "submit":
                    code, answer = request("127.0.0.1", "POST", "/api/v1/submissions", b'{"code": "int x;"}', JSON | cookie)
                    page = "/submissions/" + json.loads(answer)["id"] if code == 202 else page
                else:
                    code, _ = request("127.0.0.1", "GET", page, None, cookie)
            except (OSError, http.client.HTTPException) as error:
                code = type(error).__name__
            times[what].append((time.monotonic() - started, code))
            most = max(most, memory("VmRSS"))
        time.sleep(min(4, seconds / 8))
    for what, all_times in times.items():
        took = sorted(seconds for seconds, _ in all_times)
        codes = sorted({str(code) for _, code in all_times})
        print(f"{what}: median {took[len(took) // 2]:.2f} s, longest {took[-1]:.2f} s, {len(took)} times, answers {' '.join(codes)}")
    time.sleep(min(15, seconds))
    print(f"memory: most {most:.0f} MB, peak {memory('VmHWM'):.0f} MB, 15 s after {memory('VmRSS'):.0f} MB")
    counts = report.get()
    for what in sorted(counts):
        print(f"{counts[what]:7} {what}")
    enemies.terminate()


main()
