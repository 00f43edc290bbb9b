#!/usr/bin/env python3
"""Measures how much a page of a running CodeChecker weighs and how long it takes: pages.py [URL] [PATH…]"""

import gzip
import re
import statistics
import sys
import time
from urllib.request import Request, urlopen

ROUNDS = 50
url = sys.argv[1] if len(sys.argv) > 1 else "http://localhost:3000"
paths = sys.argv[2:] or ["/", "/example?step=4"]


def get(path):
    with urlopen(Request(url + path, headers={"accept-encoding": "gzip, br"})) as answer:
        return answer.read(), answer.headers


for path in paths:
    body, headers = get(path)
    html = gzip.decompress(body) if headers.get("content-encoding") == "gzip" else body
    assets = set(re.findall(r'(?:href|src)="(/assets/[^"]+)"', html.decode()))
    total = len(body) + sum(len(get(asset)[0]) for asset in assets)
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        get(path)
        times.append((time.perf_counter() - began) * 1000)
    print(
        f"{path}: {1 + len(assets)} requests, {total / 1024:.1f} KB compressed, "
        f"median {statistics.median(times):.1f} ms, slowest of {ROUNDS} {max(times):.1f} ms"
    )
