"""Thousands of submissions that wait: their pages, the queue in numbers, and clearing them all."""

import time

import content
import program
from bench import say
from program import ADMIN, API

SECONDS = 2


def part(bench):
    figures = {}
    with bench.database("bench_waiting"):
        app = bench.start("bench_waiting", CODE_CHECKER_ROLE="web")
        first = app.submit(content.submission(0))
        add(bench, app, 15_999, figures)
        figures["page of the first of 16,000"] = asked(bench, app, f"/submissions/{first}")
        last = app.submit(content.submission(1))
        figures["page of the last of 16,000"] = asked(bench, app, f"/submissions/{last}")
        bench.create(app, 999)
        began = time.monotonic()
        with bench.measured(app) as used:
            deleted = app.json("DELETE", f"{API}?confirm=all", headers=ADMIN)["deleted"]
        figures["clear"] = {**used.each(1), "deleted": deleted, "seconds": time.monotonic() - began, **used.lists(1)}
        first = app.submit(content.submission(0))
        add(bench, app, 19_999, figures)
        for name, path, headers in (
            ("get, of the first of 20,000", f"{API}/{first}", {}), ("list, 20,000 waiting", API, ADMIN),
            ("queue, 20,000 waiting", "/api/v1/queue", ADMIN), ("metrics, 20,000 waiting", "/metrics", ADMIN),
            ("health/ready, 20,000 waiting", "/health/ready", {}),
        ):
            figures[name] = asked(bench, app, path, headers)
        figures["memory, 20,000 waiting"] = app.memory()
        figures["Redis, bytes a job"] = int(bench.redis.info("memory")["used_memory"]) / 20_000
    return figures


def add(bench, app, count, figures):
    say(f"  creating {count:,}")
    sent = bench.create(app, count)
    figures[f"create {count + 1:,}, a second"] = sent["per_second"]


def asked(bench, app, path, headers=None):
    program.send(bench, app, path, requests=5, headers=headers)
    with bench.measured(app) as used:
        sent = bench.expect(program.send(bench, app, path, seconds=SECONDS, connections=16, headers=headers), 200)
    return {**used.each(sent["requests"]), "p50_ms": sent["p50_ms"], "p99_ms": sent["p99_ms"], "per_second": sent["per_second"]}
