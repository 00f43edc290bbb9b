#!/usr/bin/env python3
"""Clients of the stack, in a container beside it.

client.py submit URL [COUNT]   submits, and prints the ids
client.py images URL [COUNT]   the same with three screenshots of 1.9 MB each instead of a program
client.py await URL ID…        waits until all of them are completed
client.py load URL             sends requests, at least 200, until the standard input ends; prints how many failed, and the ids
client.py attacks URL LANGUAGE  runs each attack of the program in the standard input, and fails if one is possible
client.py events URL           watches a new submission, and prints its events up to the first change
"""

import base64
import json
import random
import struct
import sys
import threading
import time
import urllib.request
import zlib
from concurrent.futures import ThreadPoolExecutor

command, url, *arguments = sys.argv[1:]
API = url + "/api/v1/submissions"
CODE = "#include <cstdio>\nint main() { int a, b; scanf(\"%d %d\", &a, &b); printf(\"%d\\n\", a - b); }\n"
SAMPLES = [{"input": "1 2\n", "output": "3\n"}]
PATIENCE = 90


def call(address, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(address, data, {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.read()


def submit():
    return json.loads(call(API, {"text": "Print the sum.", "code": CODE, "samples": SAMPLES}))["id"]


def noise():
    """A PNG of 1.9 MB as a data URL: random pixels."""
    width, height = 800, 790
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = b"".join(b"\0" + random.randbytes(3 * width) for _ in range(height))
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    png = b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return "data:image/png;base64," + base64.b64encode(png).decode()


def submit_images(body):
    return json.loads(call(API, body))["id"]


def completed(id):
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        status = json.loads(call(f"{API}/{id}"))["status"]
        if status == "COMPLETED":
            return
        if status not in ("QUEUED", "PROCESSING"):
            sys.exit(f"{id} is {status}")
        time.sleep(0.1)
    sys.exit(f"{id} is still {status} after {PATIENCE} s")


def load():
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    ids, failures = [], []

    def send(number):
        try:
            if number % 4 == 0:
                ids.append(submit())
            else:
                call(url + ("/", "/history", "/health/live")[number % 3])
        except Exception as error:  # whatever it is, the request has failed
            failures.append(f"request {number}: {error}")

    sent = 0
    with ThreadPoolExecutor(4) as clients:
        # Bounded also where nobody closes the input.
        while sent < 2000 and not (ended.is_set() and sent >= 200):
            clients.map(send, range(sent, sent + 4))
            sent += 4
            time.sleep(0.1)
    print(f"{len(failures)} of {sent} failed", *failures, sep="\n")
    print("ids", *ids)


def events():
    id = submit()
    with urllib.request.urlopen(f"{API}/{id}/events", timeout=30) as stream:
        for line in stream:
            if line.startswith(b"event:"):
                name = line.split(b":")[1].strip().decode()
                print(name, json.loads(call(f"{API}/{id}"))["status"], flush=True)
                if name == "change":
                    return


def attacks(language):
    code = sys.stdin.read()

    def run(inputs):
        body = {"code": code, "language": language, "samples": [{"input": text} for text in inputs]}
        answer = json.loads(call(url + "/api/v1/check", body))
        return [test["outcome"] for test in answer["tests"]] if answer["compiled"] else sys.exit(answer["compiler"])

    count = int(run(["\n"])[0]["output"])
    possible = []
    for first in range(0, count, 20):
        numbers = range(first, min(first + 20, count))
        for number, outcome in zip(numbers, run([f"{number}\n" for number in numbers])):
            refused = outcome["verdict"] == "RE" and not outcome["output"]
            if outcome["output"] != "denied\n" and not refused:
                possible.append(f"{number}: {outcome['verdict']} {outcome['output']}")
    print(f"{count} attacks", *possible, sep="\n")
    if possible:
        sys.exit("some were possible")


if command == "submit":
    print(*(submit() for _ in range(int(*arguments or [1]))))
elif command == "images":
    body = {"text": "Print the sum.\n" + CODE, "images": [noise() for _ in range(3)]}
    with ThreadPoolExecutor(6) as clients:
        print(*clients.map(lambda _: submit_images(body), range(int(*arguments or [1]))))
elif command == "await":
    for id in arguments:
        completed(id)
elif command == "attacks":
    attacks(*arguments)
elif command == "load":
    load()
elif command == "events":
    events()
else:
    sys.exit(__doc__)
