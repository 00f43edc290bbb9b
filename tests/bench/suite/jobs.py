"""Jobs: what one costs, and how long many take."""

import statistics

import content
from bench import bytes_a_row, until_finished

JOBS = 200
ROUND = 60
ROUNDS = 3


def part(bench):
    figures = {}
    with bench.database("bench_jobs") as session:
        app = bench.start("bench_jobs")
        figures["create"], figures["job"] = one(bench, session, app)
        figures["bytes a row"] = bytes_a_row(session)
        figures["60 jobs, 3 at once, 0 ms"] = statistics.median(many(bench, session, app) for _ in range(ROUNDS))
    with bench.database("bench_jobs") as session:
        app = bench.start("bench_jobs", latency=500, MAX_CONCURRENT_ANALYSIS_TASKS="10")
        figures["60 jobs, 10 at once, 500 ms"] = many(bench, session, app)
    return figures


def warm_up(app):
    """A few whole jobs, so that connections are open and statements prepared."""
    app.ended([app.submit(content.submission(number)) for number in range(10)])


def one(bench, session, app):
    """The figures of one create and of one job."""
    warm_up(app)
    app.queue("pause")
    with bench.measured(app) as used:
        sent = bench.create(app, JOBS, connections=4)
    create = {**used.each(JOBS), **used.lists(JOBS), "bytes": sent["bytes"]}
    with bench.measured(app) as used:
        app.queue("resume")
        until_finished(session)
    return create, {**used.each(JOBS), **used.lists(JOBS)}


def many(bench, session, app):
    """Seconds from the moment at which sixty waiting jobs may begin until the last has ended."""
    app.queue("pause")
    bench.create(app, ROUND, connections=4)
    began = session.value("SELECT clock_timestamp()")
    app.queue("resume")
    until_finished(session)
    return float(session.value(
        f"SELECT extract(epoch FROM max(finished_at) - '{began}'::timestamptz) FROM submissions WHERE finished_at >= '{began}'"
    ))
