"""The figures as tables."""

import math


def number(value):
    """With as many digits as mean something."""
    if not isinstance(value, (int, float)) or math.isnan(value):
        return str(value)
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def table(heads, rows):
    rows = [[number(cell) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in [heads, *rows]) for column in range(len(heads))]
    for row in [heads, *rows]:
        yield "  ".join([row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:]))])


COSTS = ("app_ms", "postgres_ms", "redis_ms", "wal", "statements", "commands")
COST_HEADS = ("app ms", "Postgres ms", "Redis ms", "WAL bytes", "statements", "commands")


def costs(figures):
    return [figures.get(name, "–") for name in COSTS]


def routes(figures):
    heads = ["one request at 16 connections", *COST_HEADS, "bytes", "bodies"]
    for connections in ("1", "16", "64"):
        heads += [f"{connections}: a second", "p50 ms", "p99 ms"]
    rows = []
    for name, route in figures["routes"].items():
        row = [name, *costs(route), route["bytes"], route["bodies"]]
        for connections in ("1", "16", "64"):
            # A generator without time to spare measures itself.
            mark = "*" if route[connections]["generator"] > 0.9 else ""
            row += [number(route[connections]["per_second"]) + mark, route[connections]["p50_ms"], route[connections]["p99_ms"]]
        rows.append(row)
    yield from table(heads, rows)
    yield ""
    yield from named("memory, MB", figures["memory"])


def named(title, figures):
    """Figures by their names; an entry with figures of its own is left out."""
    yield from table([title, ""], [[name, value] for name, value in figures.items() if not isinstance(value, dict)])


def costly(title, figures, more=()):
    """A table of the entries that have the figures of one action, with those in `more` beside them."""
    rows = [[name, *costs(value), *(value.get(key, "–") for key in more)] for name, value in figures.items() if "app_ms" in value]
    yield from table([title, *COST_HEADS, *more], rows)


def stored(figures):
    rows = [[name, value["table"], value["indexes"]] for name, value in figures.items()]
    yield from table(["bytes for each submission", "table", "indexes"], rows)


def jobs(figures):
    both = {name: figures[name] for name in ("create", "job")}
    yield from costly("one of 200", both)
    for name, figure in both.items():
        for each in ("each statement", "each command"):
            yield f"{name}, {each}: " + ", ".join(f"{text} {number(calls)}" for text, calls in figure[each].items())
    yield ""
    yield from named("seconds", figures)
    yield ""
    yield from stored(figures["bytes a row"])


def rows(figures):
    for count, found in figures.items():
        yield from costly(f"{int(count):,} rows", {name: value for name, value in found.items() if "app_ms" in value}, ("p50_ms", "p99_ms"))
        yield ""
        yield from stored(found["bytes a row"])
        yield ""


def waiting(figures):
    yield from named("", figures)
    yield ""
    yield from costly("", {name: value for name, value in figures.items() if isinstance(value, dict)}, ("p50_ms", "seconds"))


def watching(figures):
    yield from costly("a job that all of them watch", figures, ("open", "MB", "KB each", "events", "seconds", "ended"))
    yield ""
    rows = {name: {**value["one cancel"], "open": value["open"], "MB": value["MB"], "KB each": value["KB each"]}
            for name, value in figures.items() if "one cancel" in value}
    yield from costly("a cancel that one of them watches", rows, ("open", "MB", "KB each", "ended"))


def growth(figures):
    for name, value in figures.items():
        yield from named(name, value)


def starting(figures):
    yield from named("", figures)
    yield ""
    yield from costly("a minute in which nobody asks", {"": figures["idle"]}, ("MB", "MB, shared in parts"))


PARTS = {"starting": starting, "routes": routes, "jobs": jobs, "rows": rows, "waiting": waiting, "watching": watching, "growth": growth}


def tables(results):
    yield "  ".join(f"{name} {value}" for name, value in results["machine"].items())
    for name, figures in results["parts"].items():
        yield f"\n== {name}"
        yield from PARTS[name](figures)


def aims(results):
    """The table of aims as Markdown."""
    yield "| | before | aim | measured |"
    yield "|---|---|---|---|"
    for name, before, aim, measured in AIMS:
        try:
            found = measured(results["parts"])
        except KeyError as missing:
            found = f"– (no part {missing})"
        yield f"| {name} | {before} | {aim} | {found} |"


