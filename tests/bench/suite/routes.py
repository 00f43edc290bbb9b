"""Every route that a user meets: what one request costs, how many are answered, how long one takes, and the process's memory."""

import re

import content
import program
from bench import say
from program import ADMIN, API

CONNECTIONS = (1, 16, 64)
PAGE = {"accept-encoding": "gzip, deflate, br"}
SHORT, LONG, FIRST_VIEWS = 17, 407, 4
# The visitor's own submissions, of which the lists have pages.
OWN = 30


def part(bench):
    with bench.database("bench_routes"):
        app = bench.start("bench_routes")
        ids = fixtures(app)
        figures = {"routes": {}}
        for name, request in routes(app, ids).items():
            say(f"  {name}")
            figures["routes"][name] = route(bench, app, **request)
        bench.stop_apps()
        figures["memory"] = memory(bench, ids, app.cookie)
    return figures


def fixtures(app):
    """Submissions of one visitor: finished ones for each kind of page, and one that waits."""
    ids = {"list": [app.submit(content.submission(number)) for number in range(OWN)]}
    ids["short"] = app.submit(content.result(SHORT))
    ids["long"] = [app.submit(content.result(LONG, seed)) for seed in range(1 + FIRST_VIEWS)]
    ids["image"] = app.submit({**content.result(SHORT, 1), "images": [content.png(200)]})
    app.ended([*ids["list"], ids["short"], *ids["long"], ids["image"]])
    app.queue("pause")
    ids["queued"] = app.submit(content.submission(OWN))
    return ids


def routes(app, ids):
    short, long, queued = ids["short"], ids["long"][0], ids["queued"]
    style = re.search(r'href="(/assets/[^"]+\.css)"', app.call("GET", "/")[1].decode())[1]
    new = {"accept-encoding": "gzip", "cookie": "none=none"}
    return {
        "home, compressed": {"path": "/", "headers": {**PAGE, **new}},
        "home": {"path": "/", "headers": {"cookie": "none=none"}},
        "example, compressed": {"path": "/example", "headers": PAGE},
        f"result page, {SHORT} lines": {"path": f"/submissions/{short}?step=4", "headers": PAGE},
        f"result page, {LONG} lines": {"path": f"/submissions/{long}?step=4", "headers": PAGE},
        "page of a queued submission": {"path": f"/submissions/{queued}", "headers": PAGE},
        "history": {"path": "/history", "headers": PAGE},
        "style sheet": {"path": style, "headers": PAGE},
        "get": {"path": f"{API}/{short}"},
        "get, queued": {"path": f"{API}/{queued}"},
        "list": {"path": API},
        "events, ended": {"path": f"{API}/{short}/events"},
        "patch": {"path": f"{API}/{short}/patch"},
        "report": {"path": f"{API}/{short}/report"},
        "image": {"path": f"{API}/{ids['image']}/images/1"},
        "health/live": {"path": "/health/live"},
        "health/ready": {"path": "/health/ready"},
        "metrics": {"path": "/metrics", "headers": ADMIN},
        "queue": {"path": "/api/v1/queue", "headers": ADMIN},
        "settings": {"path": "/api/v1/settings", "headers": ADMIN},
        "openapi": {"path": "/api/openapi.json", "headers": PAGE},
        "docs": {"path": "/docs", "headers": PAGE},
        # The last one, as it leaves thousands behind.
        "create": {"path": API, "method": "POST", "body": content.submission(0), "status": 202},
    }


def route(bench, app, path, status=200, **request):
    """The figures of a route: of one request at 16 connections, and the rates and times at each number of connections."""
    program.send(bench, app, path, requests=30, connections=2, **request)
    figures = {}
    for connections in CONNECTIONS:
        with bench.measured(app) as used:
            sent = program.send(bench, app, path, seconds=bench.options.seconds, connections=connections, **request)
        bench.expect(sent, status)
        if connections == 16:
            figures.update(used.each(sent["requests"]), bytes=sent["bytes"], bodies=sent["bodies"], **used.lists(sent["requests"]))
        figures[str(connections)] = {name: sent[name] for name in ("per_second", "p50_ms", "p99_ms", "generator")}
    return figures


def memory(bench, ids, cookie):
    """MB of a process at rest, with result pages at 64 connections, and after it; and the first views of long programs, in ms."""
    app = bench.start("bench_routes", CODE_CHECKER_ROLE="web")
    app.cookie = cookie
    app.call("GET", "/health/ready")
    figures = {"idle": app.memory(), "idle, shared in parts": app.memory("Pss")}
    # The grammars are read for the first program of all.
    app.call("GET", f"/submissions/{ids['short']}?step=4", headers=PAGE)
    figures["first program"] = app.memory()
    before = app.processor_seconds()
    for id in ids["long"][1:]:
        app.call("GET", f"/submissions/{id}?step=4", headers=PAGE)
    figures["first view, ms"] = (app.processor_seconds() - before) * 1000 / FIRST_VIEWS
    paths = [f"/submissions/{id}?step=4" for id in (ids["short"], *ids["long"], *ids["list"])]
    with app.peak() as peak:
        sent = program.send(bench, app, *paths, headers=PAGE, connections=64, seconds=3 * bench.options.seconds)
    bench.expect(sent, 200)
    figures["result pages at 64 connections"] = peak[0]
    figures["after"], figures["after, shared in parts"] = app.memory(), app.memory("Pss")
    return figures
