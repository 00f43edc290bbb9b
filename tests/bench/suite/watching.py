"""Watchers of one submission and of different ones: their memory, and what one change costs."""

import time

import content
import program
from bench import until_finished
from program import ADMIN, API

NUMBERS = (300, 2000)
CANCELLED = 20


def part(bench):
    figures = {}
    with bench.database("bench_watching") as session:
        app = bench.start("bench_watching")
        app.ended([app.submit(content.submission(number)) for number in range(5)])
        app.queue("pause")
        figures["of nothing: one cancel"] = cancelled(bench, app, submitted(app, CANCELLED), None)
        for count in NUMBERS:
            figures[f"{count:,} of one"] = of_one(bench, session, app, count)
            figures[f"{count:,} of different ones"] = of_different_ones(bench, app, count)
    return figures


def submitted(app, count):
    return [app.submit(content.submission(number)) for number in range(count)]


def opened(bench, app, ids, count):
    """Watchers whose streams are open, and the figures of their memory."""
    before = app.memory()
    watchers = program.Watchers(bench, app, ids, count)
    watchers.until(lambda now: now["open"] + now["failed"] >= count)
    # By then the first events have been written, and the memory for it is free again.
    time.sleep(1)
    return watchers, {
        "open": watchers.now["open"], "MB": app.memory(), "KB each": (app.memory() - before) * 1000 / count,
    }


def of_one(bench, session, app, count):
    """A whole job that all of them watch."""
    (id,) = submitted(app, 1)
    watchers, figures = opened(bench, app, [id], count)
    opening = watchers.now["events"]
    began = time.time()
    with bench.measured(app) as used:
        app.queue("resume")
        watchers.until(lambda now: now["ended"] >= count)
        until_finished(session)
    app.queue("pause")
    events = watchers.now["events"] - opening
    figures.update(
        used.each(1), events=events, seconds=watchers.now["last"] / 1000 - began, ended=watchers.now["ended"], **used.lists(1)
    )
    figures["app, ms for each event"] = figures["app_ms"] / max(events, 1)
    watchers.close()
    return figures


def of_different_ones(bench, app, count):
    """Some of the watched ones are cancelled."""
    ids = submitted(app, count)
    watchers, figures = opened(bench, app, ids, count)
    figures["one cancel"] = cancelled(bench, app, ids[:CANCELLED], watchers)
    watchers.close()
    app.json("DELETE", f"{API}?confirm=all", headers=ADMIN)
    return figures


def cancelled(bench, app, ids, watchers):
    """The figures of one cancel."""
    with bench.measured(app) as used:
        for id in ids:
            app.json("POST", f"{API}/{id}/cancel", headers=ADMIN)
        if watchers:
            watchers.until(lambda now: now["ended"] >= len(ids), patience=10)
    return {**used.each(len(ids)), "ended": watchers.now["ended"] if watchers else 0}