def carries(results):
    """The table of the README's page about growth, as Markdown."""
    parts = results["parts"]
    create, job = (parts["jobs"][name] for name in ("create", "job"))
    page = parts["routes"]["routes"]["result page, 17 lines"]
    one, different = parts["watching"]["2,000 of one"], parts["watching"]["2,000 of different ones"]
    large = parts["rows"]["100000"]
    stored = {key: sum(table[key] for table in large["bytes a row"].values()) for key in ("table", "indexes")}
    lists = [number(parts["rows"][count]["first page"]["postgres_ms"]) for count in ("1000", "100000")]
    words = [number(parts["rows"][count]["a rare word"]["postgres_ms"]) for count in ("1000", "100000")]
    grown = parts["growth"]
    yield "| it carries | as one takes |"
    yield "|---|---|"
    yield f"| {rate(grown, 'processes that serve: 1', 'submissions')} submissions a second | {spent(create)} |"
    yield f"| {rate(grown, 'workers: 1', 'jobs')} analyses a second, of a model that answers at once | {spent(job)} |"
    yield f"| {rate(grown, 'processes that serve: 1', 'result pages')} result pages a second | {spent(page)}, once it has been shown |"
    yield (f"| 1,024 watchers in each process, which has no more connections | {number(max(one['KB each'], different['KB each']))} KB of "
           f"memory, and {number(one['app, ms for each event'])} ms of the processor for an event |")
    yield (f"| a million submissions in {number((stored['table'] + stored['indexes']) / 1000)} GB | "
           f"{number(stored['table'] / 1000)} KB of rows and {number(stored['indexes'] / 1000)} KB of indexes, "
           "with 1 KB of text and of program each; images come on top |")
    yield f"| a list of its newest among 1,000 and 100,000 rows | {' and '.join(lists)} ms of PostgreSQL |"
    yield f"| a search for a rare word among them | {' and '.join(words)} ms of PostgreSQL |"
    yield ""
    yield (f"Two processes beside one: {both(grown, 'processes that serve', 'submissions')} submissions, "
           f"{both(grown, 'processes that serve', 'result pages')} result pages and {both(grown, 'workers', 'jobs')} analyses a second.")


def rate(grown, name, key):
    return number(grown[name][f"{key} a second"])


def both(grown, name, key):
    return f"{rate(grown, f'{name}: 2', key)} instead of {rate(grown, f'{name}: 1', key)}"


def spent(figures):
    """Its processor time."""
    return f"{number(figures['app_ms'])} ms of the processor, and {number(figures['postgres_ms'])} ms in PostgreSQL"


def views(parts):
    routes, first = parts["routes"]["routes"], parts["routes"]["memory"]["first view, ms"]
    short, long = routes["result page, 17 lines"], routes["result page, 407 lines"]
    same = "the same bytes" if short["bodies"] == long["bodies"] == 1 else f"{short['bodies']} and {long['bodies']} different bodies"
    return f"{number(short['app_ms'])} / {number(long['app_ms'])} again, {number(first)} at first; {same}"


def cpu(route):
    return lambda parts: number(parts["routes"]["routes"][route]["app_ms"])


def one(parts):
    job = parts["jobs"]["job"]
    return f"{number(job['app_ms'])} / {number(job['postgres_ms'])} ms, {number(job['wal'] / 1000)} KB"


def create(parts):
    made = parts["jobs"]["create"]
    return f"{number(made['postgres_ms'])} ms, {number(made['wal'] / 1000)} KB"


def search(parts):
    rows = parts["rows"]["100000"]
    names = ("two letters, nowhere", "a Chinese word, rare", "a Chinese word, common", "a Chinese word, nowhere")
    two = [rows[name]["postgres_ms"] for name in names]
    rare = [number(rows[name]["postgres_ms"]) for name in ("a rare word", "a rare word, afterwards")]
    return f"{number(min(two) / 1000)}–{number(max(two) / 1000)} s; a rare word {rare[0]} ms before and {rare[1]} ms after them"


def cleared(parts):
    clear = parts["waiting"]["clear"]
    return f"{number(clear['seconds'])} s for {clear['deleted']:,}"


def queued(parts):
    page = parts["waiting"]["page of the first of 16,000"]
    return f"{number(page['app_ms'])} ms, and {number(page['redis_ms'])} ms of Redis"


def seconds(name):
    return lambda parts: f"{number(parts['jobs'][name])} s"


# Name, before, aim, and the figure; processor time unless it says otherwise.
AIMS = (
    ("result page, 17 lines / 407 lines, CPU ms", "6.4 / 170–290",
     "≤ 1.0 / ≤ 5 at a repeated view, ≤ 60 at the first; the same bytes every time", views),
    ("example page", "7", "≤ 0.3", cpu("example, compressed")),
    ("memory, result pages at 64 connections", "68–83 MB", "≤ 60 MB",
     lambda parts: f"{number(parts['routes']['memory']['result pages at 64 connections'])} MB"),
    ("one job: app / Postgres CPU, WAL", "3.8 / 13 ms, 148 KB", "≤ 1.5 / ≤ 3 ms, ≤ 30 KB", one),
    ("60 jobs at concurrency 3, 0 ms endpoint", "1.7–2.05 s", "≤ 0.5 s", seconds("60 jobs, 3 at once, 0 ms")),
    ("60 jobs at concurrency 10, 500 ms endpoint (floor 6)", "23.7 s", "≤ 6.6 s by default", seconds("60 jobs, 10 at once, 500 ms")),
    ("create, Postgres CPU / WAL", "0.79 ms, 9 KB", "≤ 0.4 ms", create),
    ("search of two characters at 100,000 rows, Postgres CPU", "3.8–7.3 s, and every rare search 6.8 s after five of them",
     "≤ 0.3 s, never a plan that stays", search),
    ("page of a queued submission at 16,000 waiting", "13.6 ms", "≤ 0.4 ms",
     queued),
    ("home, compressed", "0.32 ms", "≤ 0.2 ms", lambda parts: cpu("home, compressed")(parts) + " ms"),
    ("clear 17,000 waiting", "5.1 s", "≤ 1 s", cleared),
    ("program", "22.2 MB", "≤ 16 MB", lambda parts: f"{number(parts['starting']['program, MB'])} MB"),
)
NEEDED = ("starting", "routes", "jobs", "rows", "waiting")
