"""One process beside two on the same services: submissions, result pages and jobs a second."""

from concurrent.futures import ThreadPoolExecutor

import content
import program
from bench import until_finished
from program import API
from routes import PAGE, SHORT

JOBS = 300
PROCESSES = (1, 2)


def part(bench):
    figures = {}
    for count in PROCESSES:
        with bench.database("bench_growth"):
            setup = bench.start("bench_growth")
            id = setup.submit(content.result(SHORT))
            setup.ended([id])
            bench.stop_apps()
            apps = [bench.start("bench_growth", CODE_CHECKER_ROLE="web") for _ in range(count)]
            figures[f"processes that serve: {count}"] = {
                "submissions a second": together(bench, apps, API, method="POST", body=content.submission(0)),
                "result pages a second": together(bench, apps, f"/submissions/{id}?step=4", headers=PAGE),
            }
        with bench.database("bench_growth") as session:
            figures[f"workers: {count}"] = {"jobs a second": jobs(bench, session, count)}
    return figures


def together(bench, apps, path, **request):
    """Requests a second of all of them, at 16 connections in all."""
    def one(app):
        return program.send(bench, app, path, connections=16 // len(apps), seconds=2 * bench.options.seconds, **request)

    with ThreadPoolExecutor() as threads:
        return sum(sent["per_second"] for sent in threads.map(one, apps))


def jobs(bench, session, count):
    """Jobs a second that so many workers do, the endpoint answering at once."""
    web = bench.start("bench_growth", CODE_CHECKER_ROLE="web")
    for _ in range(count):
        bench.start("bench_growth", CODE_CHECKER_ROLE="worker")
    web.ended([web.submit(content.submission(number)) for number in range(10)])
    web.queue("pause")
    bench.create(web, JOBS, connections=4)
    began = session.value("SELECT clock_timestamp()")
    web.queue("resume")
    until_finished(session)
    return JOBS / float(session.value(
        f"SELECT extract(epoch FROM max(finished_at) - '{began}'::timestamptz) FROM submissions WHERE finished_at >= '{began}'"
    ))
