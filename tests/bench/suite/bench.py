"""The parts' common ground: services, databases, and what an action uses."""

import contextlib
import re
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field

import content
import program
import services


@dataclass
class Used:
    """Of the application, PostgreSQL and Redis: seconds of the processor, bytes of write-ahead log, statements and commands."""

    app: float = 0
    postgres: float = 0
    redis: float = 0
    wal: int = 0
    statements: Counter = field(default_factory=Counter)
    commands: Counter = field(default_factory=Counter)
    seconds: float = 0

    def each(self, count):
        """The figures of one of `count`: milliseconds, bytes and counts."""
        count = max(count, 1)
        return {
            "app_ms": self.app / count * 1000, "postgres_ms": self.postgres / count * 1000, "redis_ms": self.redis / count * 1000,
            "wal": self.wal / count, "statements": self.statements.total() / count, "commands": self.commands.total() / count,
        }

    def lists(self, count):
        """How often one of `count` ran each statement and each command; what ran less than once in a hundred is left out."""
        return {
            name: {text: round(calls / count, 2) for text, calls in counter.most_common() if calls / count >= 0.01}
            for name, counter in (("each statement", self.statements), ("each command", self.commands))
        }


class Bench:
    def __init__(self, options, folder, database_url, redis_url):
        self.options, self.folder = options, folder
        self.program, self.load = options.program, options.load
        self.postgres, self.redis = services.Postgres(database_url), services.Redis(redis_url)
        self.endpoint = program.Endpoint(self.load)
        self.apps = []

    def close(self):
        for app in self.apps:
            app.stop()
        self.endpoint.close()

    @contextlib.contextmanager
    def database(self, name):
        """An empty database and Redis for a part; answers a session in it."""
        self.redis.call("FLUSHALL")
        yield self.postgres.create(name)
        self.stop_apps()
        self.postgres.drop(name)

    def stop_apps(self):
        while self.apps:
            self.apps.pop().stop()

    def start(self, database, latency=0, **settings):
        app = program.App(self, database, latency, **settings)
        self.apps.append(app)
        return app

    def so_far(self, apps):
        return Used(
            sum(app.processor_seconds() for app in apps), self.postgres.processor_seconds(), self.redis.processor_seconds(),
            self.postgres.wal(), Counter(self.postgres.statements()), Counter(self.redis.commands()), time.monotonic(),
        )

    @contextlib.contextmanager
    def measured(self, *apps):
        """The use of the apps and both services meanwhile. The figures are there at its end."""
        used, before = Used(), self.so_far(apps)
        yield used
        after = self.so_far(apps)
        for name in ("app", "postgres", "redis", "wal", "seconds"):
            setattr(used, name, getattr(after, name) - getattr(before, name))
        used.statements = after.statements - before.statements
        used.commands = after.commands - before.commands

    def create(self, app, count, connections=16, body=None):
        """Submits so many, and answers how it went."""
        sent = program.send(
            self, app, program.API, method="POST", body=body or content.submission(1), connections=connections, requests=count
        )
        self.expect(sent, 202)
        return sent

    def expect(self, sent, status):
        """Says on standard error when answers were not as they must be: such figures mean nothing."""
        if sent["errors"] or set(sent["statuses"]) != {str(status)}:
            say(f"  not only {status}: {sent['statuses']} {sent['errors']}")
        return sent


def say(text):
    print(text, file=sys.stderr, flush=True)


def unfinished(session):
    return int(session.value("SELECT count(*) FROM submissions WHERE finished_at IS NULL"))


def until_finished(session, patience=120):
    """Waits until no submission waits or is worked on."""
    end = time.monotonic() + patience
    while left := unfinished(session):
        if time.monotonic() > end:
            say(f"  {left} submissions have not ended")
            return
        time.sleep(0.02)


def bytes_a_row(session):
    """Of each table that has rows, bytes of its own and of its indexes for each submission."""
    session.rows("VACUUM ANALYZE")
    count = max(int(session.value("SELECT count(*) FROM submissions")), 1)
    rows = session.rows(
        "SELECT relname, pg_table_size(oid), pg_indexes_size(oid) FROM pg_class "
        f"WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND reltuples >= 0.9 * {count} ORDER BY relname"
    )
    return {name: {"table": int(table) / count, "indexes": int(indexes) / count} for name, table, indexes in rows}


def output(*command):
    """The output of a program; empty if there is none such, or it fails."""
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""


def number(text, pattern):
    found = re.search(pattern, text)
    return found[1] if found else ""
