#!/usr/bin/env python3
"""Clients of the stack, in a container beside it.

client.py submit URL [COUNT]   submits, and prints the ids
client.py await URL ID…        waits until all of them are completed
client.py load URL             sends requests, at least 200, until the standard input ends; prints how many failed, and the ids
client.py events URL           watches a new submission, and prints its events up to the first change
"""

import json
import sys
import threading
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

command, url, *arguments = sys.argv[1:]
API = url + "/api/v1/submissions"
CODE = "#include <cstdio>\nint main() { int a, b; scanf(\"%d %d\", &a, &b); printf(\"%d\\n\", a - b); }\n"
PATIENCE = 90


def call(address, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(address, data, {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return answer.read()


def submit():
    return json.loads(call(API, {"text": "Print the sum.", "code": CODE}))["id"]


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
        except (OSError, ValueError) as error:
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


if command == "submit":
    print(*(submit() for _ in range(int(*arguments or [1]))))
elif command == "await":
    for id in arguments:
        completed(id)
elif command == "load":
    load()
elif command == "events":
    events()
else:
    sys.exit(__doc__)
